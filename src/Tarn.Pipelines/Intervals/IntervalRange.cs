namespace Tarn.Pipelines;

/// <summary>Data intervals one after the other whose latest runs ended alike.</summary>
/// <param name="State">How they ended.</param>
/// <param name="Start">The start of the first.</param>
/// <param name="End">The end of the last.</param>
/// <param name="Intervals">How many they are.</param>
public sealed record IntervalRange(IntervalState State, DateTimeOffset Start, DateTimeOffset End, long Intervals);

/// <summary>Data intervals one after the other.</summary>
/// <param name="Start">The start of the first.</param>
/// <param name="End">The end of the last.</param>
/// <param name="Intervals">How many they are.</param>
public sealed record IntervalSpan(DateTimeOffset Start, DateTimeOffset End, long Intervals);

/// <summary>Numbers of data intervals by state.</summary>
/// <param name="None">Those of which no run has ended.</param>
/// <param name="Success">Those whose latest run ended in success.</param>
/// <param name="Failed">Those whose latest run failed.</param>
/// <param name="Cancelled">Those whose latest run was cancelled.</param>
public sealed record IntervalCounts(long None, long Success, long Failed, long Cancelled)
{
    /// <summary>None at all.</summary>
    public static IntervalCounts Zero { get; } = new(0, 0, 0, 0);

    /// <summary>All of them.</summary>
    public long Total => None + Success + Failed + Cancelled;

    internal IntervalCounts Plus(IntervalState state, long intervals) => state switch
    {
        IntervalState.Success => this with { Success = Success + intervals },
        IntervalState.Failed => this with { Failed = Failed + intervals },
        IntervalState.Cancelled => this with { Cancelled = Cancelled + intervals },
        _ => this with { None = None + intervals },
    };
}
