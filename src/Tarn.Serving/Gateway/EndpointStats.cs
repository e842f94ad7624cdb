using System.Collections.Concurrent;

namespace Tarn.Serving;

/// <summary>The statistics of every variant and shadow of every endpoint, by their names. Safe for use from several threads.</summary>
public sealed class EndpointStats
{
    private readonly ConcurrentDictionary<(string Endpoint, string Variant), VariantStats> _stats = new();
    private readonly TimeProvider _time;

    /// <summary>None yet.</summary>
    /// <param name="time">The clock of the windows.</param>
    public EndpointStats(TimeProvider time) => _time = time;

    /// <summary>Those of a variant or shadow; made where there are none yet, which alone allocates (about 800 KiB).</summary>
    /// <param name="endpoint">The endpoint's name.</param>
    /// <param name="variant">The variant's or shadow's name.</param>
    public VariantStats Of(string endpoint, string variant) => _stats.GetOrAdd((endpoint, variant), static (_, time) => new VariantStats(time), _time);

    /// <summary>Those of a variant or shadow; null where nothing was counted there yet.</summary>
    public VariantStats? Find(string endpoint, string variant) => _stats.GetValueOrDefault((endpoint, variant));

    /// <summary>All of them, by the names of endpoint and variant.</summary>
    internal IReadOnlyList<(string Endpoint, string Variant, VariantStats Stats)> All => [.. _stats
        .Select(static s => (s.Key.Endpoint, s.Key.Variant, s.Value))
        .OrderBy(static s => s.Endpoint, StringComparer.Ordinal).ThenBy(static s => s.Variant, StringComparer.Ordinal)];

    /// <summary>Forgets those of an endpoint, as one that was deleted.</summary>
    public void Forget(string endpoint)
    {
        foreach (var key in _stats.Keys.Where(k => k.Endpoint == endpoint))
        {
            _stats.TryRemove(key, out _);
        }
    }
}
