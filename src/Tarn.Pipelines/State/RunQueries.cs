using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>What is read of the orchestrator's tables. Each query follows an index, so that its cost is that of the rows it returns.</summary>
internal static class RunQueries
{
    public const int LastRuns = 20;

    public static async Task<RunRow> RunAsync(DbConnection connection, string id, DbTransaction? transaction = null) =>
        await connection.QuerySingleOrDefaultAsync<RunRow>(
            $"SELECT {RunRow.Columns} FROM pipeline_run WHERE id = @id", new { id = StoredText.Clean(id) }, transaction)
        ?? throw TarnException.NotFound("No run has that id.", id, "It may be older than runs are kept; 'tarn runs list' shows those that there are.");

    public static async Task<IReadOnlyList<RunSummary>> ListAsync(DbConnection connection, RunFilter filter)
    {
        if (filter.Limit is < 1 or > 1000)
        {
            throw TarnException.InvalidInput("The limit of listed runs is 1 to 1,000.", filter.Limit.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        if (filter.Backfill is { } backfill && filter.Pipeline is null)
        {
            filter = filter with { Pipeline = (await BackfillQueries.GetAsync(connection, backfill)).Pipeline };
        }

        var before = filter.Before is { } id ? (await RunAsync(connection, id)).Seq : long.MaxValue;
        var where = "seq < @before";
        where += filter.Pipeline is null ? "" : " AND pipeline = @pipeline";
        where += filter.State is null ? "" : " AND state = @state";
        where += filter.Trigger is null ? "" : " AND trigger = @trigger";
        where += filter.Backfill is null ? "" : " AND backfill = @backfill";
        var rows = await connection.QueryAsync<RunRow>(
            $"SELECT {RunRow.Columns} FROM pipeline_run WHERE {where} ORDER BY seq DESC LIMIT @limit",
            new { before, pipeline = StoredText.Clean(filter.Pipeline), state = filter.State?.Name(), trigger = filter.Trigger?.Name(), backfill = StoredText.Clean(filter.Backfill), limit = filter.Limit });
        return [.. rows.Select(static r => r.Summary())];
    }

    public static async Task<RunDetails> DetailsAsync(DbConnection connection, string id)
    {
        var run = await RunAsync(connection, id);
        var tasks = await TasksAsync(connection, run.Seq);
        var attempts = (await connection.QueryAsync<AttemptRow>(
            $"SELECT {AttemptRow.Columns} FROM task_attempt WHERE run = @run ORDER BY task, number", new { run = run.Seq })).ToLookup(static a => a.Task);
        return new RunDetails(
            run.Summary(),
            [
                .. tasks.Select(t => new TaskDetails(
                    t.Name,
                    t.AfterNames(),
                    StateNames.AttemptStateOf(t.State),
                    t.RetryAt is { } at ? Instant.FromMicroseconds(at) : null,
                    [.. attempts[t.Name].Select(static a => a.Details())])
                {
                    Kind = StateNames.KindOf(t.Kind),
                    MappedTask = t.Task,
                    Item = (int?)t.Item,
                    ItemValue = JsonOf(t.ItemValue),
                    Result = JsonOf(t.Result),
                    Note = t.Note,
                    SubRun = t.ChildRun,
                }),
            ]);
    }

    private static System.Text.Json.JsonElement? JsonOf(string? text) => text is null ? null : System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(text);

    public static async Task<IReadOnlyList<TaskRow>> TasksAsync(DbConnection connection, long run, DbTransaction? transaction = null) =>
        (await connection.QueryAsync<TaskRow>(
            $"SELECT {TaskRow.Columns} FROM pipeline_task WHERE run = @run ORDER BY ordinal", new { run }, transaction)).AsList();

    public static async Task<IReadOnlyList<AttemptLogLine>> LogsAsync(DbConnection connection, string id, LogFilter filter)
    {
        if (filter.Limit is < 1 or > 10_000)
        {
            throw TarnException.InvalidInput("The limit of read log lines is 1 to 10,000.", filter.Limit.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        var run = await RunAsync(connection, id);
        var where = "run = @run AND seq > @after";
        where += filter.Task is null ? "" : " AND (task = @task OR task IN (SELECT name FROM pipeline_task WHERE run = @run AND task = @task))";
        where += filter.Attempt is null ? "" : " AND attempt = @attempt";
        var rows = await connection.QueryAsync<LogRow>(
            $"SELECT {LogRow.Columns} FROM task_log WHERE {where} ORDER BY seq LIMIT @limit",
            new { run = run.Seq, after = filter.After, task = StoredText.Clean(filter.Task), attempt = filter.Attempt, limit = filter.Limit });
        return [.. rows.Select(static r => r.Line())];
    }

    public static async Task<IReadOnlyList<PipelineVersion>> VersionsAsync(DbConnection connection, PipelineDefinition pipeline, int limit) =>
        [.. (await connection.QueryAsync<(string Hash, string Definition, long FirstSeen)>(
            "SELECT hash, definition, first_seen FROM pipeline_definition WHERE pipeline = @name ORDER BY first_seen DESC, hash LIMIT @limit", new { name = pipeline.Name, limit }))
            .Select(v => new PipelineVersion(v.Hash, Instant.FromMicroseconds(v.FirstSeen), v.Hash == pipeline.Hash, System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(v.Definition)))];

    public static async Task<PipelineRow> PipelineAsync(DbConnection connection, string name, DbTransaction? transaction = null) =>
        await connection.QuerySingleAsync<PipelineRow>(
            $"SELECT {PipelineRow.Columns} FROM pipeline WHERE name = @name", new { name }, transaction);

    /// <summary>The running runs that are to be cancelled.</summary>
    public static async Task<IReadOnlyList<long>> CancelWantedAsync(DbConnection connection) =>
        (await connection.QueryAsync<long>("SELECT seq FROM pipeline_run WHERE state = 'running' AND cancel_requested = 1")).AsList();

    /// <summary>The ended runs of sub-pipelines whose parents have not ended.</summary>
    public static async Task<IReadOnlyList<RunSummary>> EndedSubRunsAsync(DbConnection connection) =>
        [.. (await connection.QueryAsync<RunRow>(
            $"SELECT {RunRow.Columns} FROM pipeline_run WHERE parent IN (SELECT id FROM pipeline_run WHERE state = 'running') AND ended_at IS NOT NULL")).Select(static r => r.Summary())];

    public static async Task<IReadOnlyDictionary<string, DateTimeOffset>> ScheduledUntilAsync(DbConnection connection) =>
        (await connection.QueryAsync<(string Name, long Until)>("SELECT name, scheduled_until FROM pipeline WHERE scheduled_until IS NOT NULL"))
        .ToDictionary(static r => r.Name, static r => Instant.FromMicroseconds(r.Until));

    public static async Task<PipelineSummary> SummaryAsync(DbConnection connection, PipelineDefinition pipeline, DateTimeOffset now)
    {
        var row = await PipelineAsync(connection, pipeline.Name);
        var runs = await ListAsync(connection, new RunFilter { Pipeline = pipeline.Name, Limit = LastRuns });
        return new PipelineSummary(
            pipeline.Name,
            pipeline.Description,
            pipeline.Schedule?.Expression,
            (pipeline.Schedule?.TimeZone ?? TimeZoneInfo.Utc).Id,
            pipeline.CatchUp,
            row.Paused != 0,
            row.Paused != 0 ? null : SchedulePlan.Shown(pipeline, row, now),
            runs,
            [.. pipeline.Tasks.Select(static t => new TaskSummary(t.Name, t.After))],
            pipeline.MaxActiveRuns,
            pipeline.Retry.Count,
            pipeline.Hash)
        {
            Intervals = await IntervalStates.CountsAsync(connection, null, pipeline.Name),
        };
    }
}
