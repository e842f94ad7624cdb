namespace Tarn.Streams;

/// <summary>What a sink did with a batch.</summary>
/// <param name="Committed">The offset that the sink will want next.</param>
/// <param name="Records">The records written, those that changed nothing included.</param>
/// <param name="Quarantined">The records put into quarantine.</param>
/// <param name="AlreadyApplied">Whether the whole batch was there already, so that nothing was done.</param>
public sealed record SinkResult(long Committed, long Records, long Quarantined, bool AlreadyApplied)
{
    /// <summary>What the sink counts besides, by name: <c>inserted</c>, <c>updated</c>, <c>unchanged</c>, <c>stale</c> for keyed tables.</summary>
    public IReadOnlyDictionary<string, long> Counts { get; init; } = new Dictionary<string, long>();

    /// <summary>The result for a batch that was there already.</summary>
    /// <param name="committed">What the sink has committed.</param>
    public static SinkResult Nothing(long committed) => new(committed, 0, 0, AlreadyApplied: true);
}
