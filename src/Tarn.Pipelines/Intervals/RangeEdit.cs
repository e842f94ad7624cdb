namespace Tarn.Pipelines;

/// <summary>What becomes of ranges when intervals in their midst get another state. A pure function.</summary>
internal static class RangeEdit
{
    /// <summary>Puts intervals of one state over ranges: cuts those that they lie in, and joins neighbours that are alike.</summary>
    /// <param name="timetable">Counts what is left of ranges that are cut.</param>
    /// <param name="ranges">The ranges that overlap or touch, in order.</param>
    /// <param name="span">The intervals, from the start of the first to the end of the last.</param>
    /// <param name="state">Their state; <see cref="IntervalState.None"/> removes them.</param>
    public static List<IntervalRange> Put(Timetable timetable, IReadOnlyList<IntervalRange> ranges, IntervalSpan span, IntervalState state)
    {
        var result = new List<IntervalRange>(ranges.Count + 2);
        var put = state == IntervalState.None;
        foreach (var range in ranges)
        {
            if (range.Start < span.Start)
            {
                Add(timetable, result, Before(timetable, range, span.Start));
            }

            if (!put && range.End > span.Start)
            {
                Add(timetable, result, new IntervalRange(state, span.Start, span.End, span.Intervals));
                put = true;
            }

            if (range.End > span.End)
            {
                Add(timetable, result, After(timetable, range, span.End));
            }
        }

        if (!put)
        {
            Add(timetable, result, new IntervalRange(state, span.Start, span.End, span.Intervals));
        }

        return result;
    }

    private static IntervalRange? Before(Timetable timetable, IntervalRange range, DateTimeOffset end) =>
        range.End <= end ? range : Cut(range, IntervalFit.Counted(timetable, range.Start, end));

    private static IntervalRange? After(Timetable timetable, IntervalRange range, DateTimeOffset start) =>
        range.Start >= start ? range : Cut(range, IntervalFit.Counted(timetable, start, range.End));

    private static IntervalRange? Cut(IntervalRange range, IntervalSpan? left) => left is null ? null : range with { Start = left.Start, End = left.End, Intervals = left.Intervals };

    private static void Add(Timetable timetable, List<IntervalRange> ranges, IntervalRange? range)
    {
        if (range is null)
        {
            return;
        }

        if (ranges.Count > 0 && ranges[^1] is var last && last.State == range.State && IntervalFit.Touch(timetable, last.End, range.Start))
        {
            ranges[^1] = last with { End = range.End, Intervals = last.Intervals + range.Intervals };
        }
        else
        {
            ranges.Add(range);
        }
    }
}
