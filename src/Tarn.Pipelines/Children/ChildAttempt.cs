using System.Diagnostics;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tarn.Pipelines;

/// <summary>The other side of a <see cref="ChildProcessExecutor"/>: what the started process does.</summary>
public static class ChildAttempt
{
    /// <summary>
    /// Runs the attempt that the parent orders, and tells it how it ended. The process ends at once when the parent does; it hears of signals from nobody else, since Ctrl-C in a terminal reaches
    /// both, and the parent decides.
    /// </summary>
    /// <param name="commands">The process's standard input.</param>
    /// <param name="pipe">The name of the pipe: the last argument that the process was started with.</param>
    /// <param name="open">
    /// Opens the program's services, from <see cref="ChildProcessOptions.Input"/>; they have a <see cref="PipelineCatalog"/>, a <see cref="TimeProvider"/> and loggers. They are disposed of after the attempt.
    /// </param>
    /// <returns>The process's exit code: 0 where the parent was told how the attempt ended.</returns>
    public static async Task<int> RunAsync(Stream commands, string pipe, Func<string?, CancellationToken, Task<IServiceProvider>> open)
    {
        using var signals = new IgnoredSignals();
        using var reader = new StreamReader(commands, Encoding.UTF8);
        if (await reader.ReadLineAsync() is not { } first || JsonSerializer.Deserialize<ChildOrder>(first, PipelineJson.Options) is not { } order)
        {
            return 1;
        }

        var stop = new CancellationTokenSource();
        new Thread(() => Listen(reader, stop)) { IsBackground = true, Name = "parent" }.Start();
        await using var client = new NamedPipeClientStream(".", pipe, PipeDirection.Out, PipeOptions.CurrentUserOnly);
        await client.ConnectAsync();
        var listener = new PipeListener(client);
        listener.Send(new ChildMessage(End: await ExecuteAsync(order, listener, open, stop.Token)));
        return 0;
    }

    private static async Task<AttemptReport> ExecuteAsync(
        ChildOrder order, AttemptListener listener, Func<string?, CancellationToken, Task<IServiceProvider>> open, CancellationToken stop)
    {
        try
        {
            var services = await open(order.Input, stop);
            try
            {
                var executor = new InProcessExecutor(
                    services.GetRequiredService<PipelineCatalog>(),
                    services.GetRequiredService<IServiceScopeFactory>(),
                    services.GetRequiredService<ILoggerFactory>(),
                    TaskScheduler.Default,
                    services.GetRequiredService<TimeProvider>());
                using var span = PipelineTelemetry.AttemptContinued(order.Order, order.TraceParent, order.TraceState);
                return await executor.ExecuteAsync(order.Order, listener, stop);
            }
            finally
            {
                await ((IAsyncDisposable)services).DisposeAsync();
            }
        }
        catch (Exception error)
        {
            // What comes here is no fault of the code: the program could not open or close what the code needs.
            return new AttemptReport
            {
                Ending = AttemptEnding.Failed,
                Error = stop.IsCancellationRequested && error is OperationCanceledException ? null : $"The process of the attempt could not open or close the program: {AttemptOutcome.Describe(error)}",
            };
        }
    }

    /// <summary>Hears the parent, on a thread of its own that no code can keep from it.</summary>
    private static void Listen(StreamReader commands, CancellationTokenSource stop)
    {
        try
        {
            while (commands.ReadLine() is { } line)
            {
                if (line == ChildMessage.Stop)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(_ => Cancel(stop), null);
                }
            }
        }
        catch (IOException)
        {
            // The parent is gone as well.
        }

        using var self = Process.GetCurrentProcess();
        self.Kill();
    }

    private static void Cancel(CancellationTokenSource stop)
    {
        try
        {
            stop.Cancel();
        }
        catch (AggregateException error)
        {
            // Code that was registered for the cancellation threw; the attempt ends as its own code does.
            System.Console.Error.WriteLine(error);
        }
    }

    private sealed class PipeListener(Stream pipe) : AttemptListener
    {
        private readonly Lock _gate = new();

        public override void Log(LogLevel level, string category, string message, string? exception, string? fields) =>
            Send(new ChildMessage(Line: new ChildLogLine(level, category, message, exception, fields)));

        public override void Report(string name, JsonElement value) => Send(new ChildMessage(Value: new ChildValue(name, value)));

        public void Send(ChildMessage message)
        {
            var line = Encoding.UTF8.GetBytes(message.ToLine() + "\n");
            lock (_gate)
            {
                pipe.Write(line);
                pipe.Flush();
            }
        }
    }

    private sealed class IgnoredSignals : IDisposable
    {
        private readonly List<PosixSignalRegistration> _signals =
            [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(static s => PosixSignalRegistration.Create(s, static context => context.Cancel = true))];

        public void Dispose() => _signals.ForEach(static s => s.Dispose());
    }
}
