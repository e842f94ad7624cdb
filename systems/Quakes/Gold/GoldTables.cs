using Quakes.Catalogue;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Log;
using Tarn.Streams;

namespace Quakes.Gold;

/// <summary>
/// Keeps the gold tables what a query over silver would give: reads from the topic which events changed since its own last commit, and counts the
/// hours and days anew in which any of their versions happened. Where that cannot be told any more, it counts everything.
/// </summary>
internal sealed class GoldTables(QuakesTables tables, CatalogueReader reader)
{
    /// <summary>More changed events than this, and counting everything is cheaper than looking up where they were.</summary>
    private const int MostEvents = 5_000;

    /// <summary>Brings both tables up to what silver holds, and says how many hours and bins were counted.</summary>
    public async Task<GoldRefresh> RefreshAsync(CancellationToken cancellation)
    {
        var silver = await tables.Silver.Table.SnapshotAsync(cancellationToken: cancellation);
        var counted = new GoldRefresh(0, 0, Everything: false);
        foreach (var partition in (await tables.Topic.Log.DescribeTopicAsync(QuakesTables.TopicName, cancellation)).Partitions)
        {
            var application = SinkProgress.ApplicationId(QuakesTables.TopicName, partition.Partition);
            if (silver.TransactionVersion(application) is not { } reached)
            {
                continue;
            }

            var done = Least(await ProgressAsync(tables.Hourly.Table, application, cancellation), await ProgressAsync(tables.Magnitudes.Table, application, cancellation));
            if (done >= reached)
            {
                continue;
            }

            var ids = done is { } from && from >= partition.Low ? await ChangedAsync(partition.Partition, from, reached, cancellation) : null;
            counted = counted.Plus(await CountAsync(ids, silver.Version, new AppTransaction(application, reached), cancellation));
        }

        return counted;
    }

    private static long? Least(long? a, long? b) => a is { } x && b is { } y ? Math.Min(x, y) : null;

    private static async Task<long?> ProgressAsync(LakeTable table, string application, CancellationToken cancellation) =>
        (await table.SnapshotAsync(cancellationToken: cancellation)).TransactionVersion(application);

    /// <summary>The events of a run of offsets, or null where they are too many.</summary>
    private async Task<List<string>?> ChangedAsync(int partition, long from, long until, CancellationToken cancellation)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        while (from < until)
        {
            foreach (var record in await tables.Topic.Log.ReadAsync(QuakesTables.TopicName, partition, from, ReadLimits.Default, cancellation))
            {
                ids.Add(System.Text.Encoding.UTF8.GetString(record.Key.Span));
                from = record.Offset + 1;
            }

            if (ids.Count > MostEvents)
            {
                return null;
            }
        }

        return [.. ids];
    }

    private async Task<GoldRefresh> CountAsync(List<string>? ids, long silverVersion, AppTransaction progress, CancellationToken cancellation)
    {
        List<DateTimeOffset>? hours = null;
        if (ids is not null)
        {
            hours = [.. (await reader.ReadAsync<TouchedHour>(GoldSql.Touched, cancellation, ("ids", ids))).Select(static h => h.Hour)];
        }

        var hourly = hours is null
            ? await reader.ReadAsync<EarthquakesHourly>(GoldSql.AllHours, cancellation, ("version", silverVersion))
            : await reader.ReadAsync<EarthquakesHourly>(GoldSql.SomeHours, cancellation, ("hours", hours), ("version", silverVersion));
        var days = hours?.Select(static h => new DateTimeOffset(h.UtcDateTime.Date, TimeSpan.Zero)).Distinct().ToList();
        var magnitudes = days is null
            ? await reader.ReadAsync<EarthquakesMagnitude>(GoldSql.AllBins, cancellation, ("version", silverVersion))
            : await reader.ReadAsync<EarthquakesMagnitude>(GoldSql.SomeBins, cancellation, ("days", days), ("version", silverVersion));
        await tables.Hourly.MergeAsync(hourly, [progress], cancellation);
        await tables.Magnitudes.MergeAsync(magnitudes, [progress], cancellation);
        return new GoldRefresh(hourly.Count, magnitudes.Count, ids is null);
    }

    private sealed record TouchedHour
    {
        public required DateTimeOffset Hour { get; init; }
    }
}

/// <summary>What a refresh counted.</summary>
/// <param name="Hours">Rows of the hourly table.</param>
/// <param name="Bins">Rows of the table of magnitudes.</param>
/// <param name="Everything">Whether all there is was counted.</param>
internal sealed record GoldRefresh(int Hours, int Bins, bool Everything)
{
    public GoldRefresh Plus(GoldRefresh other) => new(Hours + other.Hours, Bins + other.Bins, Everything || other.Everything);
}
