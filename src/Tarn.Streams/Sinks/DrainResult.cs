namespace Tarn.Streams;

/// <summary>What a drain moved.</summary>
/// <param name="Records">The records written, those that changed nothing included.</param>
/// <param name="Quarantined">The records put into quarantine.</param>
/// <param name="Batches">The batches written.</param>
public sealed record DrainResult(long Records, long Quarantined, int Batches)
{
    /// <summary>What the sink counts besides, by name, summed over the batches.</summary>
    public IReadOnlyDictionary<string, long> Counts { get; init; } = new Dictionary<string, long>();

    internal DrainResult Plus(SinkResult result)
    {
        var counts = new Dictionary<string, long>(Counts);
        foreach (var (name, count) in result.Counts)
        {
            counts[name] = counts.GetValueOrDefault(name) + count;
        }

        return new DrainResult(Records + result.Records, Quarantined + result.Quarantined, Batches + 1) { Counts = counts };
    }
}
