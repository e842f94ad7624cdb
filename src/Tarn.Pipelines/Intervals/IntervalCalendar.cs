namespace Tarn.Pipelines;

/// <summary>Days and what became of their data intervals, computed from ranges without touching each interval. A pure function.</summary>
internal static class IntervalCalendar
{
    /// <summary>The days of a time zone, in order; a day that the zone left out is not among them.</summary>
    /// <param name="timetable">The pipeline's timetable.</param>
    /// <param name="ranges">Its ranges that overlap the days, in order.</param>
    /// <param name="first">The first day.</param>
    /// <param name="last">The last day.</param>
    /// <param name="zone">Whose days they are; where null, the timetable's.</param>
    /// <param name="now">The moment.</param>
    public static IReadOnlyList<CalendarDay> Days(
        Timetable timetable, IReadOnlyList<IntervalRange> ranges, DateOnly first, DateOnly last, TimeZoneInfo? zone, DateTimeOffset now)
    {
        var fits = Fits(timetable, ranges);
        var notEnded = IntervalFit.FirstNotEnded(timetable, now)?.Start ?? DateTimeOffset.MaxValue;
        var days = new List<CalendarDay>(Math.Max(0, last.DayNumber - first.DayNumber + 1));
        var next = 0;
        foreach (var (date, from, to) in Bounds(new WallClock(zone ?? timetable.TimeZone), first, last))
        {
            while (next < fits.Count && fits[next].End <= from)
            {
                next++;
            }

            var all = timetable.Count(from, to);
            var later = to <= notEnded ? 0 : from >= notEnded ? all : timetable.Count(notEnded, to);
            var counts = IntervalCounts.Zero;
            for (var i = next; i < fits.Count && fits[i].Start < to; i++)
            {
                var (start, end) = (fits[i].Start > from ? fits[i].Start : from, fits[i].End < to ? fits[i].End : to);
                counts = counts.Plus(fits[i].State, start == from && end == to ? all : timetable.Count(start, end));
            }

            days.Add(new CalendarDay(date, all, counts.Success, counts.Failed, counts.Cancelled, all - later - counts.Total, later));
        }

        return days;
    }

    /// <summary>The span of instants that the days take, for asking for their ranges.</summary>
    public static (DateTimeOffset From, DateTimeOffset To) Span(TimeZoneInfo zone, DateOnly first, DateOnly last)
    {
        var clock = new WallClock(zone);
        return (Begins(clock, first) ?? Midnight(first), Begins(clock, last.AddDays(1)) ?? Midnight(last.AddDays(2)));
    }

    /// <summary>Each range as the span in which all starts are those of its intervals.</summary>
    private static List<IntervalRange> Fits(Timetable timetable, IReadOnlyList<IntervalRange> ranges)
    {
        var fits = new List<IntervalRange>(ranges.Count);
        foreach (var range in ranges)
        {
            if (IntervalFit.Of(timetable, range.Start, range.End) is var (start, end))
            {
                fits.Add(range with { Start = start, End = end });
            }
        }

        return fits;
    }

    private static IEnumerable<(DateOnly Date, DateTimeOffset From, DateTimeOffset To)> Bounds(WallClock clock, DateOnly first, DateOnly last)
    {
        (DateOnly Date, DateTimeOffset From)? open = null;
        for (var date = first; date <= last.AddDays(2); date = date.AddDays(1))
        {
            if (Begins(clock, date) is not { } begins)
            {
                continue;
            }

            if (open is var (day, from))
            {
                yield return (day, from, begins);
            }

            if (date > last)
            {
                break;
            }

            open = (date, begins);
        }
    }

    private static DateTimeOffset? Begins(WallClock clock, DateOnly date) => clock.FirstAt(Midnight(date));

    private static DateTimeOffset Midnight(DateOnly date) => new(date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
}
