using System.Data.Common;
using System.Text.Json;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Attempts that wait for a worker, and how they are taken and given back: what nodes tell each other through the store.</summary>
internal static class AttemptOrders
{
    /// <summary>Takes waiting attempts for a worker, the most important first; returns what it needs to run them.</summary>
    public static async Task<IReadOnlyList<TakenAttempt>> TakeAsync(
        DbConnection connection, DbTransaction transaction, PipelineCatalog pipelines, string worker, int most, Func<long, long> writeVersion, DateTimeOffset now)
    {
        var taken = (await connection.QueryAsync<OpenAttempt>(
            """
            SELECT a.run, a.task, a.number, r.pipeline FROM task_attempt a JOIN pipeline_run r ON r.seq = a.run
            WHERE a.state = 'queued' AND a.worker IS NULL ORDER BY a.priority DESC, a.started_at, a.run LIMIT @most
            """,
            new { most },
            transaction)).AsList();
        var orders = new List<TakenAttempt>(taken.Count);
        foreach (var attempt in taken)
        {
            if (pipelines.Find(attempt.Pipeline) is not { } pipeline || await OrderAsync(connection, transaction, pipeline, attempt, writeVersion) is not { } order)
            {
                continue;
            }

            await connection.ExecuteAsync(
                """
                UPDATE task_attempt SET state = 'running', worker = @worker, started_at = CASE WHEN resumed = 1 THEN started_at ELSE @at END
                WHERE run = @Run AND task = @Task AND number = @Number
                """,
                new { worker, at = Instant.ToMicroseconds(now), attempt.Run, attempt.Task, attempt.Number },
                transaction);
            orders.Add(new TakenAttempt(pipeline.FindTask(order.Task)!, order));
        }

        return orders;
    }

    /// <summary>Keeps how an attempt ended, for the node that leads its run.</summary>
    public static Task<int> EndAsync(DbConnection connection, DbTransaction transaction, AttemptOrder order, string worker, AttemptOutcome outcome, string id, DateTimeOffset now)
    {
        var kept = JsonSerializer.Serialize(new RemoteOutcome(id, outcome.Kind, outcome.Error, outcome.RetryAfter?.Ticks, outcome.DeferFor?.Ticks, outcome.Result, outcome.Reported));
        return connection.ExecuteAsync(
            "UPDATE task_attempt SET state = 'ended', outcome = @kept, ended_at = @at WHERE run = @RunNumber AND task = @Name AND number = @Attempt AND worker = @worker AND state = 'running'",
            new { kept, at = Instant.ToMicroseconds(now), order.RunNumber, order.Name, order.Attempt, worker },
            transaction);
    }

    /// <summary>The attempts that ended elsewhere, and whose runs have not heard of it.</summary>
    public static async Task<IReadOnlyList<EndedElsewhere>> EndedAsync(DbConnection connection) =>
        (await connection.QueryAsync<EndedElsewhere>("SELECT run, task, number, outcome FROM task_attempt WHERE outcome IS NOT NULL")).AsList();

    /// <summary>The running attempts of nodes that are gone.</summary>
    public static async Task<IReadOnlyList<EndedElsewhere>> OrphansAsync(DbConnection connection) =>
        (await connection.QueryAsync<EndedElsewhere>(
            "SELECT run, task, number FROM task_attempt WHERE state = 'running' AND worker NOT IN (SELECT id FROM pipeline_node WHERE state = 'alive')")).AsList();

    /// <summary>Those of a worker's attempts that are to go on: the others were cancelled, or closed with a run that a fault ended.</summary>
    public static async Task<IReadOnlySet<(long Run, string Task, int Number)>> GoingOnAsync(DbConnection connection, string worker) =>
        (await connection.QueryAsync<(long Run, string Task, long Number)>(
            "SELECT run, task, number FROM task_attempt WHERE state = 'running' AND cancel_requested = 0 AND worker = @worker", new { worker }))
        .Select(static a => (a.Run, a.Task, (int)a.Number)).ToHashSet();

    private static async Task<AttemptOrder?> OrderAsync(
        DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, OpenAttempt attempt, Func<long, long> writeVersion)
    {
        var run = await connection.QuerySingleAsync<RunRow>($"SELECT {RunRow.Columns} FROM pipeline_run WHERE seq = @Run", new { attempt.Run }, transaction);
        var task = await connection.QuerySingleAsync<TaskRow>(
            $"SELECT {TaskRow.Columns} FROM pipeline_task WHERE run = @Run AND name = @Task", new { attempt.Run, attempt.Task }, transaction);
        if (pipeline.FindTask(task.Task ?? task.Name) is not { } definition)
        {
            return null;
        }

        var results = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in definition.Takes)
        {
            if (await ResultAsync(connection, transaction, pipeline, attempt.Run, name) is { } result)
            {
                results[name] = result;
            }
        }

        return new AttemptOrder
        {
            Pipeline = pipeline.Name,
            Task = definition.Name,
            Name = task.Name,
            RunId = run.Id,
            RunNumber = run.Seq,
            WriteId = WriteIds.IdOf(run, task.Name, definition.Kind),
            WriteVersion = writeVersion(run.Seq),
            Attempt = (int)attempt.Number,
            QueuedAt = Instant.FromMicroseconds(run.QueuedAt),
            LogicalDate = Instant.FromMicroseconds(run.LogicalDate),
            DataInterval = run.Interval,
            Trigger = StateNames.TriggerOf(run.Trigger),
            Since = Instant.FromMicroseconds(task.Since ?? run.QueuedAt),
            Item = task.ItemValue,
            Results = results,
            Parameters = run.Parameters,
            MemoryLimit = definition.MemoryLimit,
        };
    }

    private static async Task<string?> ResultAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, long run, string task)
    {
        if (pipeline.FindTask(task)!.Kind != TaskKind.Mapped)
        {
            return await connection.QuerySingleOrDefaultAsync<string?>("SELECT result FROM pipeline_task WHERE run = @run AND name = @task", new { run, task }, transaction);
        }

        var results = await connection.QueryAsync<string>(
            "SELECT result FROM pipeline_task WHERE run = @run AND task = @task AND result IS NOT NULL ORDER BY item", new { run, task }, transaction);
        return $"[{string.Join(',', results)}]";
    }

    private sealed class OpenAttempt
    {
        public long Run { get; set; }

        public string Task { get; set; } = "";

        public long Number { get; set; }

        public string Pipeline { get; set; } = "";
    }
}

/// <summary>An attempt that a worker has taken.</summary>
internal sealed record TakenAttempt(TaskDefinition Task, AttemptOrder Order);

/// <summary>An attempt that another node ran, or was to run.</summary>
internal sealed class EndedElsewhere
{
    public long Run { get; set; }

    public string Task { get; set; } = "";

    public long Number { get; set; }

    public string? Outcome { get; set; }
}

/// <summary>How an attempt ended elsewhere, in the form in which the store keeps it until its run has heard of it.</summary>
internal sealed record RemoteOutcome(string Id, AttemptOutcomeKind Kind, string? Error, long? RetryAfter, long? DeferFor, string? Result, string? Reported)
{
    public AttemptOutcome ToOutcome() => new(Kind, Error, RetryAfter is { } ticks ? TimeSpan.FromTicks(ticks) : null)
    {
        DeferFor = DeferFor is { } defer ? TimeSpan.FromTicks(defer) : null,
        Result = Result,
        Reported = Reported,
    };
}
