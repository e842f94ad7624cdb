using System.Data.Common;
using Dapper;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Pipelines;

/// <summary>
/// Makes the runs of pending repairs, inside a transaction of the caller's: in the order of their intervals, and as many at a time as the pipeline allows. What began to wait much later than the one
/// that waits longest comes after it, so that an interval which is touched all the time does not keep the quiet ones from their turn.
/// </summary>
/// <param name="options">How long a table must have been quiet.</param>
/// <param name="ids">Where runs' ids come from.</param>
internal sealed class RepairRuns(OrchestratorOptions options, IdSource ids)
{
    private const int MostRanges = 100;

    /// <summary>How many intervals beyond those that there is room for are looked at, in case that some are left out.</summary>
    private const int LookAhead = 200;

    /// <summary>Makes what is due. An interval that a run has seen by now is left out; one that is being run, or is not due yet, holds back those after it.</summary>
    public async Task<RepairStep> MakeAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, DateTimeOffset now)
    {
        var outlook = await PendingRanges.OutlookAsync(connection, transaction, pipeline.Name, options, now);
        if (outlook.IsEmpty || (await RunQueries.PipelineAsync(connection, pipeline.Name, transaction)).Paused != 0)
        {
            return RepairStep.Nothing;
        }

        var free = Limit(pipeline) - await connection.QuerySingleAsync<long>(
            "SELECT count(*) FROM pipeline_run WHERE pipeline = @name AND state IN ('queued', 'running') AND trigger = 'repair'", new { name = pipeline.Name }, transaction);
        if (free <= 0)
        {
            return RepairStep.Nothing;
        }

        var (made, after) = (new List<RunRow>(), new List<PendingRange>());
        var (open, more) = (true, false);
        IReadOnlyList<PendingRange> ranges = outlook.WaitsSince is { } since
            ? await PendingRanges.FirstAsync(connection, transaction, pipeline.Name, MostRanges, since + options.RepairSettlingLimit)
            : [];
        foreach (var range in ranges)
        {
            var rest = range;
            open &= made.Count < free && range.IsDue(options, now);
            if (open)
            {
                (rest, open, var unread) = await TakeAsync(connection, transaction, pipeline, range, made, free, now);
                more |= unread;
            }

            if (rest is not null)
            {
                after.Add(rest);
            }
        }

        await PendingRanges.ReplaceAsync(connection, transaction, pipeline.Name, ranges, after);

        // With room left, and all of these taken, it is the turn of what began to wait later.
        more |= open && outlook.Due > ranges.Count;
        return new RepairStep(made, more ? TimeSpan.Zero : outlook.NextDueAt - now);
    }

    /// <summary>How many repairs of a pipeline run at a time: what the strictest of its tables says.</summary>
    public static int Limit(PipelineDefinition pipeline) => pipeline.RepairedBy.Select(static r => r.MaxActiveRuns).DefaultIfEmpty(1).Min();

    /// <summary>Decides the next intervals of a range; returns what is left of it, whether to go on with the next range, and whether to come back at once.</summary>
    private async Task<(PendingRange? Left, bool GoOn, bool More)> TakeAsync(
        DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, PendingRange range, List<RunRow> made, long free, DateTimeOffset now)
    {
        var most = (int)Math.Min(free - made.Count + LookAhead, 1000);
        var intervals = pipeline.Timetable!.Between(range.Start, range.End).TakeWhile(i => i.End <= range.End).Take(most).ToList();
        if (intervals.Count == 0)
        {
            return (null, true, false);
        }

        var runs = await IntervalRuns.ReadAsync(connection, transaction, pipeline, [new EventSpan(intervals[0].Start, intervals[^1].End)]);
        foreach (var interval in intervals)
        {
            var cause = range.Cause.Within(interval.Start, interval.End);
            if (cause.All.All(c => runs.Sees(interval, c)))
            {
                continue;
            }

            if (runs.IsActive(interval) || made.Count == free)
            {
                return (range.Part(interval.Start, range.End), false, false);
            }

            var row = RunWrites.NewRun(pipeline, ids.NewId(), RunTrigger.Repair, interval.Start, interval, now);
            row.Cause = cause.Write();
            made.Add(await RunWrites.InsertAsync(connection, transaction, pipeline, row));
        }

        return intervals.Count < most || intervals[^1].End == range.End
            ? (null, true, false)
            : (range.Part(intervals[^1].End, range.End), false, true);
    }
}

/// <summary>What was made of pending repairs.</summary>
/// <param name="Made">The runs.</param>
/// <param name="Pause">How long nothing further is due; null for until something changes.</param>
internal sealed record RepairStep(IReadOnlyList<RunRow> Made, TimeSpan? Pause)
{
    public static RepairStep Nothing { get; } = new([], null);
}
