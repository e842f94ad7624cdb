using System.Data.Common;
using System.Globalization;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Tells what happened to runs through alert channels: the alert is stored in the commit that stores the event. Without an outbox nothing is told.</summary>
internal sealed class PipelineAlerts(AlertOutbox? outbox, TimeProvider time)
{
    /// <summary>An attempt failed, and another follows.</summary>
    public Task RetriedAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, RunRow run, AttemptEnd retried) => TellAsync(
        connection,
        transaction,
        pipeline,
        PipelineEvents.Retry,
        () => AlertOf(pipeline, run, AlertKinds.Retry, AlertSeverity.Info, retried.Error, retried.Task, retried.Number));

    /// <summary>A run has ended; called before its end is stored.</summary>
    public async Task EndedAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, RunRow run, RunEnding ending)
    {
        if (ending.State == RunState.Failed)
        {
            await TellAsync(
                connection, transaction, pipeline, PipelineEvents.Failure, () => AlertOf(pipeline, run, AlertKinds.Failure, AlertSeverity.Error, ending.Error, null, null));
        }
        else if (ending.State == RunState.Success && outbox is not null && Wants(pipeline, PipelineEvents.Recovered) && await FailedBeforeAsync(connection, transaction, run))
        {
            await TellAsync(
                connection, transaction, pipeline, PipelineEvents.Recovered, () => AlertOf(pipeline, run, AlertKinds.Recovered, AlertSeverity.Info, null, null, null));
        }
    }

    /// <summary>A run has not succeeded in the time that it had.</summary>
    public Task SlaMissedAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, RunRow run) => TellAsync(
        connection,
        transaction,
        pipeline,
        PipelineEvents.SlaMissed,
        () => AlertOf(pipeline, run, AlertKinds.SlaMissed, AlertSeverity.Warning, $"It should have succeeded within {pipeline.Sla} and is {run.State}.", null, null));

    private static bool Wants(PipelineDefinition pipeline, PipelineEvents happened) => pipeline.Alerts.Any(r => (r.Events & happened) != 0);

    private async Task TellAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, PipelineEvents happened, Func<Alert> alert)
    {
        if (outbox is null)
        {
            return;
        }

        foreach (var rule in pipeline.Alerts.Where(r => (r.Events & happened) != 0))
        {
            await outbox.AddAsync(connection, transaction, alert(), rule.Channels);
        }
    }

    /// <summary>
    /// Whether the pipeline had failed, and does no more with this run's success: the run itself had failed before it was tried again, or one of its interval or an earlier one had, after which none
    /// succeeded; and none of a later interval has. So neither a repair of last week nor an old interval that is done again tells that what failed today is well.
    /// </summary>
    private static async Task<bool> FailedBeforeAsync(DbConnection connection, DbTransaction transaction, RunRow run)
    {
        // Only runs that do the same work: a sub-pipeline's by the tasks that call it, and each by its parameters.
        var ended = await connection.QueryAsync<(long Start, string State, long EndedAt)>(
            """
            SELECT interval_start, state, ended_at FROM pipeline_run
            WHERE pipeline = @Pipeline AND seq <> @Seq AND state IN ('success', 'failed') AND ended_at IS NOT NULL
                AND coalesce(callers, '') = coalesce(@Callers, '') AND coalesce(parameters, '') = coalesce(@Parameters, '')
            """,
            run,
            transaction);
        var (before, later, succeeded) = (run.HadFailed != 0, false, long.MinValue);

        // From the newest interval backwards, in each the latest first: a failure is open while none of its interval or a later one has succeeded after it.
        foreach (var (start, state, endedAt) in ended.OrderByDescending(static e => e.Start).ThenByDescending(static e => e.EndedAt).ThenByDescending(static e => e.State, StringComparer.Ordinal))
        {
            if (state == "success")
            {
                succeeded = Math.Max(succeeded, endedAt);
            }
            else if (succeeded < endedAt)
            {
                (before, later) = (before || start <= run.IntervalStart, later || start > run.IntervalStart);
            }
        }

        return before && !later;
    }

    private Alert AlertOf(PipelineDefinition pipeline, RunRow run, string kind, AlertSeverity severity, string? error, string? task, int? attempt)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal) { [AlertFields.Run] = run.Id };
        if (task is not null)
        {
            fields[AlertFields.Task] = task;
        }

        if (attempt is { } number)
        {
            fields[AlertFields.Attempt] = number.ToString(CultureInfo.InvariantCulture);
        }

        if (run.IntervalEnd > run.IntervalStart)
        {
            fields[AlertFields.Interval] = run.Interval.ToString();
        }

        if (error is not null)
        {
            fields[AlertFields.Error] = error;
        }

        return new Alert
        {
            Kind = kind,
            Severity = severity,
            Subject = pipeline.Name,
            Fields = fields,
            GroupKey = $"{kind}/{pipeline.Name}",
            OccurredAt = time.GetUtcNow(),
        };
    }
}
