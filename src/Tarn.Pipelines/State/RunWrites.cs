using System.Data.Common;
using System.Text.Json;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Commands that people and the schedule give: what they write to the orchestrator's tables, inside a transaction of the caller's.</summary>
internal static class RunWrites
{
    /// <summary>Makes the pipeline's row where it has none, and notes the definition's version.</summary>
    public static Task RegisterAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, DateTimeOffset now) =>
        connection.ExecuteAsync(
            "INSERT INTO pipeline(name, definition, registered_at) VALUES (@name, @definition, @now) ON CONFLICT DO UPDATE SET definition = excluded.definition",
            new { name = pipeline.Name, definition = pipeline.Hash, now = Instant.ToMicroseconds(now) },
            transaction);

    /// <summary>Makes a queued run with its tasks.</summary>
    public static async Task<RunRow> InsertAsync(
        DbConnection connection,
        DbTransaction transaction,
        PipelineDefinition pipeline,
        string id,
        RunTrigger trigger,
        DateTimeOffset logicalDate,
        DataInterval interval,
        DateTimeOffset now)
    {
        var row = new RunRow
        {
            Id = id,
            Pipeline = pipeline.Name,
            Definition = pipeline.Hash,
            Trigger = trigger.Name(),
            State = RunState.Queued.Name(),
            LogicalDate = Instant.ToMicroseconds(logicalDate),
            IntervalStart = Instant.ToMicroseconds(interval.Start),
            IntervalEnd = Instant.ToMicroseconds(interval.End),
            QueuedAt = Instant.ToMicroseconds(now),
        };
        row.Seq = await connection.QuerySingleAsync<long>(
            """
            INSERT INTO pipeline_run(id, pipeline, definition, trigger, state, logical_date, interval_start, interval_end, queued_at)
            VALUES (@Id, @Pipeline, @Definition, @Trigger, @State, @LogicalDate, @IntervalStart, @IntervalEnd, @QueuedAt) RETURNING seq
            """,
            row,
            transaction);
        await InsertTasksAsync(connection, transaction, row.Seq, pipeline.Tasks, 0);
        return row;
    }

    public static Task InsertTasksAsync(DbConnection connection, DbTransaction transaction, long run, IEnumerable<TaskDefinition> tasks, int ordinal) =>
        connection.ExecuteAsync(
            "INSERT INTO pipeline_task(run, name, ordinal, after, state) VALUES (@run, @name, @ordinal, @after, 'queued')",
            tasks.Select((t, i) => new { run, name = t.Name, ordinal = ordinal + i, after = JsonSerializer.Serialize(t.After) }),
            transaction);

    /// <summary>
    /// Makes the runs of a pipeline whose time has come, while its limit of active scheduled runs allows; returns them, and when to look again.
    /// </summary>
    public static async Task<DueRuns> InsertDueAsync(
        DbConnection connection,
        DbTransaction transaction,
        PipelineDefinition pipeline,
        IdSource ids,
        DateTimeOffset now)
    {
        var made = new List<RunRow>();
        var row = await RunQueries.PipelineAsync(connection, pipeline.Name, transaction);
        if (row.Paused != 0)
        {
            return new DueRuns(made, null, Blocked: false);
        }

        var active = await connection.QuerySingleAsync<long>(
            "SELECT count(*) FROM pipeline_run WHERE pipeline = @name AND state IN ('queued', 'running') AND trigger IN ('scheduled', 'catch_up')",
            new { name = pipeline.Name },
            transaction);
        while (SchedulePlan.Next(pipeline, row, now) is { } next)
        {
            if (next.RunAfter > now || active >= pipeline.MaxActiveRuns)
            {
                return new DueRuns(made, next.RunAfter, Blocked: active >= pipeline.MaxActiveRuns);
            }

            var trigger = pipeline.Schedule!.StartingAtOrAfter(next.End) is { } following && following.End <= now ? RunTrigger.CatchUp : RunTrigger.Scheduled;
            made.Add(await InsertAsync(connection, transaction, pipeline, ids.NewId(), trigger, next.Start, new DataInterval(next.Start, next.End), now));
            active++;
            row.ScheduledUntil = Instant.ToMicroseconds(next.End);
            await connection.ExecuteAsync(
                "UPDATE pipeline SET scheduled_until = @until WHERE name = @name AND coalesce(scheduled_until, @until) <= @until",
                new { name = pipeline.Name, until = row.ScheduledUntil },
                transaction);
        }

        return new DueRuns(made, null, Blocked: false);
    }

    public static Task<int> PauseAsync(DbConnection connection, DbTransaction transaction, string pipeline, bool paused) =>
        connection.ExecuteAsync("UPDATE pipeline SET paused = @paused WHERE name = @pipeline", new { pipeline, paused }, transaction);

    /// <summary>Cancels a queued run at once; notes the wish on a running one.</summary>
    public static async Task<RunRow> CancelAsync(DbConnection connection, DbTransaction transaction, string id, DateTimeOffset now)
    {
        var run = await RunQueries.RunAsync(connection, id, transaction);
        if (run.Summary().HasEnded)
        {
            throw TarnException.Conflict("Only a run that has not ended can be cancelled.", $"{id}, {run.State}");
        }

        if (run.State == RunState.Queued.Name())
        {
            await EndCancelledAsync(connection, transaction, run.Seq, now);
        }
        else
        {
            await connection.ExecuteAsync("UPDATE pipeline_run SET cancel_requested = 1 WHERE seq = @Seq", run, transaction);
        }

        return await RunQueries.RunAsync(connection, id, transaction);
    }

    public static async Task EndCancelledAsync(DbConnection connection, DbTransaction transaction, long run, DateTimeOffset now)
    {
        await connection.ExecuteAsync(
            "UPDATE pipeline_task SET state = 'cancelled', retry_at = NULL WHERE run = @run AND state IN ('queued', 'running', 'up_for_retry')", new { run }, transaction);
        await connection.ExecuteAsync(
            "UPDATE pipeline_run SET state = 'cancelled', ended_at = max(@now, queued_at), cancel_requested = 1 WHERE seq = @run",
            new { run, now = Instant.ToMicroseconds(now) },
            transaction);
    }

    /// <summary>Puts a failed or cancelled run back into the queue: what succeeded or was skipped stays.</summary>
    public static async Task<RunRow> RetryAsync(DbConnection connection, DbTransaction transaction, string id, DateTimeOffset now)
    {
        var run = await RunQueries.RunAsync(connection, id, transaction);
        if (run.Summary().State is not (RunState.Failed or RunState.Cancelled))
        {
            throw TarnException.Conflict(
                "Only a run that failed or was cancelled can be tried again.",
                $"{id}, {run.State}",
                run.Summary().HasEnded ? "To do a finished interval again, run the pipeline with its logical date." : "Wait for its end, or cancel it first.");
        }

        await connection.ExecuteAsync(
            """
            UPDATE pipeline_task SET state = 'queued', tries = 0, orphans = 0, retry_at = NULL
            WHERE run = @Seq AND state IN ('failed', 'upstream_failed', 'cancelled')
            """,
            run,
            transaction);
        await connection.ExecuteAsync(
            "UPDATE pipeline_run SET state = 'queued', queued_at = @now, started_at = NULL, ended_at = NULL, error = NULL, cancel_requested = 0 WHERE seq = @seq",
            new { seq = run.Seq, now = Instant.ToMicroseconds(now) },
            transaction);
        return await RunQueries.RunAsync(connection, id, transaction);
    }
}

/// <summary>What the schedule of one pipeline made.</summary>
/// <param name="Made">The runs.</param>
/// <param name="NextAt">When its next run is due; null for never, or paused.</param>
/// <param name="Blocked">Whether the next one waits for an active run to end, whatever the time.</param>
internal sealed record DueRuns(IReadOnlyList<RunRow> Made, DateTimeOffset? NextAt, bool Blocked);
