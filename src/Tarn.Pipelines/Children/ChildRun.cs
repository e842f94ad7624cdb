using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>One child process, from its start until it is gone.</summary>
internal sealed class ChildRun : IAsyncDisposable
{
    /// <summary>How long the output of a process that is gone is waited for: another process may hold it open.</summary>
    private static readonly TimeSpan OutputPatience = TimeSpan.FromSeconds(2);

    private readonly ChildProcessOptions _options;
    private readonly AttemptOrder _order;
    private readonly AttemptListener _listener;
    private readonly TimeProvider _time;
    private readonly Process _process;
    private readonly NamedPipeServerStream _pipe;
    private readonly ITimer _grace;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly LastLines _errors = new();
    private AttemptReport? _end;
    private string? _killedFor;
    private long _resident;

    public ChildRun(ChildProcessOptions options, AttemptOrder order, AttemptListener listener, string pipe, TimeProvider time)
    {
        _options = options;
        _order = order;
        _listener = listener;
        _time = time;
        _pipe = new NamedPipeServerStream(pipe, PipeDirection.In, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
        _grace = time.CreateTimer(static self => ((ChildRun)self!).Kill(ChildEnds.Deaf(((ChildRun)self)._options.Grace)), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var start = new ProcessStartInfo(options.Program)
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = encoding,
            StandardOutputEncoding = encoding,
            StandardErrorEncoding = encoding,
        };
        foreach (var argument in options.Arguments.Append(pipe))
        {
            start.ArgumentList.Add(argument);
        }

        if (order.MemoryLimit is { } limit)
        {
            start.Environment["DOTNET_GCHeapHardLimit"] = limit.ToString("X", CultureInfo.InvariantCulture);
        }

        _process = new Process { StartInfo = start };
    }

    public async Task<AttemptReport> RunAsync(CancellationToken cancellation)
    {
        Start();
        using var gone = new CancellationTokenSource();
        using var enough = new CancellationTokenSource();
        var exit = _process.WaitForExitAsync(CancellationToken.None);
        var heard = Task.WhenAll(
            HearAsync(gone.Token, enough.Token),
            PrintedLines.ReadAsync(_process.StandardOutput, line => _listener.Log(LogLevel.Information, "stdout", line, null, null), enough.Token),
            PrintedLines.ReadAsync(_process.StandardError, HearError, enough.Token));
        try
        {
            var sent = SendAsync(JsonSerializer.Serialize(Order(), PipelineJson.Options));
            await using (cancellation.UnsafeRegister(static self => ((ChildRun)self!).Stop(), this))
            {
                if (_order.MemoryLimit is { } limit)
                {
                    await WatchMemoryAsync(limit, exit);
                }

                await exit;
            }

            await sent;
        }
        finally
        {
            await gone.CancelAsync();
            enough.CancelAfter(OutputPatience);
            await heard;
        }

        return Conclude();
    }

    public async ValueTask DisposeAsync()
    {
        await _grace.DisposeAsync();
        await _pipe.DisposeAsync();
        _process.Dispose();
        _sending.Dispose();
    }

    private ChildOrder Order() => Activity.Current is { IdFormat: ActivityIdFormat.W3C } span
        ? new ChildOrder(_options.Input, _order, span.Id, span.TraceStateString)
        : new ChildOrder(_options.Input, _order);

    private void Start()
    {
        try
        {
            _process.Start();
        }
        catch (Exception error) when (error is Win32Exception or IOException)
        {
            throw new TarnException(ErrorKind.Unavailable, $"The process of an attempt has to be started, and it cannot: {error.Message}.", _options.Program, "See that the program's file is there and may be run, and that the system has room for a process.", error);
        }
    }

    private AttemptReport Conclude()
    {
        if (_end is { } end)
        {
            return end.Ending == AttemptEnding.Failed && _order.MemoryLimit is { } limit && end.Error?.Contains(nameof(OutOfMemoryException), StringComparison.Ordinal) == true
                ? end with { Error = ChildEnds.HeapFull(limit, _resident, end.Error) }
                : end;
        }

        var error = _killedFor ?? ChildEnds.Died(_process.ExitCode, _errors.ToString());
        if (_killedFor is null && _order.MemoryLimit is { } most && error.Contains("Out of memory", StringComparison.OrdinalIgnoreCase))
        {
            error = ChildEnds.HeapFull(most, _resident, error);
        }

        _listener.Log(LogLevel.Error, "Tarn.Pipelines", $"The attempt failed: {error}", null, null);
        return new AttemptReport { Ending = AttemptEnding.Failed, Error = error };
    }

    /// <summary>Hears the child until its end of the pipe is closed, as it is however it ends.</summary>
    private async Task HearAsync(CancellationToken gone, CancellationToken enough)
    {
        try
        {
            await _pipe.WaitForConnectionAsync(gone);
            using var reader = new StreamReader(_pipe, Encoding.UTF8, leaveOpen: true);
            while (await reader.ReadLineAsync(enough) is { } line)
            {
                Hear(ChildMessage.Parse(line));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or JsonException)
        {
            // It died before it connected, or inside a line: its exit code says what there is to say.
        }
    }

    private void Hear(ChildMessage message)
    {
        if (message.Line is { } line)
        {
            _listener.Log(line.Level, line.Category, line.Message, line.Exception, line.Fields);
        }
        else if (message.Value is { } value)
        {
            _listener.Report(value.Name, value.Value);
        }
        else if (message.End is { } end)
        {
            // What the code left behind must not keep the process.
            _end = end;
            _grace.Change(_options.Grace, Timeout.InfiniteTimeSpan);
        }
    }

    private void HearError(string line)
    {
        _errors.Add(line);
        _listener.Log(LogLevel.Warning, "stderr", line, null, null);
    }

    private void Stop()
    {
        _grace.Change(_options.Grace, Timeout.InfiniteTimeSpan);
        _ = SendAsync(ChildMessage.Stop);
    }

    private async Task SendAsync(string line)
    {
        try
        {
            await _sending.WaitAsync();
            try
            {
                await _process.StandardInput.WriteLineAsync(line);
                await _process.StandardInput.FlushAsync();
            }
            finally
            {
                _sending.Release();
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It is gone, which is waited for elsewhere.
        }
    }

    private async Task WatchMemoryAsync(long limit, Task exit)
    {
        while (await Task.WhenAny(exit, Task.Delay(_options.MemoryWatch, _time)) != exit)
        {
            try
            {
                _process.Refresh();
                _resident = Math.Max(_resident, _process.WorkingSet64);
            }
            catch (InvalidOperationException)
            {
                return;
            }

            if (_resident > limit)
            {
                Kill(ChildEnds.OverLimit(limit, _resident));
                return;
            }
        }
    }

    /// <summary>Kills the process and those that it started.</summary>
    private void Kill(string reason)
    {
        Interlocked.CompareExchange(ref _killedFor, reason, null);
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (error is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It ended meanwhile, or one of its own did; what is left of it is waited for.
        }
    }
}
