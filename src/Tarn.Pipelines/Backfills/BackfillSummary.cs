namespace Tarn.Pipelines;

/// <summary>A backfill and how far it has come.</summary>
/// <param name="Id">Its id; ids sort by the time at which the backfills were made.</param>
/// <param name="Pipeline">The pipeline's name.</param>
/// <param name="From">The first instant at which an interval of it may start.</param>
/// <param name="To">The first instant at which none may start any more.</param>
/// <param name="Reprocess">Which intervals are run, by what became of them before.</param>
/// <param name="MaxActiveRuns">How many of its runs may be active at a time.</param>
/// <param name="RunBackwards">Whether the latest interval is run first.</param>
/// <param name="State">Where it is.</param>
/// <param name="Total">How many intervals it is to run.</param>
/// <param name="Made">How many runs it has made.</param>
/// <param name="LeftOut">How many intervals it left out when their turn came, because another run had them by then.</param>
/// <param name="Succeeded">How many of its runs ended in success.</param>
/// <param name="Failed">How many of its runs failed.</param>
/// <param name="Cancelled">How many of its runs were cancelled.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="EndedAt">When it ended, or null before that.</param>
public sealed record BackfillSummary(
    string Id,
    string Pipeline,
    DateTimeOffset From,
    DateTimeOffset To,
    ReprocessBehavior Reprocess,
    int MaxActiveRuns,
    bool RunBackwards,
    BackfillState State,
    long Total,
    long Made,
    long LeftOut,
    long Succeeded,
    long Failed,
    long Cancelled,
    DateTimeOffset CreatedAt,
    DateTimeOffset? EndedAt)
{
    /// <summary>How many of its runs have not ended.</summary>
    public long Active => Made - Succeeded - Failed - Cancelled;

    /// <summary>How many intervals wait for their turn.</summary>
    public long Remaining => Total - Made - LeftOut;

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => State is not (BackfillState.Running or BackfillState.Paused);
}

/// <summary>What a backfill would do: the answer to a dry run, and what a new one does.</summary>
/// <param name="Pipeline">The pipeline's name.</param>
/// <param name="From">The first instant at which an interval of it may start.</param>
/// <param name="To">The first instant at which none may start any more.</param>
/// <param name="Reprocess">Which intervals are run, by what became of them before.</param>
/// <param name="ToRun">The intervals that it runs, by what became of them before.</param>
/// <param name="LeftOut">The intervals that it leaves out because of what became of them before.</param>
/// <param name="Active">The intervals that it leaves out because a run of them has not ended.</param>
/// <param name="FirstNotEnded">The first interval that it leaves out because the interval has not ended, with all after it; null where there is none such.</param>
/// <param name="First">The first interval that it runs, in time; null where it runs none.</param>
/// <param name="Last">The last interval that it runs, in time; null where it runs none.</param>
/// <param name="Spans">The intervals that it runs, in order.</param>
public sealed record BackfillPreview(
    string Pipeline,
    DateTimeOffset From,
    DateTimeOffset To,
    ReprocessBehavior Reprocess,
    IntervalCounts ToRun,
    IntervalCounts LeftOut,
    long Active,
    DataInterval? FirstNotEnded,
    DataInterval? First,
    DataInterval? Last,
    IReadOnlyList<IntervalSpan> Spans)
{
    /// <summary>How many intervals it runs.</summary>
    public long Total => ToRun.Total;
}
