using System.Data.Common;
using System.Text.Json;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Commands that people and the schedule give: what they write to the orchestrator's tables, inside a transaction of the caller's.</summary>
internal static class RunWrites
{
    /// <summary>Makes the pipeline's row where it has none, and notes the definition's version.</summary>
    public static async Task RegisterAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, DateTimeOffset now)
    {
        var at = Instant.ToMicroseconds(now);
        await connection.ExecuteAsync(
            "INSERT INTO pipeline(name, definition, registered_at) VALUES (@name, @definition, @at) ON CONFLICT(name) DO UPDATE SET definition = excluded.definition",
            new { name = pipeline.Name, definition = pipeline.Hash, at },
            transaction);
        await connection.ExecuteAsync(
            "INSERT INTO pipeline_definition(hash, pipeline, definition, first_seen) VALUES (@hash, @name, @text, @at) ON CONFLICT(hash) DO NOTHING",
            new { hash = pipeline.Hash, name = pipeline.Name, text = DefinitionText.Of(pipeline), at },
            transaction);
    }

    /// <summary>Makes the row of a run that does not exist yet.</summary>
    public static RunRow NewRun(PipelineDefinition pipeline, string id, RunTrigger trigger, DateTimeOffset logicalDate, DataInterval interval, DateTimeOffset now) => new()
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
        Parameters = ParameterDefinition.Resolve(pipeline.Parameters, null, pipeline.Name, mayMiss: true),
        Recompute = trigger is RunTrigger.Repair or RunTrigger.Backfill ? 1 : 0,
    };

    /// <summary>Makes a queued run with its tasks.</summary>
    public static Task<RunRow> InsertAsync(
        DbConnection connection,
        DbTransaction transaction,
        PipelineDefinition pipeline,
        string id,
        RunTrigger trigger,
        DateTimeOffset logicalDate,
        DataInterval interval,
        DateTimeOffset now) => InsertAsync(connection, transaction, pipeline, NewRun(pipeline, id, trigger, logicalDate, interval, now));

    /// <summary>Stores a queued run with its tasks.</summary>
    public static async Task<RunRow> InsertAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, RunRow row)
    {
        await InsertAllAsync(connection, transaction, [row]);
        await InsertTasksAsync(connection, transaction, row.Seq, pipeline.Tasks, 0);
        return row;
    }

    /// <summary>Stores the rows of runs, as they stand; their numbers are known afterwards.</summary>
    public static async Task InsertAllAsync(DbConnection connection, DbTransaction transaction, IReadOnlyList<RunRow> rows)
    {
        var statements = new StatementList();
        var numbered = 0;
        for (var i = 0; i < rows.Count; i++)
        {
            InsertRun(statements, rows[i]);
            if (statements.IsFull || i == rows.Count - 1)
            {
                foreach (var number in await statements.InsertNumberedAsync(connection, transaction, "seq"))
                {
                    rows[numbered++].Seq = number;
                }
            }
        }
    }

    private static void InsertRun(StatementList statements, RunRow row) => statements.Add(
        """
        INSERT INTO pipeline_run(
            id, pipeline, definition, trigger, state, logical_date, interval_start, interval_end, queued_at, started_at, parameters, cause, parent, parent_task, backfill, callers, recompute)
        VALUES (@id, @pipeline, @definition, @trigger, @state, @date, @start, @end, @queued, @started, @parameters, @cause, @parent, @parentTask, @backfill, @callers, @recompute)
        """)
        .Text("id", row.Id)
        .Text("pipeline", row.Pipeline)
        .Text("definition", row.Definition)
        .Text("trigger", row.Trigger)
        .Text("state", row.State)
        .Number("date", row.LogicalDate)
        .Number("start", row.IntervalStart)
        .Number("end", row.IntervalEnd)
        .Number("queued", row.QueuedAt)
        .Number("started", row.StartedAt)
        .Text("parameters", row.Parameters)
        .Text("cause", row.Cause)
        .Text("parent", row.Parent)
        .Text("parentTask", row.ParentTask)
        .Text("backfill", row.Backfill)
        .Text("callers", row.Callers)
        .Number("recompute", row.Recompute);

    public static Task InsertTasksAsync(DbConnection connection, DbTransaction transaction, long run, IEnumerable<TaskDefinition> tasks, int ordinal)
    {
        var statements = new StatementList();
        InsertTasks(statements, run, tasks, ordinal);
        return statements.ExecuteAsync(connection, transaction);
    }

    public static void InsertTasks(StatementList statements, long run, IEnumerable<TaskDefinition> tasks, int ordinal)
    {
        foreach (var task in tasks)
        {
            statements.Add("INSERT INTO pipeline_task(run, name, ordinal, after, state, kind) VALUES (@run, @name, @ordinal, @after, 'queued', @kind)")
                .Number("run", run)
                .Text("name", task.Name)
                .Number("ordinal", ordinal++)
                .Text("after", task.AfterJson)
                .Text("kind", task.Kind.Name());
        }
    }

    /// <summary>Makes the row of a task of a run that starts as it is made.</summary>
    public static void InsertTask(StatementList statements, long run, TaskNode node) => statements.Add(
        """
        INSERT INTO pipeline_task(run, name, ordinal, after, kind, state, attempts, note, child_run, since)
        VALUES (@run, @name, @ordinal, @after, @kind, @state, @attempts, @note, @childRun, @since)
        """)
        .Number("run", run)
        .Text("name", node.Name)
        .Number("ordinal", node.Ordinal)
        .Text("after", node.Definition.AfterJson)
        .Text("kind", node.Definition.Kind.Name())
        .Text("state", node.State.Name())
        .Number("attempts", node.Attempts)
        .Text("note", StoredText.Clean(node.Note))
        .Text("childRun", node.ChildRun)
        .Number("since", node.Since is { } since ? Instant.ToMicroseconds(since) : null);

    /// <summary>Makes the row of a call of a mapped task.</summary>
    public static void InsertCall(StatementList statements, long run, TaskNode call) => statements.Add(
        "INSERT INTO pipeline_task(run, name, ordinal, after, state, kind, task, item, item_value) VALUES (@run, @name, @ordinal, '[]', 'queued', 'mapped', @task, @item, @value)")
        .Number("run", run)
        .Text("name", call.Name)
        .Number("ordinal", call.Ordinal)
        .Text("task", call.Definition.Name)
        .Number("item", call.Item)
        .Text("value", call.ItemValue);

    /// <summary>Makes the run of a sub-pipeline, for the data interval of the run that waits for it.</summary>
    public static Task<RunRow> InsertSubRunAsync(DbConnection connection, DbTransaction transaction, RunRow parent, TaskNode node, PipelineCatalog pipelines, DateTimeOffset now)
    {
        var pipeline = pipelines.Get(node.Definition.SubPipeline!);
        var row = NewRun(pipeline, node.ChildRun!, RunTrigger.SubPipeline, Instant.FromMicroseconds(parent.LogicalDate), parent.Interval, now);
        row.Parent = parent.Id;
        row.ParentTask = node.Name;
        row.Callers = $"{(parent.Callers is { } above ? above + ">" : "")}{parent.Pipeline}.{node.Name}";
        row.Recompute = parent.Recompute;
        var given = node.Definition.SubParameters is { } values ? JsonSerializer.SerializeToElement(values, PipelineJson.Options) : (JsonElement?)null;
        row.Parameters = ParameterDefinition.Resolve(pipeline.Parameters, given, pipeline.Name);
        return InsertAsync(connection, transaction, pipeline, row);
    }

    /// <summary>What else follows from the end of a run: the state of its interval, the progress of its backfill.</summary>
    public static async Task NoteEndAsync(DbConnection connection, DbTransaction transaction, RunRow run, PipelineDefinition pipeline, RunState state, DateTimeOffset now)
    {
        if (pipeline.Timetable is { } timetable && run.Parent is null)
        {
            await IntervalStates.SetAsync(connection, transaction, pipeline.Name, timetable, run.Interval, IntervalStateNames.Of(state), run.Seq);
        }

        if (run.Backfill is { } backfill)
        {
            await Backfills.RunEndedAsync(connection, transaction, backfill, state, now);
        }
    }

    public static Task<int> PauseAsync(DbConnection connection, DbTransaction transaction, string pipeline, bool paused) =>
        connection.ExecuteAsync("UPDATE pipeline SET paused = @paused WHERE name = @pipeline", new { pipeline, paused = paused ? 1 : 0 }, transaction);

    /// <summary>Cancels a queued run at once, unless a teardown of it may have to run; notes the wish on any other.</summary>
    public static async Task<RunRow> CancelAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition? pipeline, string id, DateTimeOffset now)
    {
        var run = await RunQueries.RunAsync(connection, id, transaction);
        if (run.Summary().HasEnded)
        {
            throw TarnException.Conflict("Only a run that has not ended can be cancelled.", $"{id}, {run.State}");
        }

        if (run.State == RunState.Queued.Name() && (run.StartedAt is null || pipeline is null))
        {
            await EndCancelledAsync(connection, transaction, pipeline, run, now);
        }
        else
        {
            await connection.ExecuteAsync("UPDATE pipeline_run SET cancel_requested = 1 WHERE seq = @Seq", run, transaction);
        }

        return await RunQueries.RunAsync(connection, id, transaction);
    }

    private static async Task EndCancelledAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition? pipeline, RunRow run, DateTimeOffset now)
    {
        var at = Instant.ToMicroseconds(now);
        await connection.ExecuteAsync(
            "UPDATE task_attempt SET state = 'cancelled', ended_at = CASE WHEN @at > started_at THEN @at ELSE started_at END WHERE run = @run AND ended_at IS NULL", new { run = run.Seq, at }, transaction);
        await connection.ExecuteAsync(
            "UPDATE pipeline_task SET state = 'cancelled', retry_at = NULL WHERE run = @run AND state IN ('queued', 'running', 'up_for_retry', 'deferred')", new { run = run.Seq }, transaction);
        await connection.ExecuteAsync(
            "UPDATE pipeline_run SET state = 'cancelled', ended_at = CASE WHEN @at > queued_at THEN @at ELSE queued_at END, cancel_requested = 1 WHERE seq = @run",
            new { run = run.Seq, at },
            transaction);
        if (pipeline is not null)
        {
            await NoteEndAsync(connection, transaction, run, pipeline, RunState.Cancelled, now);
        }
    }

    /// <summary>Puts a failed or cancelled run back into the queue: what succeeded or was skipped stays, but for setups and teardowns of what is done again.</summary>
    public static async Task<RunRow> RetryAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, string id, DateTimeOffset now)
    {
        var run = await RunQueries.RunAsync(connection, id, transaction);
        if (run.Summary().State is not (RunState.Failed or RunState.Cancelled))
        {
            throw TarnException.Conflict(
                "Only a run that failed or was cancelled can be tried again.",
                $"{id}, {run.State}",
                run.Summary().HasEnded ? "To do a finished interval again, run the pipeline with its logical date." : "Wait for its end, or cancel it first.");
        }

        var tasks = await RunQueries.TasksAsync(connection, run.Seq, transaction);
        var around = Surroundings.Of(
            pipeline,
            tasks.Where(static t => t.State is "failed" or "upstream_failed" or "cancelled").Select(static t => t.Task ?? t.Name),
            tasks.Where(static t => t.State == "skipped").Select(static t => t.Name).ToHashSet(StringComparer.Ordinal));
        await connection.ExecuteAsync(
            """
            UPDATE pipeline_task SET state = 'queued', tries = 0, orphans = 0, retry_at = NULL, note = NULL, since = NULL, child_run = NULL
            WHERE run = @run AND (state IN ('failed', 'upstream_failed', 'cancelled') OR name = @name)
            """,
            around.DefaultIfEmpty("").Select(name => new { run = run.Seq, name }),
            transaction);
        if (run.Backfill is { } backfill)
        {
            await Backfills.RunRequeuedAsync(connection, transaction, backfill, run.Summary().State);
        }

        await connection.ExecuteAsync(
            "UPDATE pipeline_run SET state = 'queued', queued_at = @now, started_at = NULL, ended_at = NULL, error = NULL, cancel_requested = 0, sla_missed = 0, retried = retried + 1, had_failed = CASE WHEN state = 'failed' THEN 1 ELSE had_failed END WHERE seq = @seq",
            new { seq = run.Seq, now = Instant.ToMicroseconds(now) },
            transaction);
        return await RunQueries.RunAsync(connection, id, transaction);
    }
}
