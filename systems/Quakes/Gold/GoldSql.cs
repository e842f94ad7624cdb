namespace Quakes.Gold;

/// <summary>
/// The queries behind the gold tables. An hour or bin that had events and has none any more gets a row with 0, because a keyed table has no removal; that
/// is why the keys come from the history (some) or from the gold table itself (all), and the counts from silver.
/// </summary>
internal static class GoldSql
{
    /// <summary>The hours in which any version of some events happened.</summary>
    public const string Touched = "SELECT DISTINCT date_trunc('hour', time) AS hour FROM silver.earthquakes_history WHERE list_contains($ids, id)";

    // A sum of floating-point numbers depends on their order, which is that of files and threads; summed in order of size, equal rows give equal bits.
    private const string HourColumns = """
        strftime(h.hour AT TIME ZONE 'UTC', '%Y-%m-%dT%H:00Z') AS hour_key, h.hour AS hour,
        count(e.id) AS events,
        count(e.id) FILTER (WHERE e.mag >= 2.5) AS events_m25,
        count(e.id) FILTER (WHERE e.mag >= 4.5) AS events_m45,
        max(e.mag) AS max_mag, sum(e.mag ORDER BY e.mag) / nullif(count(e.mag), 0) AS mean_mag, sum(e.depth_km ORDER BY e.depth_km) / nullif(count(e.depth_km), 0) AS mean_depth_km,
        count(e.id) FILTER (WHERE e.felt > 0) AS felt_events,
        CAST($version AS BIGINT) AS silver_version
        """;

    private const string LiveHours = "LEFT JOIN (SELECT *, date_trunc('hour', time) AS hour FROM silver.earthquakes WHERE NOT is_deleted) e ON e.hour = h.hour GROUP BY h.hour";

    public const string SomeHours = $"SELECT {HourColumns} FROM (SELECT unnest($hours) AS hour) h {LiveHours}";

    public const string AllHours =
        $"SELECT {HourColumns} FROM (SELECT DISTINCT date_trunc('hour', time) AS hour FROM silver.earthquakes UNION SELECT hour FROM gold.earthquakes_hourly) h {LiveHours}";

    private const string BinColumns = """
        strftime(d.day, '%Y-%m-%d') || '/' || coalesce(CAST(d.mag_bin AS VARCHAR), 'none') AS bin_key, d.day AS day, d.mag_bin AS mag_bin,
        count(e.id) AS events, CAST($version AS BIGINT) AS silver_version
        """;

    private const string Day = "CAST(time AT TIME ZONE 'UTC' AS DATE)";

    private const string Bin = "CAST(floor(mag) AS BIGINT)";

    private const string LiveBins = $"""
        LEFT JOIN (SELECT id, {Day} AS day, {Bin} AS mag_bin FROM silver.earthquakes WHERE NOT is_deleted) e
        ON e.day = d.day AND e.mag_bin IS NOT DISTINCT FROM d.mag_bin GROUP BY d.day, d.mag_bin
        """;

    private const string KnownBins = $"SELECT {Day} AS day, {Bin} AS mag_bin FROM silver.earthquakes UNION SELECT day, mag_bin FROM gold.earthquakes_magnitudes";

    public const string SomeBins =
        $"SELECT {BinColumns} FROM (SELECT * FROM ({KnownBins}) WHERE list_contains($days, day::TIMESTAMP AT TIME ZONE 'UTC')) d {LiveBins}";

    public const string AllBins = $"SELECT {BinColumns} FROM ({KnownBins}) d {LiveBins}";
}
