using Tarn.Lake;

namespace Quakes.Catalogue;

/// <summary>Typed reads of Quakes' own tables.</summary>
internal sealed class CatalogueReader(Lake lake)
{
    /// <summary>The rows of <c>silver.earthquakes</c> of a time, or all.</summary>
    public Task<IReadOnlyList<Earthquake>> EarthquakesAsync(DateTimeOffset? from, DateTimeOffset? until, CancellationToken cancellation) => throw new NotSupportedException(lake.ToString());

    /// <summary>Every version of some events, from the history.</summary>
    public Task<IReadOnlyList<Earthquake>> VersionsAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation) => throw new NotSupportedException(lake.ToString());

    /// <summary>The ids and texts of all features in quarantine.</summary>
    public Task<IReadOnlyList<(string? Id, string? Raw)>> QuarantinedAsync(CancellationToken cancellation) => throw new NotSupportedException(lake.ToString());
}
