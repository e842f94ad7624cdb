using System.Data.Common;
using System.Globalization;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// Forgets what is old or too much, a few rows at a time, so that no writer waits long. Runs are details: how their intervals ended stays in the ranges of
/// <see cref="IntervalStates"/>, so that years of successes take as much room as some hundred runs.
/// </summary>
internal static class Retention
{
    /// <summary>So many of a pipeline's newest runs stay whatever became of them: they are what is shown of it.</summary>
    public const int AlwaysKept = RunQueries.LastRuns;

    private const int RunStep = 200;
    private const int TaskStep = 10_000;
    private const int LogStep = 5000;
    private const int RowStep = 1000;

    private static readonly TimeSpan NodeRetention = TimeSpan.FromDays(7);

    /// <summary>Removes what the settings do not keep, but for runs; returns how many log lines that were.</summary>
    public static async Task<int> ForgetRestAsync(MetadataStore store, OrchestratorOptions options, DateTimeOffset now, CancellationToken cancellation)
    {
        var lines = await RepeatAsync(
            store,
            "DELETE FROM task_log WHERE seq IN (SELECT seq FROM task_log ORDER BY seq LIMIT @step) AND at < @before",
            new { step = LogStep, before = Instant.ToMicroseconds(now - options.LogRetention) },
            cancellation);
        await RepeatAsync(
            store,
            "DELETE FROM task_cache WHERE key IN (SELECT key FROM task_cache WHERE expires <= @now ORDER BY expires LIMIT @step)",
            new { now = Instant.ToMicroseconds(now), step = RowStep },
            cancellation);
        await store.WriteAsync(
            async (connection, transaction) =>
            {
                await Backfills.ForgetAsync(connection, transaction, now - options.RunRetention);
                return await connection.ExecuteAsync(
                    "DELETE FROM pipeline_node WHERE state = 'gone' AND seen_at < @before AND id NOT IN (SELECT node FROM pipeline_leader)",
                    new { before = Instant.ToMicroseconds(now - NodeRetention) },
                    transaction);
            },
            WriteDurability.Process,
            cancellation);
        return lines;
    }

    /// <summary>Removes some of the oldest runs of a pipeline that the settings do not keep, with their tasks and logs; returns how many, zero where there are none.</summary>
    public static Task<int> ForgetRunsAsync(MetadataStore store, string pipeline, OrchestratorOptions options, DateTimeOffset now, CancellationToken cancellation) =>
        store.WriteAsync(
            async (connection, transaction) =>
            {
                var old = await OldRunsAsync(connection, transaction, pipeline, options, now);
                return old.Count == 0 ? 0 : await connection.ExecuteAsync(
                    $"DELETE FROM pipeline_run WHERE seq IN ({string.Join(',', old.Select(static s => s.ToString(CultureInfo.InvariantCulture)))})", transaction: transaction);
            },
            WriteDurability.Process,
            cancellation);

    /// <summary>The oldest of them, no more than one short transaction removes. A run whose parent waits for it stays.</summary>
    private static async Task<List<long>> OldRunsAsync(DbConnection connection, DbTransaction transaction, string pipeline, OrchestratorOptions options, DateTimeOffset now)
    {
        var rows = await connection.QueryAsync<(long Seq, long Tasks)>(
            """
            SELECT r.seq, (SELECT count(*) FROM pipeline_task t WHERE t.run = r.seq) FROM pipeline_run r
            WHERE r.pipeline = @pipeline
                AND r.seq < coalesce((SELECT seq FROM pipeline_run WHERE pipeline = @pipeline ORDER BY seq DESC LIMIT 1 OFFSET @shown), 0)
                AND ((r.state = 'success' AND (r.ended_at < @before
                        OR r.seq <= coalesce((SELECT seq FROM pipeline_run WHERE pipeline = @pipeline AND state = 'success' ORDER BY seq DESC LIMIT 1 OFFSET @kept), 0)))
                    OR (r.state IN ('failed', 'cancelled') AND (r.ended_at < @failedBefore
                        OR r.seq <= coalesce((SELECT seq FROM pipeline_run WHERE pipeline = @pipeline AND state IN ('failed', 'cancelled') ORDER BY seq DESC LIMIT 1 OFFSET @failedKept), 0))))
                AND (r.parent IS NULL OR NOT EXISTS (SELECT 1 FROM pipeline_run p WHERE p.id = r.parent AND p.state IN ('queued', 'running')))
            ORDER BY r.seq LIMIT @step
            """,
            new
            {
                pipeline,
                shown = AlwaysKept - 1,
                before = Instant.ToMicroseconds(now - options.RunRetention),
                kept = options.RunsKept,
                failedBefore = Instant.ToMicroseconds(now - options.FailedRunRetention),
                failedKept = options.FailedRunsKept,
                step = RunStep,
            },
            transaction);
        var taken = new List<long>();
        var tasks = 0L;
        foreach (var row in rows)
        {
            tasks += row.Tasks;
            if (taken.Count > 0 && tasks > TaskStep)
            {
                break;
            }

            taken.Add(row.Seq);
        }

        return taken;
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
