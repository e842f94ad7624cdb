using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tarn.Pipelines;

/// <summary>Calls a task's code once, and tells how it ended.</summary>
internal sealed partial class AttemptRunner(ExecutionServices services, CancellationToken cancel, CancellationToken stop)
{
    /// <summary>After so long without heeding its cancelled token, code is reported.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public async Task<AttemptOutcome> RunAsync(TaskDefinition task, Func<CancellationToken, TaskContext> contextOf, AttemptLog log)
    {
        using var timeout = task.Timeout is { } limit ? new CancellationTokenSource(limit, services.Time) : new CancellationTokenSource();
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancel, stop, timeout.Token);
        var context = contextOf(any.Token);
        using var watch = WatchCancellation(context, any.Token);
        AttemptOutcome outcome;
        try
        {
            await CallAsync(task, context, log);
            outcome = AttemptOutcome.Success;
        }
        catch (TaskException skip) when (skip.Failure == TaskFailure.Skip)
        {
            context.Log.LogSkipped(skip.Message);
            outcome = new AttemptOutcome(AttemptOutcomeKind.Skipped, skip.Message);
        }
        catch (Exception error)
        {
            // Whatever the task's code throws is the attempt's outcome.
            outcome = Classify(task, error, timeout.IsCancellationRequested);
            if (outcome.Kind is AttemptOutcomeKind.Failed or AttemptOutcomeKind.FailedForGood)
            {
                context.Log.LogFailure(error, outcome.Error!);
            }
        }

        log.Close();
        return outcome;
    }

    private async Task CallAsync(TaskDefinition task, TaskContext context, AttemptLog log)
    {
        await using var scope = services.Scopes.CreateAsyncScope();
        await Task.Factory.StartNew(
            () =>
            {
                AttemptLog.Current.Value = log;
                return task.Code.InvokeAsync(new AttemptScope(scope.ServiceProvider, context));
            },
            CancellationToken.None,
            TaskCreationOptions.DenyChildAttach,
            services.Options.CodeScheduler).Unwrap();
    }

    private AttemptOutcome Classify(TaskDefinition task, Exception error, bool timedOut)
    {
        if (cancel.IsCancellationRequested)
        {
            return new AttemptOutcome(AttemptOutcomeKind.Cancelled, error is OperationCanceledException ? null : AttemptOutcome.Describe(error));
        }

        if (stop.IsCancellationRequested)
        {
            return new AttemptOutcome(AttemptOutcomeKind.Interrupted, "The process was stopped during this attempt.");
        }

        if (timedOut)
        {
            return new AttemptOutcome(AttemptOutcomeKind.Failed, $"The attempt took longer than its time-out of {task.Timeout}.");
        }

        return new AttemptOutcome(
            error is TaskException { Failure: TaskFailure.Final } ? AttemptOutcomeKind.FailedForGood : AttemptOutcomeKind.Failed,
            AttemptOutcome.Describe(error),
            TaskException.FindRetryAfter(error));
    }

    /// <summary>Reports code that still runs long after its token was cancelled.</summary>
    private CancellationWatch WatchCancellation(TaskContext context, CancellationToken token)
    {
        var timer = services.Time.CreateTimer(
            _ => LogDeaf(services.Logger, context.Pipeline, context.RunId, context.Task, Patience.TotalSeconds),
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        return new CancellationWatch(timer, token.UnsafeRegister(_ => timer.Change(Patience, Timeout.InfiniteTimeSpan), null));
    }

    [LoggerMessage(4020, LogLevel.Warning, "Task {Task} of pipeline {Pipeline} still runs {Seconds} s after it was told to stop; its run {RunId} ends only with it. Its code should pass on TaskContext.CancellationToken")]
    private static partial void LogDeaf(ILogger logger, string pipeline, string runId, string task, double seconds);

    private readonly struct CancellationWatch(ITimer timer, CancellationTokenRegistration registration) : IDisposable
    {
        public void Dispose()
        {
            registration.Dispose();
            timer.Dispose();
        }
    }
}

/// <summary>The lines that the orchestrator itself adds to an attempt's log.</summary>
internal static partial class AttemptMessages
{
    [LoggerMessage(4021, LogLevel.Error, "The attempt failed: {Reason}")]
    public static partial void LogFailure(this ILogger logger, Exception exception, string reason);

    [LoggerMessage(4022, LogLevel.Information, "Skipped: {Reason}")]
    public static partial void LogSkipped(this ILogger logger, string reason);
}
