using Quakes.Catalogue;
using Tarn.Lake;
using Tarn.Pipelines;

namespace Quakes.Gold;

/// <summary>Counts the earthquakes of a run's day. A day whose earthquakes come late, change or are withdrawn is counted again, because its run is repaired.</summary>
internal sealed class DayCounts(KeyedTable<Earthquake> silver, KeyedTable<EarthquakesDay> days, CatalogueReader reader)
{
    /// <summary>How far back a day may lie that is counted again.</summary>
    public static readonly TimeSpan Horizon = TimeSpan.FromDays(60);

    /// <summary>The pipeline: each day when it has ended, and again when silver's commits touch it.</summary>
    public static void Define(PipelineBuilder pipeline) => pipeline
        .Description("The earthquakes of each day, counted when it has ended; days of which some come late, change or are withdrawn are counted again.")
        .Schedule("@daily")
        .CatchUp()
        .Retries(2, TimeSpan.FromSeconds(5))
        .Timeout(TimeSpan.FromMinutes(30))
        .RepairedBy(QuakesTables.SilverName, Horizon)
        .Task("count", static (DayCounts days, TaskContext run) => days.CountAsync(run));

    private const string Counts = """
        SELECT strftime(CAST($from AS TIMESTAMPTZ) AT TIME ZONE 'UTC', '%Y-%m-%d') AS day_key, CAST(CAST($from AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS DATE) AS day,
            count(*) AS events, count(*) FILTER (WHERE mag >= 4.5) AS events_m45, max(mag) AS max_mag, CAST($version AS BIGINT) AS silver_version
        FROM silver.earthquakes WHERE NOT is_deleted AND time >= $from AND time < $to
        """;

    /// <summary>Counts the day, and replaces what was counted of it before.</summary>
    public async Task CountAsync(TaskContext run)
    {
        var version = (await silver.Table.SnapshotAsync(cancellationToken: run.CancellationToken)).Version;
        var rows = await reader.ReadAsync<EarthquakesDay>(
            Counts, run.CancellationToken, ("from", run.DataInterval.Start), ("to", run.DataInterval.End), ("version", version));
        await days.MergeAsync(rows, [], run.CancellationToken);
        run.Report("events", rows[0].Events);
    }
}
