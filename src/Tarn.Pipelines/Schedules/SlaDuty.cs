using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Tells of runs that have not succeeded in the time that their pipelines' SLAs give them: each run once.</summary>
internal sealed class SlaDuty(Orchestrator orchestrator, TimeProvider time) : LeaderDuty
{
    public override async Task<TimeSpan?> TurnAsync(CancellationToken cancellation)
    {
        TimeSpan? next = null;
        foreach (var pipeline in orchestrator.Pipelines.Pipelines.Where(static p => p.Sla is not null))
        {
            var now = time.GetUtcNow();
            var waiting = await orchestrator.ReadStateAsync(
                async connection => (await connection.QueryAsync<RunRow>(
                    $"SELECT {RunRow.Columns} FROM pipeline_run WHERE pipeline = @name AND state IN ('queued', 'running') AND sla_missed = 0", new { name = pipeline.Name })).AsList(),
                cancellation);
            var late = waiting.Where(r => DueAt(r, pipeline) <= now).Select(static r => r.Seq).ToList();
            if (late.Count > 0)
            {
                await orchestrator.WriteAsLeaderAsync((connection, transaction) => MissAsync(connection, transaction, pipeline, late), cancellation);
            }

            foreach (var left in waiting.Where(r => !late.Contains(r.Seq)).Select(r => DueAt(r, pipeline) - now))
            {
                next = next < left ? next : left;
            }
        }

        return next;
    }

    /// <summary>A run for an interval long past has its time from when it was made.</summary>
    private static DateTimeOffset DueAt(RunRow run, PipelineDefinition pipeline) =>
        Instant.FromMicroseconds(Math.Max(run.IntervalEnd, run.QueuedAt)) + pipeline.Sla!.Value;

    private async Task<int> MissAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, List<long> late)
    {
        var missed = 0;
        foreach (var seq in late)
        {
            var run = await connection.QuerySingleOrDefaultAsync<RunRow>(
                $"SELECT {RunRow.Columns} FROM pipeline_run WHERE seq = @seq AND state IN ('queued', 'running') AND sla_missed = 0", new { seq }, transaction);
            if (run is not null)
            {
                await connection.ExecuteAsync("UPDATE pipeline_run SET sla_missed = 1 WHERE seq = @seq", new { seq }, transaction);
                await orchestrator.SlaMissedAsync(connection, transaction, pipeline, run);
                missed++;
            }
        }

        return missed;
    }
}
