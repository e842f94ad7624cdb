using System.Data.Common;
using System.Globalization;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>What is read for a grid of runs and tasks: three queries, whatever the number of runs, in which the store sums up the calls of mapped tasks.</summary>
internal static class GridQueries
{
    public static async Task<RunGrid> ReadAsync(DbConnection connection, string pipeline, int limit, string? before)
    {
        var from = before is null ? long.MaxValue : (await RunQueries.RunAsync(connection, before)).Seq;
        var runs = (await connection.QueryAsync<RunRow>(
            $"SELECT {RunRow.Columns} FROM pipeline_run WHERE pipeline = @pipeline AND seq < @from ORDER BY seq DESC LIMIT @limit", new { pipeline, from, limit })).AsList();
        if (runs.Count == 0)
        {
            return new RunGrid(pipeline, []);
        }

        var among = string.Join(',', runs.Select(static r => r.Seq.ToString(CultureInfo.InvariantCulture)));
        var tasks = (await connection.QueryAsync<TaskRow>(
            $"SELECT run, name, state, note, kind FROM pipeline_task WHERE run IN ({among}) AND task IS NULL ORDER BY run, ordinal")).ToLookup(static t => t.Run);
        var calls = (await connection.QueryAsync<CallCount>(
            $"SELECT run AS Run, task AS Task, state AS State, count(*) AS Calls FROM pipeline_task WHERE run IN ({among}) AND task IS NOT NULL GROUP BY run, task, state"))
            .ToLookup(static c => (c.Run, c.Task));
        var attempts = (await connection.QueryAsync<AttemptSpan>(
            $"""
            SELECT t.run AS Run, coalesce(t.task, t.name) AS Task, count(*) AS Attempts, min(a.started_at) AS StartedAt, max(a.ended_at) AS EndedAt,
                CAST(sum(CASE WHEN a.ended_at IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS Open
            FROM task_attempt a JOIN pipeline_task t ON t.run = a.run AND t.name = a.task WHERE a.run IN ({among}) GROUP BY t.run, coalesce(t.task, t.name)
            """)).ToDictionary(static a => (a.Run, a.Task));
        return new RunGrid(
            pipeline,
            [.. runs.Select(r => new GridRun(r.Summary(), [.. tasks[r.Seq].Select(t => Of(t, attempts.GetValueOrDefault((r.Seq, t.Name)), calls[(r.Seq, t.Name)]))]))]);
    }

    private static GridTask Of(TaskRow task, AttemptSpan? attempts, IEnumerable<CallCount> calls)
    {
        var state = StateNames.AttemptStateOf(task.State);
        var ended = attempts is { Open: 0, EndedAt: { } at } && state.IsSettled() ? Instant.FromMicroseconds(at) : (DateTimeOffset?)null;
        return new GridTask(
            task.Name,
            state,
            (int)(attempts?.Attempts ?? 0),
            attempts is { StartedAt: { } started } ? Instant.FromMicroseconds(started) : null,
            ended,
            task.Note,
            StateNames.KindOf(task.Kind) == TaskKind.Mapped ? calls.ToDictionary(static c => StateNames.AttemptStateOf(c.State), static c => (int)c.Calls) : null);
    }

    /// <summary>How many calls of a mapped task are in a state, as Dapper reads it.</summary>
    private sealed class CallCount
    {
        public long Run { get; set; }

        public string Task { get; set; } = "";

        public string State { get; set; } = "";

        public long Calls { get; set; }
    }

    /// <summary>The attempts at a task and its calls, as Dapper reads them.</summary>
    private sealed class AttemptSpan
    {
        public long Run { get; set; }

        public string Task { get; set; } = "";

        public long Attempts { get; set; }

        public long? StartedAt { get; set; }

        public long? EndedAt { get; set; }

        public long Open { get; set; }
    }
}
