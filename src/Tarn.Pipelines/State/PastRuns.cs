using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Runs that wait for the one of the interval before theirs.</summary>
internal static class PastRuns
{
    /// <summary>Whether a queued run has to wait: a task that depends on its past has not succeeded, nor been skipped, in the run of the interval before. Of a sub-pipeline that is the run which the same tasks called.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transaction">The caller's.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="run">The run.</param>
    /// <param name="faults">Hears of a timetable that cannot be asked which run came before: then the run waits until it can.</param>
    public static async Task<bool> HoldsBackAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, RunRow run, ICollection<TimetableException> faults)
    {
        if (pipeline.Timetable is not { } timetable || pipeline.Tasks.All(static t => !t.DependsOnPast))
        {
            return false;
        }

        DataInterval before;
        try
        {
            if (timetable.LatestComplete(run.Interval.Start) is not { } one)
            {
                return false;
            }

            before = one;
        }
        catch (TimetableException fault)
        {
            faults.Add(fault);
            return true;
        }

        var last = await connection.QueryFirstOrDefaultAsync<RunRow>(
            $"SELECT {RunRow.Columns} FROM pipeline_run WHERE pipeline = @pipeline AND interval_start = @start AND interval_end = @end AND coalesce(callers, '') = @callers AND seq <> @seq ORDER BY seq DESC LIMIT 1",
            new { pipeline = pipeline.Name, start = Instant.ToMicroseconds(before.Start), end = Instant.ToMicroseconds(before.End), callers = run.Callers ?? "", seq = run.Seq },
            transaction);
        if (last is null)
        {
            return false;
        }

        var names = pipeline.Tasks.Where(static t => t.DependsOnPast).Select(static t => t.Name).ToHashSet(StringComparer.Ordinal);
        return (await RunQueries.TasksAsync(connection, last.Seq, transaction)).Any(t => names.Contains(t.Name) && t.State is not ("success" or "skipped"));
    }
}
