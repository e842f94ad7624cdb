namespace Tarn;

/// <summary>What a backfill is asked for with.</summary>
/// <param name="From">The first instant at which an interval of it may start, ISO 8601, UTC unless an offset is given.</param>
/// <param name="To">The first instant at which none may start any more.</param>
/// <param name="Reprocess">Which intervals are run: none (only those of which no run has ended), failed (also those whose latest run failed or was cancelled) or completed (all); default none.</param>
/// <param name="MaxActiveRuns">How many of its runs may be active at a time, whatever the pipeline's own limit says; 1 to 1,000, default 10.</param>
/// <param name="RunBackwards">Whether the latest interval is run first; default false.</param>
/// <param name="DryRun">Whether to say what it would do, and do nothing; default false.</param>
internal sealed record BackfillBody(string? From, string? To, string? Reprocess = null, int? MaxActiveRuns = null, bool? RunBackwards = null, bool? DryRun = null);

/// <summary>A backfill and how far it has come. State is running, paused, success, failed or cancelled.</summary>
internal sealed record BackfillView(
    string Id,
    string Pipeline,
    DateTimeOffset From,
    DateTimeOffset To,
    string Reprocess,
    int MaxActiveRuns,
    bool RunBackwards,
    string State,
    long Total,
    long Made,
    long LeftOut,
    long Active,
    long Remaining,
    long Succeeded,
    long Failed,
    long Cancelled,
    DateTimeOffset CreatedAt,
    DateTimeOffset? EndedAt);

/// <summary>What a backfill would do.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="From">The first instant at which an interval of it may start.</param>
/// <param name="To">The first instant at which none may start any more.</param>
/// <param name="Reprocess">Which intervals are run.</param>
/// <param name="Total">How many it runs.</param>
/// <param name="ToRun">Those, by what became of them before.</param>
/// <param name="LeftOut">Those that it leaves out because of what became of them before.</param>
/// <param name="Active">How many it leaves out because a run of them has not ended.</param>
/// <param name="FirstNotEnded">The first interval that it leaves out because that has not ended, with all after it; else null.</param>
/// <param name="First">The first that it runs, in time.</param>
/// <param name="Last">The last that it runs, in time.</param>
/// <param name="SpanCount">How many spans of intervals in a row it runs.</param>
/// <param name="Spans">The first thousand of them.</param>
internal sealed record BackfillPreviewView(
    string Pipeline,
    DateTimeOffset From,
    DateTimeOffset To,
    string Reprocess,
    long Total,
    IntervalCountsView ToRun,
    IntervalCountsView LeftOut,
    long Active,
    IntervalView? FirstNotEnded,
    IntervalView? First,
    IntervalView? Last,
    int SpanCount,
    IReadOnlyList<IntervalSpanView> Spans)
{
    /// <summary>How many spans are listed at most.</summary>
    public const int MostSpans = 1000;
}

/// <summary>Data intervals one after the other.</summary>
internal sealed record IntervalSpanView(DateTimeOffset Start, DateTimeOffset End, long Intervals);
