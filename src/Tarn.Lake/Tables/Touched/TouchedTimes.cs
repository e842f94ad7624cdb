namespace Tarn.Lake;

/// <summary>
/// Which event times a commit touched: those of the rows that it inserted, removed, or changed (before and after). Nothing outside of the spans was touched; within them more
/// may be said than was.
/// </summary>
/// <param name="Spans">The spans, ascending and apart from each other; their ends lie on the table's grain (property <c>tarn.eventTimeGrain</c>, a minute by default).</param>
/// <param name="HasNulls">Whether rows without an event time were touched.</param>
/// <param name="IsCoarse">Whether spans are wider than the grain makes them: told by files' statistics, or joined because there were too many.</param>
public sealed record TouchedTimes(IReadOnlyList<EventSpan> Spans, bool HasNulls, bool IsCoarse)
{
    /// <summary>No row was touched.</summary>
    public static TouchedTimes Nothing { get; } = new([], false, false);

    /// <summary>Whether no row was touched.</summary>
    public bool IsNothing => Spans.Count == 0 && !HasNulls;
}
