using Quakes.Catalogue;
using Tarn.Log;
using Tarn.Postgres;
using Tarn.Streams;

namespace Quakes.Ingestion;

/// <summary>
/// Keeps <c>public.earthquakes</c> of a PostgreSQL database what silver is. A database that is new, or that was away for longer than the topic keeps
/// records, gets silver as a whole; from then on it follows the topic.
/// </summary>
internal sealed class PostgresCopy(QuakesTables tables, CatalogueReader reader, SinkRunner runner, PostgresSink<EarthquakeVersion, Earthquake> sink)
{
    public static PostgresTarget Target { get; } = new("public.earthquakes")
    {
        Key = ["id"],
        Newest = ["updated", "version_time"],
        Indexes = ["time"],
        Description = "One row per event, kept by Tarn: what its source says of it last; withdrawn ones are marked is_deleted.",
    };

    public async Task<DrainResult> RefreshAsync(CancellationToken cancellation)
    {
        foreach (var partition in (await tables.Topic.Log.DescribeTopicAsync(QuakesTables.TopicName, cancellation)).Partitions)
        {
            var committed = await sink.CommittedOffsetAsync(QuakesTables.TopicName, partition.Partition, cancellation);
            if (partition.Low > (committed ?? 0))
            {
                await CopySilverAsync(partition.Partition, committed, cancellation);
            }
        }

        return await runner.DrainAsync(tables.Topic, sink, cancellation: cancellation);
    }

    private async Task CopySilverAsync(int partition, long? committed, CancellationToken cancellation)
    {
        var snapshot = await tables.Silver.Table.SnapshotAsync(cancellationToken: cancellation);
        if (snapshot.TransactionVersion(SinkProgress.ApplicationId(QuakesTables.TopicName, partition)) is not { } reached || committed >= reached)
        {
            return;
        }

        var records = new List<SinkRecord<EarthquakeVersion>>();
        foreach (var row in await reader.EarthquakesAsync(null, cancellation))
        {
            var version = EarthquakeVersion.Of(row, row.VersionTime, null, row.VersionTime, null);
            records.Add(new(new TopicRecord(QuakesTables.TopicName, partition, reached - 1, row.VersionTime, default, null), version));
        }

        await sink.WriteAsync(
            new SinkBatch<EarthquakeVersion>
            {
                Topic = QuakesTables.TopicName,
                Partition = partition,
                FirstOffset = committed ?? 0,
                NextOffset = reached,
                Records = records,
            },
            cancellation);
    }
}
