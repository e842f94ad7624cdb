using System.Data.Common;
using System.Text.Json;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>What the executor writes to the orchestrator's tables, inside a transaction of the caller's.</summary>
internal static class ExecutionWrites
{
    public const string ProcessEnded = "The process ended during this attempt.";

    /// <summary>Which rows of pipeline_run count against their pipeline's limit of active runs; <see cref="IsOutsideLimit"/> is the rule for a run that starts.</summary>
    public const string CountsAsActive = "state = 'running' AND backfill IS NULL AND parent IS NULL AND trigger <> 'repair'";

    /// <summary>
    /// Mends what nodes that are gone left behind: their running attempts are closed as failed and their tasks put back into the queue. Returns how many attempts there were.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transaction">The transaction.</param>
    /// <param name="now">The moment.</param>
    public static async Task<int> CloseOrphansAsync(DbConnection connection, DbTransaction transaction, DateTimeOffset now)
    {
        const string Orphans = "state = 'running' AND (worker IS NULL OR worker NOT IN (SELECT id FROM pipeline_node WHERE state = 'alive'))";
        await connection.ExecuteAsync(
            $"""
            UPDATE pipeline_task SET state = 'queued', orphans = orphans + 1
            WHERE state = 'running' AND EXISTS (SELECT 1 FROM task_attempt a WHERE a.run = pipeline_task.run AND a.task = pipeline_task.name AND a.{Orphans})
            """,
            transaction: transaction);
        return await connection.ExecuteAsync(
            $"UPDATE task_attempt SET state = 'failed', ended_at = CASE WHEN @at > started_at THEN @at ELSE started_at END, error = @error WHERE {Orphans}",
            new { at = Instant.ToMicroseconds(now), error = ProcessEnded },
            transaction);
    }

    /// <summary>Puts the runs that an earlier leader led back into the queue: whoever leads now admits them again, and first.</summary>
    public static Task<int> RequeueRunsAsync(DbConnection connection, DbTransaction transaction) =>
        connection.ExecuteAsync("UPDATE pipeline_run SET state = 'queued' WHERE state = 'running'", transaction: transaction);

    /// <summary>Starts queued runs, oldest first, as far as the limits of their pipelines allow; tells whether some of them have to wait.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transaction">The transaction.</param>
    /// <param name="pipelines">The pipelines of this program; runs of others stay queued.</param>
    /// <param name="mayStart">Which queued runs this process executes.</param>
    /// <param name="seen">The versions of repairing tables, read before.</param>
    /// <param name="faults">Hears of timetables that cannot be asked.</param>
    /// <param name="now">The moment.</param>
    public static async Task<(IReadOnlyList<AdmittedRun> Admitted, bool HoldsBack)> AdmitAsync(
        DbConnection connection,
        DbTransaction transaction,
        PipelineCatalog pipelines,
        Func<RunRow, bool> mayStart,
        SeenSources seen,
        ICollection<TimetableException> faults,
        DateTimeOffset now)
    {
        var active = (await connection.QueryAsync<(string Pipeline, long Runs)>(
            $"SELECT pipeline, count(*) FROM pipeline_run WHERE {CountsAsActive} GROUP BY pipeline", transaction: transaction))
            .ToDictionary(static r => r.Pipeline, static r => r.Runs);
        var queued = (await connection.QueryAsync<RunRow>(
            $"SELECT {RunRow.Columns} FROM pipeline_run WHERE state = 'queued' ORDER BY seq", transaction: transaction)).AsList();
        var admitted = new List<AdmittedRun>();
        var statements = new StatementList();
        var holdsBack = false;
        foreach (var run in queued)
        {
            if (pipelines.Find(run.Pipeline) is not { } pipeline || !mayStart(run))
            {
                continue;
            }

            if ((active.GetValueOrDefault(pipeline.Name) >= pipeline.MaxActiveRuns && !IsOutsideLimit(run))
                || await PastRuns.HoldsBackAsync(connection, transaction, pipeline, run, faults))
            {
                holdsBack = true;
                continue;
            }

            active[pipeline.Name] = active.GetValueOrDefault(pipeline.Name) + (IsOutsideLimit(run) ? 0 : 1);
            run.Sources ??= seen.Of(pipeline);
            admitted.Add(await StartAsync(connection, transaction, statements, run, pipeline, now));
        }

        await statements.ExecuteAsync(connection, transaction);
        return (admitted, holdsBack);
    }

    /// <summary>A backfill and repairs have limits of their own, and a sub-pipeline's run is part of its parent: it must not wait for the slot that the parent holds.</summary>
    private static bool IsOutsideLimit(RunRow run) => run.Backfill is not null || run.Parent is not null || run.Trigger == RunTrigger.Repair.Name();

    /// <summary>Stores all that a run's loop decided.</summary>
    public static async Task StoreAsync(DbConnection connection, DbTransaction transaction, RunRow run, PipelineDefinition pipeline, RunStep step, ExecutionServices services)
    {
        var statements = new StatementList();
        step.Ends.ForEach(end => EndAttempt(statements, run.Seq, end));
        step.NewCalls.ForEach(call => RunWrites.InsertCall(statements, run.Seq, call));
        step.Changed.ForEach(node => SetTask(statements, run.Seq, node));
        step.Starts.ForEach(start => StartAttempt(statements, run.Seq, start));
        foreach (var heard in step.Heard)
        {
            statements.Add("UPDATE task_attempt SET outcome = NULL WHERE run = @run AND task = @task AND number = @number")
                .Number("run", run.Seq).Text("task", heard.Task).Number("number", heard.Number);
        }

        foreach (var node in step.CancelElsewhere)
        {
            statements.Add("UPDATE task_attempt SET cancel_requested = 1 WHERE run = @run AND task = @task AND number = @number")
                .Number("run", run.Seq).Text("task", node.Name).Number("number", node.Attempts);
        }

        if (step.Failure is { } failure)
        {
            statements.Add("UPDATE pipeline_run SET error = @error WHERE seq = @run").Text("error", StoredText.Clean(failure)).Number("run", run.Seq);
        }
        await statements.ExecuteAsync(connection, transaction);
        await StoreBesidesAsync(connection, transaction, run, pipeline, step, services);
    }

    /// <summary>Stores what of a step needs more than statements that return nothing.</summary>
    public static async Task StoreBesidesAsync(DbConnection connection, DbTransaction transaction, RunRow run, PipelineDefinition pipeline, RunStep step, ExecutionServices services)
    {
        foreach (var node in step.SubRuns)
        {
            await RunWrites.InsertSubRunAsync(connection, transaction, run, node, services.Pipelines, services.Time.GetUtcNow());
        }

        foreach (var node in step.ToCache)
        {
            await TaskCache.StoreAsync(connection, transaction, run, node, services.Time.GetUtcNow());
        }

        foreach (var retried in step.Retried)
        {
            await services.Alerts.RetriedAsync(connection, transaction, pipeline, run, retried);
        }

        if (step.End is { } ending)
        {
            await EndRunAsync(connection, transaction, run, pipeline, ending, services);
        }

        await services.TellNodesAsync(
            connection, transaction, run, step.CancelElsewhere.Count > 0 || step.Starts.Exists(static s => s.Worker is null && s.Node.Definition.Kind != TaskKind.SubPipeline));
    }

    /// <summary>Closes what a run has open that ends by a fault, so that it can be tried again; notes the wish to cancel the runs of its sub-pipelines, and returns them.</summary>
    public static async Task<IReadOnlyList<string>> CloseBrokenAsync(DbConnection connection, DbTransaction transaction, RunRow broken, RunEnding ending)
    {
        var values = new { run = broken.Seq, id = broken.Id, error = ending.Error, at = ending.EndedAt };
        await connection.ExecuteAsync(
            "UPDATE task_attempt SET state = 'failed', error = @error, outcome = NULL, ended_at = CASE WHEN @at > started_at THEN @at ELSE started_at END WHERE run = @run AND (ended_at IS NULL OR state = 'ended')",
            values,
            transaction);
        await connection.ExecuteAsync("UPDATE pipeline_task SET state = 'failed', retry_at = NULL WHERE run = @run AND state IN ('running', 'up_for_retry', 'deferred')", values, transaction);
        await connection.ExecuteAsync("UPDATE pipeline_task SET state = 'cancelled' WHERE run = @run AND state = 'queued'", values, transaction);
        return (await connection.QueryAsync<string>("UPDATE pipeline_run SET cancel_requested = 1 WHERE parent = @id AND ended_at IS NULL RETURNING id", values, transaction)).AsList();
    }

    public static async Task EndRunAsync(DbConnection connection, DbTransaction transaction, RunRow run, PipelineDefinition pipeline, RunEnding ending, ExecutionServices services)
    {
        await services.Alerts.EndedAsync(connection, transaction, pipeline, run, ending);
        await connection.ExecuteAsync(
            "UPDATE pipeline_run SET state = @state, error = @error, ended_at = @endedAt WHERE seq = @run",
            new { run = run.Seq, state = ending.State.Name(), error = ending.Error, endedAt = ending.EndedAt },
            transaction);
        await RunWrites.NoteEndAsync(connection, transaction, run, pipeline, ending.State, services.Time.GetUtcNow());
    }

    public static Task<int> RequeueRunAsync(DbConnection connection, DbTransaction transaction, long run) =>
        connection.ExecuteAsync("UPDATE pipeline_run SET state = 'queued' WHERE seq = @run AND state = 'running'", new { run }, transaction);

    public static void StartAttempt(StatementList statements, long run, AttemptStart start)
    {
        var state = start.Node.Definition.Kind == TaskKind.SubPipeline ? "deferred" : start.Worker is null ? "queued" : "running";
        statements.Add(
            """
            INSERT INTO task_attempt(run, task, number, state, started_at, worker, priority) VALUES (@run, @task, @number, @state, @at, @worker, @priority)
            ON CONFLICT(run, task, number) DO UPDATE SET state = excluded.state, worker = excluded.worker, outcome = NULL, resumed = 1
            """)
            .Number("run", run)
            .Text("task", start.Node.Name)
            .Number("number", start.Number)
            .Text("state", state)
            .Number("at", Instant.ToMicroseconds(start.At))
            .Text("worker", start.Worker)
            .Number("priority", start.Node.Definition.Priority);
    }

    private static void EndAttempt(StatementList statements, long run, AttemptEnd end) => statements.Add(
        """
        UPDATE task_attempt SET state = @state, ended_at = CASE WHEN @at > started_at THEN @at WHEN @at IS NULL THEN NULL ELSE started_at END,
            error = @error, reported = coalesce(@reported, reported)
        WHERE run = @run AND task = @task AND number = @number
        """)
        .Number("run", run)
        .Text("task", end.Task)
        .Number("number", end.Number)
        .Text("state", end.State.Name())
        .Number("at", Microseconds(end.At))
        .Text("error", StoredText.Clean(end.Error))
        .Text("reported", StoredText.Clean(end.Reported));

    private static void SetTask(StatementList statements, long run, TaskNode node) => statements.Add(
        """
        UPDATE pipeline_task SET state = @state, attempts = @attempts, tries = @tries, orphans = @orphans, retry_at = @retryAt, result = @result, note = @note,
            child_run = @childRun, since = @since
        WHERE run = @run AND name = @name
        """)
        .Number("run", run)
        .Text("name", node.Name)
        .Text("state", node.State.Name())
        .Number("attempts", node.Attempts)
        .Number("tries", node.Tries)
        .Number("orphans", node.Orphans)
        .Number("retryAt", Microseconds(node.RetryAt))
        .Text("result", node.Result)
        .Text("note", StoredText.Clean(node.Note))
        .Text("childRun", node.ChildRun)
        .Number("since", Microseconds(node.Since));

    private static long? Microseconds(DateTimeOffset? at) => at is { } given ? Instant.ToMicroseconds(given) : null;

    private static async Task<AdmittedRun> StartAsync(
        DbConnection connection, DbTransaction transaction, StatementList statements, RunRow run, PipelineDefinition pipeline, DateTimeOffset now)
    {
        var isNew = run.StartedAt is null && run.Definition == pipeline.Hash && run.Retried == 0;
        run.State = RunState.Running.Name();
        run.StartedAt ??= Math.Max(Instant.ToMicroseconds(now), run.QueuedAt);
        await AdoptAsync(connection, transaction, run, pipeline);
        statements.Add("UPDATE pipeline_run SET state = @state, started_at = @startedAt, definition = @definition, sources = @sources WHERE seq = @seq")
            .Text("state", run.State)
            .Number("startedAt", run.StartedAt)
            .Text("definition", run.Definition)
            .Text("sources", run.Sources)
            .Number("seq", run.Seq);
        return new AdmittedRun(run, pipeline, isNew ? NewTasks(run, pipeline) : await RunQueries.TasksAsync(connection, run.Seq, transaction));
    }

    /// <summary>The rows of a run of which nothing has happened, without reading them.</summary>
    public static List<TaskRow> NewTasks(RunRow run, PipelineDefinition pipeline) =>
        [.. pipeline.Tasks.Select((t, i) => new TaskRow { Run = run.Seq, Name = t.Name, Ordinal = i, State = "queued", Kind = t.Kind.Name() })];

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
            var task = pipeline.FindTask(row.Task ?? row.Name);
            await connection.ExecuteAsync(
                task is null
                    ? "UPDATE pipeline_task SET state = 'skipped', retry_at = NULL WHERE run = @run AND name = @name AND state IN ('queued', 'up_for_retry', 'deferred')"
                    : "UPDATE pipeline_task SET after = @after, kind = @kind WHERE run = @run AND name = @name",
                new { run = run.Seq, name = row.Name, after = JsonSerializer.Serialize(row.Item is null ? task?.After : []), kind = task?.Kind.Name() },
                transaction);
        }

        run.Definition = pipeline.Hash;
    }
}

/// <summary>A run that has just been started.</summary>
internal sealed record AdmittedRun(RunRow Run, PipelineDefinition Pipeline, IReadOnlyList<TaskRow> Tasks);
