namespace Tarn;

/// <summary>Days, and what became of the data intervals that start on them.</summary>
internal sealed record CalendarView(IReadOnlyList<CalendarDayView> Days);

/// <summary>A day. The five numbers after the total add up to it; none counts those that have ended, and of which no run has.</summary>
internal sealed record CalendarDayView(DateOnly Date, long Total, long Success, long Failed, long Cancelled, long None, long NotEnded);

/// <summary>What became of the data intervals in a span, as ranges.</summary>
internal sealed record IntervalsView(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<IntervalRangeView> Ranges, IntervalCountsView Counts);

/// <summary>Data intervals one after the other whose latest runs ended alike.</summary>
internal sealed record IntervalRangeView(DateTimeOffset Start, DateTimeOffset End, string State, long Intervals);

/// <summary>Numbers of data intervals by what became of them.</summary>
internal sealed record IntervalCountsView(long None, long Success, long Failed, long Cancelled, long Total);

/// <summary>A process that runs pipelines; state is alive or gone.</summary>
internal sealed record NodeView(string Id, string Name, string State, bool Leader, int Slots, int Running, DateTimeOffset StartedAt, DateTimeOffset SeenAt);
