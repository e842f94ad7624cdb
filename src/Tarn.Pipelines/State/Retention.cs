using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Forgets old runs and log lines, a few at a time, so that no writer waits long.</summary>
internal static class Retention
{
    private const int Step = 200;
    private const int LogStep = 5000;

    /// <summary>Removes what is older than the settings keep; returns how many runs and lines that were.</summary>
    public static async Task<(int Runs, int Lines)> ApplyAsync(MetadataStore store, OrchestratorOptions options, DateTimeOffset now, CancellationToken cancellation)
    {
        var lines = await RepeatAsync(
            store,
            "DELETE FROM task_log WHERE seq IN (SELECT seq FROM task_log ORDER BY seq LIMIT @step) AND at < @before",
            new { step = LogStep, before = Instant.ToMicroseconds(now - options.LogRetention) },
            cancellation);
        var runs = 0;
        var names = await store.ReadAsync(static connection => connection.QueryAsync<string>("SELECT name FROM pipeline"), cancellation);
        foreach (var pipeline in names)
        {
            runs += await RepeatAsync(
                store,
                """
                DELETE FROM pipeline_run WHERE seq IN (
                    SELECT seq FROM pipeline_run
                    WHERE pipeline = @pipeline AND ended_at < @before AND state NOT IN ('queued', 'running')
                        AND seq <= (SELECT seq FROM pipeline_run WHERE pipeline = @pipeline ORDER BY seq DESC LIMIT 1 OFFSET @kept)
                    ORDER BY seq LIMIT @step)
                """,
                new { pipeline, before = Instant.ToMicroseconds(now - options.RunRetention), kept = options.RunsKept, step = Step },
                cancellation);
        }

        return (runs, lines);
    }

    private static async Task<int> RepeatAsync(MetadataStore store, string sql, object parameters, CancellationToken cancellation)
    {
        for (var total = 0; ;)
        {
            var removed = await store.WriteAsync(
                (connection, transaction) => connection.ExecuteAsync(sql, parameters, transaction), WriteDurability.Process, cancellation);
            total += removed;
            if (removed == 0)
            {
                return total;
            }
        }
    }
}
