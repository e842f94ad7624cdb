using System.Data.Common;
using Dapper;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Pipelines;

/// <summary>Chooses which of a pipeline's pending intervals are repaired now, and makes their runs.</summary>
/// <param name="connection">The connection.</param>
/// <param name="transaction">The caller's transaction.</param>
/// <param name="pipeline">The pipeline.</param>
/// <param name="options">How long a table must have been quiet.</param>
/// <param name="ids">Where runs' ids come from.</param>
/// <param name="free">How many runs may be made.</param>
/// <param name="now">The moment.</param>
internal sealed class RepairTurn(
    DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, OrchestratorOptions options, IdSource ids, long free, DateTimeOffset now)
{
    private const int RangesPerPage = 100;

    /// <summary>How many intervals beyond those that there is room for are looked at, in case that some are left out.</summary>
    private const int LookAhead = 200;

    private readonly List<RunRow> _made = [];
    private readonly List<PendingRange> _before = [];
    private readonly List<PendingRange> _after = [];
    private readonly List<PendingRange> _yielding = [];
    private bool _more;

    /// <summary>The runs that were made.</summary>
    public IReadOnlyList<RunRow> Made => _made;

    /// <summary>Makes the runs; returns whether to come back at once.</summary>
    /// <param name="since">Since when the interval that is due and waits longest has been waiting.</param>
    public async Task<bool> TakeAsync(DateTimeOffset since)
    {
        var open = await TakeInOrderAsync(since);
        foreach (var range in _yielding.ToList())
        {
            if (open)
            {
                open = await TakeAsync(range, []);
            }
            else
            {
                _after.Add(range);
            }
        }

        await PendingRanges.ReplaceAsync(connection, transaction, pipeline.Name, _before, _after);
        return _more;
    }

    /// <summary>Takes all intervals in order but those that yield; returns whether it came to the last one.</summary>
    private async Task<bool> TakeInOrderAsync(DateTimeOffset since)
    {
        for (var from = DateTimeOffset.MinValue; ;)
        {
            var page = await PendingRanges.ListAsync(connection, transaction, pipeline.Name, from, DateTimeOffset.MaxValue, RangesPerPage);
            if (page.Count == 0)
            {
                return true;
            }

            var repaired = await RepairedSinceAsync(page[0].Start, page[^1].End, since);
            foreach (var range in page)
            {
                if (!range.IsDue(options, now))
                {
                    if (!pipeline.Timetable!.Between(range.Start, range.End).All(i => repaired.Contains(i.Start)))
                    {
                        return false;
                    }

                    continue;
                }

                _before.Add(range);
                if (!await TakeAsync(range, repaired))
                {
                    return false;
                }
            }

            from = page[^1].End;
        }
    }

    /// <summary>The starts of the intervals of which repairs were made after a moment.</summary>
    private async Task<HashSet<DateTimeOffset>> RepairedSinceAsync(DateTimeOffset from, DateTimeOffset to, DateTimeOffset since) =>
    [
        .. (await connection.QueryAsync<long>(
            "SELECT DISTINCT interval_start FROM pipeline_run WHERE pipeline = @name AND interval_start >= @from AND interval_start < @to AND trigger = 'repair' AND queued_at > @since",
            new { name = pipeline.Name, from = Instant.ToMicroseconds(from), to = Instant.ToMicroseconds(to), since = Instant.ToMicroseconds(since) },
            transaction)).Select(Instant.FromMicroseconds),
    ];

    /// <summary>Decides the next intervals of a range; returns whether to go on with the next range.</summary>
    private async Task<bool> TakeAsync(PendingRange range, HashSet<DateTimeOffset> repaired)
    {
        var most = (int)Math.Min(free - _made.Count + LookAhead, 1000);
        var intervals = pipeline.Timetable!.Between(range.Start, range.End).TakeWhile(i => i.End <= range.End).Take(most).ToList();
        if (intervals.Count == 0)
        {
            return true;
        }

        var runs = await IntervalRuns.ReadAsync(connection, transaction, pipeline, [new EventSpan(intervals[0].Start, intervals[^1].End)]);
        foreach (var interval in intervals)
        {
            var cause = range.Cause.Within(interval.Start, interval.End);
            if (cause.All.All(c => runs.Sees(interval, c)))
            {
                continue;
            }

            if (repaired.Contains(interval.Start))
            {
                _yielding.Add(range.Part(interval.Start, interval.End));
                continue;
            }

            if (runs.IsActive(interval) || _made.Count == free)
            {
                _after.Add(range.Part(interval.Start, range.End));
                return false;
            }

            var row = RunWrites.NewRun(pipeline, ids.NewId(), RunTrigger.Repair, interval.Start, interval, now);
            row.Cause = cause.Write();
            _made.Add(await RunWrites.InsertAsync(connection, transaction, pipeline, row));
        }

        if (intervals.Count < most || intervals[^1].End == range.End)
        {
            return true;
        }

        _after.Add(range.Part(intervals[^1].End, range.End));
        _more = true;
        return false;
    }
}
