using Tarn.Lake;

namespace Quakes.Catalogue;

/// <summary>Typed reads of Quakes' own tables.</summary>
internal sealed class CatalogueReader(Lake lake)
{
    /// <summary>The rows of <c>silver.earthquakes</c> of a time, or all.</summary>
    public Task<IReadOnlyList<Earthquake>> EarthquakesAsync(DateTimeOffset? from, CancellationToken cancellation) => from is { } start
        ? ReadAsync<Earthquake>("SELECT * FROM silver.earthquakes WHERE time >= $start", cancellation, ("start", start))
        : ReadAsync<Earthquake>("SELECT * FROM silver.earthquakes", cancellation);

    /// <summary>Every version of some events, from the history.</summary>
    public Task<IReadOnlyList<Earthquake>> VersionsAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation) =>
        ReadAsync<Earthquake>("SELECT * FROM silver.earthquakes_history WHERE list_contains($ids, id)", cancellation, ("ids", ids.ToList()));

    /// <summary>The ids and texts of all features in quarantine.</summary>
    public async Task<IReadOnlyList<(string? Id, string? Raw)>> QuarantinedAsync(CancellationToken cancellation)
    {
        await using var result = await lake.Sql.QueryAsync(
            "SELECT feature_id, raw FROM bronze.earthquakes_quarantine WHERE topic IS NULL", cancellationToken: cancellation);
        return [.. (await result.ToListAsync(cancellation)).Select(static r => ((string?)r[0], (string?)r[1]))];
    }

    /// <summary>Rows of a query, typed by their columns' names.</summary>
    public async Task<IReadOnlyList<T>> ReadAsync<T>(string sql, CancellationToken cancellation, params (string Name, object? Value)[] parameters)
    {
        await using var result = await lake.Sql.QueryAsync(
            sql, new QueryOptions { Parameters = parameters.ToDictionary(static p => p.Name, static p => p.Value) }, cancellation);
        return await result.ToListAsync<T>(cancellation);
    }
}
