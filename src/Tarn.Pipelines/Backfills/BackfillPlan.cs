namespace Tarn.Pipelines;

/// <summary>Which data intervals a backfill runs. A pure function, which touches ranges and not each interval.</summary>
internal sealed class BackfillPlan
{
    private readonly Timetable _timetable;
    private readonly BackfillRequest _request;
    private readonly List<DataInterval> _active;
    private readonly List<(DateTimeOffset Start, DateTimeOffset End)> _spans = [];
    private IntervalCounts _toRun = IntervalCounts.Zero;
    private IntervalCounts _leftOut = IntervalCounts.Zero;
    private int _nextActive;

    private BackfillPlan(Timetable timetable, BackfillRequest request, List<DataInterval> active)
    {
        _timetable = timetable;
        _request = request;
        _active = active;
    }

    /// <summary>Decides.</summary>
    /// <param name="timetable">The pipeline's timetable.</param>
    /// <param name="ranges">What became of the intervals before: the ranges that overlap the span, in order.</param>
    /// <param name="active">The data intervals of runs that have not ended, in any order; what is no interval of the timetable counts for none.</param>
    /// <param name="request">What is to be run.</param>
    /// <param name="now">The moment: intervals that have not ended by then are left out.</param>
    public static BackfillPreview Make(
        Timetable timetable, IReadOnlyList<IntervalRange> ranges, IEnumerable<DataInterval> active, BackfillRequest request, DateTimeOffset now)
    {
        var notEnded = IntervalFit.FirstNotEnded(timetable, now);
        var first = notEnded is { } next && next.Start >= request.From ? notEnded : timetable.StartingAtOrAfter(request.From);
        first = notEnded is null || first is null || first.Value.Start >= request.To ? null : first;
        var end = notEnded is { } open && open.Start < request.To ? open.Start : request.To;
        var plan = new BackfillPlan(timetable, request, ActiveOnes(timetable, active, request.From, end));
        plan.Sweep(ranges, end);
        var spans = plan._spans.ConvertAll(s => new IntervalSpan(
            timetable.StartingAtOrAfter(s.Start)!.Value.Start, timetable.LastStartingBefore(s.End)!.Value.End, timetable.Count(s.Start, s.End)));
        return new BackfillPreview(
            request.Pipeline,
            request.From,
            request.To,
            request.Reprocess,
            plan._toRun,
            plan._leftOut,
            plan._active.Count,
            first,
            spans.Count == 0 ? null : timetable.StartingAtOrAfter(spans[0].Start),
            spans.Count == 0 ? null : timetable.LatestComplete(spans[^1].End),
            spans);
    }

    private static List<DataInterval> ActiveOnes(Timetable timetable, IEnumerable<DataInterval> active, DateTimeOffset from, DateTimeOffset to) =>
        [.. active.Where(a => a.Start >= from && a.Start < to).Distinct().Where(a => timetable.StartingAtOrAfter(a.Start) == a).OrderBy(static a => a.Start)];

    /// <summary>Takes the spans of each state, and of none, one after the other.</summary>
    private void Sweep(IReadOnlyList<IntervalRange> ranges, DateTimeOffset to)
    {
        var at = _request.From;
        foreach (var range in ranges)
        {
            if (IntervalFit.Of(_timetable, range.Start, range.End) is not var (start, end))
            {
                continue;
            }

            (start, end) = (start > at ? start : at, end < to ? end : to);
            if (start < end)
            {
                Take(IntervalState.None, at, start);
                Take(range.State, start, end);
                at = end;
            }
        }

        Take(IntervalState.None, at, to);
    }

    /// <summary>Takes the intervals of one state that start in a span, less those that have active runs.</summary>
    private void Take(IntervalState state, DateTimeOffset from, DateTimeOffset to)
    {
        for (; _nextActive < _active.Count && _active[_nextActive].Start < to; _nextActive++)
        {
            var active = _active[_nextActive];
            TakeAll(state, from, active.Start);
            from = active.End;
        }

        TakeAll(state, from, to);
    }

    private void TakeAll(IntervalState state, DateTimeOffset from, DateTimeOffset to)
    {
        var count = from < to ? _timetable.Count(from, to) : 0;
        if (count == 0)
        {
            return;
        }

        if (!_request.Reprocess.Takes(state))
        {
            _leftOut = _leftOut.Plus(state, count);
            return;
        }

        _toRun = _toRun.Plus(state, count);
        if (_spans.Count > 0 && (_spans[^1].End == from || _timetable.Count(_spans[^1].End, from) == 0))
        {
            _spans[^1] = (_spans[^1].Start, to);
        }
        else
        {
            _spans.Add((from, to));
        }
    }
}
