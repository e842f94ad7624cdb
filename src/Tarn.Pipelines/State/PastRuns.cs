using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Runs that wait for the one of the interval before theirs.</summary>
internal static class PastRuns
{
    /// <summary>Whether a queued run has to wait: a task that depends on its past has not succeeded, nor been skipped, in the run of the interval before.</summary>
    public static async Task<bool> HoldsBackAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, RunRow run)
    {
        if (pipeline.Schedule is not { } schedule || pipeline.Tasks.All(static t => !t.DependsOnPast) || schedule.LatestComplete(run.Interval.Start) is not { } before)
        {
            return false;
        }

        var last = await connection.QueryFirstOrDefaultAsync<RunRow>(
            $"SELECT {RunRow.Columns} FROM pipeline_run WHERE pipeline = @pipeline AND interval_start = @start AND interval_end = @end AND seq <> @seq ORDER BY seq DESC LIMIT 1",
            new { pipeline = pipeline.Name, start = Instant.ToMicroseconds(before.Start), end = Instant.ToMicroseconds(before.End), seq = run.Seq },
            transaction);
        if (last is null)
        {
            return false;
        }

        var names = pipeline.Tasks.Where(static t => t.DependsOnPast).Select(static t => t.Name).ToHashSet(StringComparer.Ordinal);
        return (await RunQueries.TasksAsync(connection, last.Seq, transaction)).Any(t => names.Contains(t.Name) && t.State is not ("success" or "skipped"));
    }
}
