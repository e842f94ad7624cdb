using Tarn.Lake;

namespace Quakes.Api;

/// <summary>The page's questions to the tables.</summary>
internal sealed class EventQueries(Lake lake)
{
    private const string Columns =
        "e.id, e.time, e.updated, e.longitude, e.latitude, e.depth_km, e.mag, e.mag_type, e.place, e.event_type, e.status, e.tsunami, e.sig, e.net, e.felt, e.cdi, e.mmi, e.alert, e.url, e.title, e.is_deleted";

    public async Task<QuakesView> EventsAsync(EventFilter filter, CancellationToken cancellation)
    {
        filter.Validate();
        var parameters = new Dictionary<string, object?>();
        var where = filter.ToSql(parameters);
        var history = "silver.earthquakes_history";
        var from = QuakesFrom(filter, parameters, ref history);
        var limit = filter.Limit ?? 20_000;
        var sql = $"SELECT {Columns}, coalesce(r.revisions, 1) AS revisions FROM {from} e LEFT JOIN (SELECT id, count(*) AS revisions FROM {history} h GROUP BY id) r ON r.id = e.id{where} ORDER BY e.time DESC, e.id LIMIT {limit}";
        var events = await ReadAsync<QuakeView>(sql, parameters, cancellation);
        var total = events.Count < limit ? events.Count : await CountAsync($"SELECT count(*) AS events, '' AS name FROM {from} e{where}", parameters, cancellation);
        return new QuakesView(filter.AsKnownAt, total, events);
    }

    public Task<IReadOnlyList<QuakeVersionView>> VersionsAsync(string id, CancellationToken cancellation) => ReadAsync<QuakeVersionView>(
        $"SELECT {Columns}, e.valid_from, e.valid_to, count(*) OVER () AS revisions FROM silver.earthquakes_history e WHERE e.id = $id ORDER BY e.updated, e.version_time, e.valid_to NULLS LAST",
        new Dictionary<string, object?> { ["id"] = id },
        cancellation);

    public async Task<SummaryView> SummaryAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        var span = new Dictionary<string, object?> { ["from"] = from.ToUniversalTime(), ["to"] = to.ToUniversalTime() };
        const string live = "FROM silver.earthquakes WHERE NOT is_deleted AND time >= $from AND time <= $to";
        var hourly = await ReadAsync<HourView>(
            "SELECT * FROM gold.earthquakes_hourly WHERE hour >= date_trunc('hour', $from::TIMESTAMPTZ) AND hour <= $to AND events > 0 ORDER BY hour", span, cancellation);
        var magnitudes = await ReadAsync<MagnitudeView>(
            """
            SELECT mag_bin, CAST(sum(events) AS BIGINT) AS events FROM gold.earthquakes_magnitudes
            WHERE day >= CAST($from::TIMESTAMPTZ AT TIME ZONE 'UTC' AS DATE) AND day <= CAST($to::TIMESTAMPTZ AT TIME ZONE 'UTC' AS DATE) AND events > 0 GROUP BY mag_bin ORDER BY mag_bin NULLS LAST
            """,
            span,
            cancellation);
        var types = await ReadAsync<CountView>($"SELECT coalesce(event_type, 'unknown') AS name, count(*) AS events {live} GROUP BY 1 ORDER BY 2 DESC, 1", span, cancellation);
        var regions = await ReadAsync<CountView>(
            $"SELECT coalesce(trim(regexp_extract(place, '[^,]*$')), 'unknown') AS name, count(*) AS events {live} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 200", span, cancellation);
        return new SummaryView(from, to, types.Sum(static t => t.Events), hourly, magnitudes, types, regions);
    }

    /// <summary>What was known at a moment is in the history: each version with the interval in which it was what one knew.</summary>
    private static string QuakesFrom(EventFilter filter, Dictionary<string, object?> parameters, ref string history)
    {
        if (filter.AsKnownAt is not { } at)
        {
            return "silver.earthquakes";
        }

        parameters["at"] = at.ToUniversalTime();
        history = "(SELECT id FROM silver.earthquakes_history WHERE valid_from <= $at)";
        return "(SELECT * FROM silver.earthquakes_history WHERE valid_from <= $at AND (valid_to IS NULL OR valid_to > $at))";
    }

    private async Task<long> CountAsync(string sql, Dictionary<string, object?> parameters, CancellationToken cancellation) =>
        (await ReadAsync<CountView>(sql, parameters, cancellation))[0].Events;

    private async Task<IReadOnlyList<T>> ReadAsync<T>(string sql, Dictionary<string, object?> parameters, CancellationToken cancellation)
    {
        await using var result = await lake.Sql.QueryAsync(sql, new QueryOptions { Parameters = parameters, TimeLimit = TimeSpan.FromSeconds(30) }, cancellation);
        return await result.ToListAsync<T>(cancellation);
    }
}
