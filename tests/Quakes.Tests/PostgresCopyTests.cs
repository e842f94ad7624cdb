using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Quakes.Catalogue;
using Quakes.Ingestion;
using Tarn.Contracts;
using Tarn.Log;
using Tarn.Postgres;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresCluster))]

namespace Quakes.Tests;

public sealed class PostgresCopyTests(PostgresCluster cluster)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_database_is_what_silver_is_also_after_it_was_away_for_longer_than_the_topic_keeps()
    {
        var connection = await cluster.RequireAsync();
        await using var quakes = await QuakesFixture.OpenAsync();
        await using var database = new PostgresDatabase(connection);
        var copy = Copy(quakes, database);
        await quakes.Tables.Topic.ProduceAsync([Version("a", 1, 1.5), Version("b", 1, 2.5), Version("a", 3, 4.5), Version("a", 2, 3.5), Version("b", 4, 2.5, deleted: true)], cancellation: Cancellation);
        await quakes.Ingest.DrainAsync(Cancellation);
        Assert.Equal(5, (await copy.RefreshAsync(Cancellation)).Records);
        Assert.Equal(0, (await copy.RefreshAsync(Cancellation)).Records);
        await AssertSameAsync(quakes, connection);

        // Retention takes the records away before a second database has read them.
        await quakes.Tables.Topic.Log.CreateTopicAsync(QuakesTables.TopicName, new TopicOptions { RetentionBytes = 1, SegmentBytes = 64 << 10 }, Cancellation);
        for (var i = 0; i < 140; i++)
        {
            await quakes.Tables.Topic.ProduceAsync([Version($"c{i}", i % 50, 1) with { Raw = new string('x', 2_000) }], cancellation: Cancellation);
            await quakes.Ingest.DrainAsync(Cancellation);
        }

        var other = await cluster.RequireAsync();
        await using var second = new PostgresDatabase(other);
        await Copy(quakes, second).RefreshAsync(Cancellation);
        await AssertSameAsync(quakes, other);
        await copy.RefreshAsync(Cancellation);
        await AssertSameAsync(quakes, connection);
    }

    private static PostgresCopy Copy(QuakesFixture quakes, PostgresDatabase database) => new(
        quakes.Tables,
        quakes.Reader,
        quakes.Runner,
        new PostgresSink<EarthquakeVersion, Earthquake>(database, PostgresCopy.Target, static (_, v) => v.ToEarthquake(), TimeProvider.System, NullLoggerFactory.Instance));

    private static EarthquakeVersion Version(string id, int minute, double mag, bool deleted = false)
    {
        var updated = new DateTimeOffset(2024, 3, 1, 0, minute, 0, 123, TimeSpan.Zero);
        var row = new Earthquake { Id = id, Time = updated.AddHours(-1), Updated = updated, VersionTime = updated, Mag = mag, Place = "Pāhala", Gap = 40.5, Felt = 3, IsDeleted = deleted };
        return EarthquakeVersion.Of(row, updated, "test", updated, "{}");
    }

    private static async Task AssertSameAsync(QuakesFixture quakes, string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand("SELECT id, time, updated, mag, place, gap, felt, is_deleted FROM public.earthquakes ORDER BY id COLLATE \"C\"", connection);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var rows = new List<string>();
        while (await reader.ReadAsync(Cancellation))
        {
            rows.Add($"{reader.GetString(0)} {reader.GetDateTime(1):O} {reader.GetDateTime(2):O} {reader.GetDouble(3)} {reader.GetString(4)} {reader.GetDouble(5)} {reader.GetInt64(6)} {reader.GetBoolean(7)}");
        }

        Assert.Equal((await quakes.SilverAsync()).Select(static e => $"{e.Id} {e.Time.UtcDateTime:O} {e.Updated.UtcDateTime:O} {e.Mag} {e.Place} {e.Gap} {e.Felt} {e.IsDeleted}"), rows);
    }
}
