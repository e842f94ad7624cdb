using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Pipelines;

namespace Tarn.Contracts;

/// <summary>The pipeline whose tasks the suite of executors runs: the same in the test's process as in those that an executor starts.</summary>
public static partial class ExecutorProgram
{
    /// <summary>The pipeline's name.</summary>
    public const string Pipeline = "contract";

    /// <summary>The services of the program.</summary>
    public static ServiceProvider Services() => new ServiceCollection()
        .AddLogging()
        .AddSingleton(TimeProvider.System)
        .AddSingleton(IdSource.Create(TimeProvider.System))
        .AddScoped<ScopeWitness>()
        .AddPipelines()
        .AddPipeline(Pipeline, Define)
        .BuildServiceProvider();

    private static void Define(PipelineBuilder p) => p
        .Parameter("file", "", "Where a task leaves its trace.")
        .Parameter("factor", 1)
        .Task("numbers", static () => new[] { 1, 2, 3 })
        .Task("sum", static ([Result("numbers")] int[] numbers, [Parameter("factor")] int factor, DataInterval interval) => new Summed(numbers.Sum() * factor, interval.Start))
        .Map("each", "numbers", static ([Item] int item, TaskContext run) => $"{run.Task} of attempt {run.Attempt}: {item}")
        .Task("takers", static ([Result("sum")] Summed summed, [Result("each")] string[] each) => { })
        .Task("large", static () => new string('x', (1 << 20) + 1))
        .Task("large-taker", static ([Result("large")] string text) => { })
        .Task("unwanted", static () => 5)
        .Task("trace", static () => Activity.Current is { } span ? $"{span.TraceId} {span.ParentSpanId} {span.TraceStateString}" : "")
        .Task("trace-taker", static ([Result("trace")] string trace) => { })
        .Task("talk", static async (TaskContext run, ILoggerFactory loggers) =>
        {
            Said(run.Log, 42);
            Said(loggers.CreateLogger("Service"), 43);
            run.Report("rows", 7);
            await Task.Delay(Timeout.InfiniteTimeSpan, run.CancellationToken);
        })
        .Task("retryable", static void () => throw new IOException("The disk hiccuped."))
        .Task("later", static void () => throw TaskException.RetryLater("Too busy.", TimeSpan.FromSeconds(90)))
        .Task("final", static void () => throw TaskException.Final("There is no such file."))
        .Task("skip", static void () => throw TaskException.Skip("Nothing to do."))
        .Task("defer", static void () => throw TaskException.Defer(TimeSpan.FromMinutes(3)))
        .Task("scoped", static (ScopeWitness witness, TaskContext run) => witness.File = run.Parameter<string>("file"))
        .Task("print", static () =>
        {
            System.Console.WriteLine("printed\nin two lines");
            System.Console.Error.WriteLine("an error line");
            System.Console.Write(new string('y', 100_000));
        })
        .Task("deaf", static async (TaskContext run) =>
        {
            run.Log.LogStarted(Environment.ProcessId);
            await new TaskCompletionSource().Task;
        })
        .Task("leaves-a-thread", static () => new Thread(static () => new ManualResetEvent(false).WaitOne()).Start())
        .Task("fail-fast", static void () => Environment.FailFast("It broke beyond repair."))
        .Task("exit", static () => Environment.Exit(7))
        .Task("native-memory", static (TaskContext run) => TakeNativeMemory(run.CancellationToken))
        .Task("managed-memory", static () => TakeManagedMemory());

    [LoggerMessage(1, LogLevel.Information, "Said {Number}")]
    private static partial void Said(ILogger logger, int number);

    [LoggerMessage(2, LogLevel.Information, "Started in {Process}")]
    private static partial void LogStarted(this ILogger logger, int process);

    private static unsafe void TakeNativeMemory(CancellationToken cancellation)
    {
        const int Piece = 8 << 20;
        for (var i = 0; i < 128; i++)
        {
            NativeMemory.Fill(NativeMemory.Alloc(Piece), Piece, 1);
        }

        cancellation.WaitHandle.WaitOne();
    }

    private static int TakeManagedMemory()
    {
        var taken = new List<object[]>();
        for (var i = 0; i < 10_000; i++)
        {
            taken.Add(new object[128 << 10]);
        }

        return taken.Count;
    }
}

/// <summary>A typed result.</summary>
/// <param name="Total">The sum.</param>
/// <param name="Start">The start of the run's interval.</param>
public sealed record Summed(int Total, DateTimeOffset Start);

/// <summary>A service of one attempt, which leaves a file when it is disposed of.</summary>
public sealed class ScopeWitness : IDisposable
{
    /// <summary>The file.</summary>
    public string? File { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (File is not null)
        {
            System.IO.File.WriteAllText(File, "disposed");
        }
    }
}
