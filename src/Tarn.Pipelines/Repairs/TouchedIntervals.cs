using System.Data.Common;
using Tarn.Lake;

namespace Tarn.Pipelines;

/// <summary>Which of a pipeline's data intervals commits concern: those that have been run, end within the horizon, and hold event times that were touched.</summary>
internal static class TouchedIntervals
{
    /// <summary>The stretches of the intervals that have been run, or are being run, and end at the horizon or later.</summary>
    public static async Task<List<EventSpan>> ProcessedAsync(DbConnection connection, DbTransaction? transaction, string pipeline, Timetable timetable, DateTimeOffset horizon)
    {
        if (FirstWithin(timetable, horizon) is not { } first)
        {
            return [];
        }

        var ranges = await IntervalStates.ListAsync(connection, transaction, pipeline, first, DateTimeOffset.MaxValue);
        var spans = ranges.Select(r => IntervalFit.Of(timetable, Spans.Later(r.Start, first), r.End)).OfType<(DateTimeOffset Start, DateTimeOffset End)>().Select(static s => new EventSpan(s.Start, s.End));
        var active = (await IntervalRuns.ActiveAsync(connection, transaction, pipeline)).Where(i => i.Start >= first && timetable.StartingAtOrAfter(i.Start) == i);
        return Spans.Union(spans.Concat(active.Select(static i => new EventSpan(i.Start, i.End))));
    }

    /// <summary>Those intervals of some stretches, which begin and end with one, in which touched times lie.</summary>
    public static List<EventSpan> Of(Timetable timetable, IReadOnlyList<EventSpan> processed, IReadOnlyList<EventSpan> touched)
    {
        var found = new List<EventSpan>();
        foreach (var span in Spans.Intersect(processed, touched))
        {
            var first = timetable.Containing(span.Start) ?? timetable.StartingAtOrAfter(span.Start);
            if (first is { } from && from.Start < span.End && timetable.LastStartingBefore(span.End) is { } last)
            {
                found.Add(new EventSpan(from.Start, last.End));
            }
        }

        return Spans.Union(found);
    }

    /// <summary>The start of the first interval that ends at an instant or later.</summary>
    private static DateTimeOffset? FirstWithin(Timetable timetable, DateTimeOffset horizon) =>
        timetable.LatestComplete(horizon) is { } last && last.End == horizon ? last.Start : IntervalFit.FirstNotEnded(timetable, horizon)?.Start;
}
