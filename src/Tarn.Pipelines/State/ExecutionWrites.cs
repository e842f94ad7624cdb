using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>What the executor writes to the orchestrator's tables, inside a transaction of the caller's.</summary>
internal static class ExecutionWrites
{
    public const string ProcessEnded = "The process ended during this attempt.";

    /// <summary>
    /// Mends what a process that was killed left behind: its running attempts are closed as failed, their tasks and runs put back into the
    /// queue (or ended, where they were to be cancelled). Returns how many attempts there were.
    /// </summary>
    public static async Task<int> CloseOrphansAsync(DbConnection connection, DbTransaction transaction, DateTimeOffset now)
    {
        var at = Instant.ToMicroseconds(now);
        var attempts = 0;
        var runs = (await connection.QueryAsync<RunRow>(
            $"SELECT {RunRow.Columns} FROM pipeline_run WHERE state = 'running' ORDER BY seq", transaction: transaction)).AsList();
        foreach (var run in runs)
        {
            attempts += await connection.ExecuteAsync(
                "UPDATE task_attempt SET state = 'failed', ended_at = max(@at, started_at), error = @error WHERE run = @run AND state = 'running'",
                new { run = run.Seq, at, error = ProcessEnded },
                transaction);
            await connection.ExecuteAsync(
                "UPDATE pipeline_task SET state = 'queued', orphans = orphans + 1 WHERE run = @Seq AND state = 'running'", run, transaction);
            if (run.CancelRequested != 0)
            {
                await EndCancelledAsync(connection, transaction, run.Seq, now);
            }
        }

        await connection.ExecuteAsync("UPDATE pipeline_run SET state = 'queued' WHERE state = 'running'", transaction: transaction);
        return attempts;
    }

    /// <summary>
    /// Starts queued runs, oldest first, as far as the limits of their pipelines allow.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transaction">The transaction.</param>
    /// <param name="pipelines">The pipelines of this program; runs of others stay queued.</param>
    /// <param name="mayStart">Which queued runs this process executes.</param>
    /// <param name="now">The moment.</param>
    public static async Task<IReadOnlyList<AdmittedRun>> AdmitAsync(
        DbConnection connection,
        DbTransaction transaction,
        PipelineCatalog pipelines,
        Func<string, bool> mayStart,
        DateTimeOffset now)
    {
        var active = (await connection.QueryAsync<(string Pipeline, long Runs)>(
            "SELECT pipeline, count(*) FROM pipeline_run WHERE state = 'running' GROUP BY pipeline", transaction: transaction))
            .ToDictionary(static r => r.Pipeline, static r => r.Runs);
        var queued = await connection.QueryAsync<RunRow>(
            $"SELECT {RunRow.Columns} FROM pipeline_run WHERE state = 'queued' ORDER BY seq", transaction: transaction);
        var admitted = new List<AdmittedRun>();
        foreach (var run in queued)
        {
            if (pipelines.Find(run.Pipeline) is not { } pipeline
                || !mayStart(run.Id)
                || active.GetValueOrDefault(pipeline.Name) >= pipeline.MaxActiveRuns)
            {
                continue;
            }

            active[pipeline.Name] = active.GetValueOrDefault(pipeline.Name) + 1;
            admitted.Add(await StartAsync(connection, transaction, run, pipeline, now));
        }

        return admitted;
    }

    public static Task<int> StartAttemptAsync(DbConnection connection, DbTransaction transaction, long run, string task, int number, DateTimeOffset now) =>
        connection.ExecuteAsync(
            """
            INSERT INTO task_attempt(run, task, number, state, started_at) VALUES (@run, @task, @number, 'running', @at);
            UPDATE pipeline_task SET state = 'running', attempts = @number, retry_at = NULL WHERE run = @run AND name = @task;
            """,
            new { run, task, number, at = Instant.ToMicroseconds(now) },
            transaction);

    public static Task<int> EndAttemptAsync(DbConnection connection, DbTransaction transaction, long run, AttemptEnd end) =>
        connection.ExecuteAsync(
            "UPDATE task_attempt SET state = @state, ended_at = max(@at, started_at), error = @error, reported = @reported WHERE run = @run AND task = @task AND number = @number",
            new
            {
                run,
                task = end.Task,
                number = end.Number,
                state = end.State.Name(),
                at = Instant.ToMicroseconds(end.At),
                error = end.Error,
                reported = end.Reported,
            },
            transaction);

    public static Task<int> SetTasksAsync(DbConnection connection, DbTransaction transaction, long run, IEnumerable<TaskChange> changes) =>
        connection.ExecuteAsync(
            "UPDATE pipeline_task SET state = @state, tries = @tries, orphans = @orphans, retry_at = @retryAt WHERE run = @run AND name = @name",
            changes.Select(c => new
            {
                run,
                name = c.Task,
                state = c.State.Name(),
                tries = c.Tries,
                orphans = c.Orphans,
                retryAt = c.RetryAt is { } at ? Instant.ToMicroseconds(at) : (long?)null,
            }),
            transaction);

    public static Task<int> EndRunAsync(DbConnection connection, DbTransaction transaction, long run, RunState state, string? error, long endedAt) =>
        connection.ExecuteAsync(
            "UPDATE pipeline_run SET state = @state, error = @error, ended_at = @endedAt WHERE seq = @run",
            new { run, state = state.Name(), error, endedAt },
            transaction);

    public static Task<int> RequeueRunAsync(DbConnection connection, DbTransaction transaction, long run) =>
        connection.ExecuteAsync("UPDATE pipeline_run SET state = 'queued' WHERE seq = @run AND state = 'running'", new { run }, transaction);

    private static Task EndCancelledAsync(DbConnection connection, DbTransaction transaction, long run, DateTimeOffset now) =>
        RunWrites.EndCancelledAsync(connection, transaction, run, now);

    private static async Task<AdmittedRun> StartAsync(DbConnection connection, DbTransaction transaction, RunRow run, PipelineDefinition pipeline, DateTimeOffset now)
    {
        run.State = RunState.Running.Name();
        run.StartedAt ??= Math.Max(Instant.ToMicroseconds(now), run.QueuedAt);
        await AdoptAsync(connection, transaction, run, pipeline);
        await connection.ExecuteAsync(
            "UPDATE pipeline_run SET state = @State, started_at = @StartedAt, definition = @Definition WHERE seq = @Seq", run, transaction);
        return new AdmittedRun(run, pipeline, await RunQueries.TasksAsync(connection, run.Seq, transaction));
    }

    /// <summary>A run that an older definition made goes on with the current one: new tasks are added, those that are gone are skipped.</summary>
    private static async Task AdoptAsync(DbConnection connection, DbTransaction transaction, RunRow run, PipelineDefinition pipeline)
    {
        if (run.Definition == pipeline.Hash)
        {
            return;
        }

        var rows = await RunQueries.TasksAsync(connection, run.Seq, transaction);
        var known = rows.Select(static r => r.Name).ToHashSet(StringComparer.Ordinal);
        await RunWrites.InsertTasksAsync(connection, transaction, run.Seq, pipeline.Tasks.Where(t => !known.Contains(t.Name)), rows.Count);
        foreach (var row in rows)
        {
            var after = pipeline.FindTask(row.Name)?.After;
            await connection.ExecuteAsync(
                after is null
                    ? "UPDATE pipeline_task SET state = 'skipped', retry_at = NULL WHERE run = @run AND name = @name AND state IN ('queued', 'up_for_retry')"
                    : "UPDATE pipeline_task SET after = @after WHERE run = @run AND name = @name",
                new { run = run.Seq, name = row.Name, after = System.Text.Json.JsonSerializer.Serialize(after) },
                transaction);
        }

        run.Definition = pipeline.Hash;
    }
}

/// <summary>A run that has just been started.</summary>
internal sealed record AdmittedRun(RunRow Run, PipelineDefinition Pipeline, IReadOnlyList<TaskRow> Tasks);

/// <summary>How an attempt ended.</summary>
internal sealed record AttemptEnd(string Task, int Number, AttemptState State, DateTimeOffset At, string? Error, string? Reported);

/// <summary>What a task's row becomes.</summary>
internal sealed record TaskChange(string Task, AttemptState State, int Tries, int Orphans, DateTimeOffset? RetryAt = null);
