using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Has the code of an attempt run by its task's executor, with its time-out, and tells how the attempt ended.</summary>
internal sealed partial class AttemptRunner(ExecutionServices services, CancellationToken stop)
{
    /// <summary>After so long without heeding its cancelled token, code is reported.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs the attempt; throws nothing.</summary>
    public async Task<AttemptOutcome> RunAsync(TaskDefinition task, AttemptOrder order, CancellationToken cancel, System.Diagnostics.Activity? run = null)
    {
        var begun = services.Time.GetTimestamp();
        var activity = PipelineTelemetry.AttemptStarted(order, run);
        using var timeout = task.Timeout is { } limit ? new CancellationTokenSource(limit, services.Time) : null;
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancel, stop, timeout?.Token ?? CancellationToken.None);
        using var watch = WatchCancellation(order, any.Token);
        var listener = new StoredListener(services, order);
        var outcome = Classify(task, await ExecuteAsync(task, order, listener, any.Token), cancel, timeout is { IsCancellationRequested: true }, listener);
        listener.Close();
        PipelineTelemetry.AttemptEnded(order, outcome, services.Time.GetElapsedTime(begun), activity);
        return outcome with { Reported = listener.Reported() };
    }

    private async Task<AttemptReport> ExecuteAsync(TaskDefinition task, AttemptOrder order, AttemptListener listener, CancellationToken token)
    {
        try
        {
            return await services.Executor(task.Executor).ExecuteAsync(order, listener, token);
        }
        catch (Exception error)
        {
            // A fault of the executor, such as a program that cannot be started: told as the attempt's failure.
            return new AttemptReport { Ending = AttemptEnding.Failed, Error = AttemptOutcome.Describe(error) };
        }
    }

    private AttemptOutcome Classify(TaskDefinition task, AttemptReport report, CancellationToken cancel, bool timedOut, StoredListener listener)
    {
        switch (report.Ending)
        {
            case AttemptEnding.Success:
                return new AttemptOutcome(AttemptOutcomeKind.Success) { Result = report.Result };
            case AttemptEnding.Skipped:
                return new AttemptOutcome(AttemptOutcomeKind.Skipped, report.Error);
            case var _ when cancel.IsCancellationRequested:
                return new AttemptOutcome(AttemptOutcomeKind.Cancelled, report.Error);
            case AttemptEnding.Deferred:
                return new AttemptOutcome(AttemptOutcomeKind.Deferred) { DeferFor = report.DeferFor ?? TimeSpan.Zero };
            case var _ when stop.IsCancellationRequested:
                return new AttemptOutcome(AttemptOutcomeKind.Interrupted, "The process was stopped during this attempt.");
            case var _ when timedOut:
                var text = $"The attempt took longer than its time-out of {task.Timeout}.";
                listener.Log(LogLevel.Error, "Tarn.Pipelines", $"The attempt failed: {text}", null, null);
                return new AttemptOutcome(AttemptOutcomeKind.Failed, text);
            default:
                return new AttemptOutcome(
                    report.Ending == AttemptEnding.FailedForGood ? AttemptOutcomeKind.FailedForGood : AttemptOutcomeKind.Failed, report.Error, report.RetryAfter);
        }
    }

    /// <summary>Reports code that still runs long after its token was cancelled.</summary>
    private CancellationWatch WatchCancellation(AttemptOrder order, CancellationToken token) =>
        new(token, services.Time, () => LogDeaf(services.Logger, order.Pipeline, order.RunId, order.Name, Patience.TotalSeconds));

    [LoggerMessage(4020, LogLevel.Warning, "Task {Task} of pipeline {Pipeline} still runs {Seconds} s after it was told to stop; its run {RunId} ends only with it. Its code should pass on TaskContext.CancellationToken")]
    private static partial void LogDeaf(ILogger logger, string pipeline, string runId, string task, double seconds);

    /// <summary>Counts from a cancellation, if there is one: few attempts see any, and so none has a timer before.</summary>
    private sealed class CancellationWatch : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly CancellationTokenRegistration _registration;
        private ITimer? _timer;
        private bool _over;

        public CancellationWatch(CancellationToken token, TimeProvider time, Action late) => _registration = token.UnsafeRegister(
            _ =>
            {
                lock (_gate)
                {
                    _timer = _over ? null : time.CreateTimer(static late => ((Action)late!)(), late, Patience, Timeout.InfiniteTimeSpan);
                }
            },
            null);

        public void Dispose()
        {
            _registration.Dispose();
            lock (_gate)
            {
                _over = true;
                _timer?.Dispose();
            }
        }
    }
}

/// <summary>Keeps what an attempt says: its lines with the store, its values with the attempt.</summary>
internal sealed class StoredListener(ExecutionServices services, AttemptOrder order) : AttemptListener
{
    private const int LongestText = 32 * 1024;

    private readonly ReportedValues _reported = new();
    private int _lines;

    public override void Log(LogLevel level, string category, string message, string? exception, string? fields)
    {
        if (Interlocked.Increment(ref _lines) <= services.Options.LogLinesPerAttempt)
        {
            Append(level, category, Cut(message), exception is null ? null : Cut(exception), fields);
        }
    }

    public override void Report(string name, JsonElement value) => _reported.Set(name, value);

    public string? Reported() => _reported.Values is { Count: > 0 } values ? JsonSerializer.Serialize(values) : null;

    /// <summary>Says how many lines were dropped, if any, as the last line.</summary>
    public void Close()
    {
        var limit = services.Options.LogLinesPerAttempt;
        var dropped = Volatile.Read(ref _lines) - limit;
        if (dropped > 0)
        {
            Append(LogLevel.Warning, "Tarn.Pipelines", $"{dropped} further line(s) were dropped: an attempt keeps {limit} (Pipelines:LogLinesPerAttempt).", null, null);
        }
    }

    private void Append(LogLevel level, string category, string message, string? exception, string? fields) =>
        services.Logs.Append(new PendingLine(order.RunNumber, order.RunId, order.Name, order.Attempt, services.Time.GetUtcNow(), level, category, message, exception, fields));

    private static string Cut(string text) => ShortText.Of(text, LongestText, " … (cut)");
}

/// <summary>The lines that the orchestrator itself adds to an attempt's log.</summary>
internal static partial class AttemptMessages
{
    [LoggerMessage(4021, LogLevel.Error, "The attempt failed: {Reason}")]
    public static partial void LogFailure(this ILogger logger, Exception exception, string reason);

    [LoggerMessage(4022, LogLevel.Information, "Skipped: {Reason}")]
    public static partial void LogSkipped(this ILogger logger, string reason);
}
