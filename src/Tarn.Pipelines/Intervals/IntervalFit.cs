namespace Tarn.Pipelines;

/// <summary>
/// The data intervals of a timetable that lie wholly in a span. State is kept by span: where the timetable has changed since, what was kept speaks of those of today's intervals that it
/// covers, and of no others.
/// </summary>
internal static class IntervalFit
{
    /// <summary>The span from the first to the last of them; null where none lies in it.</summary>
    public static (DateTimeOffset Start, DateTimeOffset End)? Of(Timetable timetable, DateTimeOffset from, DateTimeOffset to) =>
        from < to && timetable.StartingAtOrAfter(from) is { } first && first.End <= to && timetable.LatestComplete(to) is { } last ? (first.Start, last.End) : null;

    /// <summary>The same, counted.</summary>
    public static IntervalSpan? Counted(Timetable timetable, DateTimeOffset from, DateTimeOffset to) =>
        Of(timetable, from, to) is var (start, end) ? new IntervalSpan(start, end, timetable.Count(start, end)) : null;

    /// <summary>The first interval that has not ended at a moment; null where all have.</summary>
    public static DataInterval? FirstNotEnded(Timetable timetable, DateTimeOffset now) =>
        timetable.LatestComplete(now) is { } last ? timetable.Following(last) : timetable.StartingAtOrAfter(DateTimeOffset.MinValue);

    /// <summary>Whether no interval lies between the end of one span and the start of a later one.</summary>
    public static bool Touch(Timetable timetable, DateTimeOffset end, DateTimeOffset start) =>
        end == start || (timetable.LatestComplete(start) is { } between && between.End <= end);
}
