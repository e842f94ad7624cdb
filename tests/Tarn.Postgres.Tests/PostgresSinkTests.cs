using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Log;
using Tarn.Streams;
using Xunit;

namespace Tarn.Postgres.Tests;

public sealed class PostgresSinkTests(PostgresCluster cluster)
{
    private static readonly PostgresTarget Things = new("public.things") { Key = ["id"], Newest = ["at", "rank"] };

    public enum Colour
    {
        DarkRed,
        Blue,
    }

    public sealed record Thing(
        string Id, DateTimeOffset? At, double? Rank, bool Flag, int Whole, short Small, float Single, decimal? Money, DateOnly Day, byte[]? Bytes, Guid Uid, Colour Colour, string? Text, bool IsDeleted);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_type_arrives_as_it_was()
    {
        var connection = await cluster.RequireAsync();
        await using var database = new PostgresDatabase(connection);
        var at = new DateTimeOffset(2024, 2, 29, 23, 59, 59, 123, 456, TimeSpan.FromHours(2));
        var thing = Make("a", at, 0.1) with { Text = "with a NUL \0, a quote ' and an umlaut ü" };
        await Sink(database).WriteAsync(Batch(0, thing), Cancellation);
        var row = Assert.Single(await RowsAsync(connection, "SELECT id, at, rank, flag, whole, small, single, money, day, bytes, uid, colour, text, is_deleted FROM things"));
        Assert.Equal(at.UtcDateTime, row[1]);
        Assert.Equal([0.1, true, 7, (short)3, 1.5f, 12.5m], row[2..8]);
        Assert.Equal(new DateTime(2024, 2, 29), Convert.ToDateTime(row[8] is DateOnly day ? day.ToDateTime(TimeOnly.MinValue) : row[8], null));
        Assert.Equal(new byte[] { 1, 2 }, row[9]);
        Assert.Equal(["dark_red", "with a NUL \uFFFD, a quote ' and an umlaut ü", false], row[11..14]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task The_newest_wins_whatever_the_order_of_arrival_null_oldest_and_ties_by_content(int seed)
    {
        var random = new Random(seed);
        DateTimeOffset?[] times = [null, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1)];
        double?[] ranks = [null, 1, 2];
        var versions = Enumerable.Range(0, 60).Select(i => Make($"k{random.Next(5)}", times[random.Next(3)], ranks[random.Next(3)]) with { Text = $"v{i}", IsDeleted = i % 7 == 0 }).ToList();
        var results = new List<string>();
        for (var order = 0; order < 3; order++)
        {
            var connection = await cluster.RequireAsync();
            await using var database = new PostgresDatabase(connection);
            var sink = Sink(database);
            var shuffled = versions.OrderBy(_ => random.Next()).ToArray();
            for (var start = 0; start < shuffled.Length;)
            {
                var count = Math.Min(random.Next(1, 20), shuffled.Length - start);
                await sink.WriteAsync(Batch(start, shuffled[start..(start + count)]), Cancellation);
                start += count;
            }

            var rows = await RowsAsync(connection, "SELECT id, text, is_deleted FROM things ORDER BY id");
            results.Add(string.Join('\n', rows.Select(static r => string.Join('|', r))));
            var best = versions.GroupBy(static v => v.Id).ToDictionary(static g => g.Key, static g => g.Max(static v => (v.At ?? DateTimeOffset.MinValue, v.Rank ?? double.MinValue)));
            Assert.All(rows, r => Assert.Contains(versions, v => v.Id == (string)r[0]! && v.Text == (string)r[1]! && (v.At ?? DateTimeOffset.MinValue, v.Rank ?? double.MinValue) == best[v.Id]));
        }

        Assert.Single(results.Distinct());
    }

    [Fact]
    public async Task Missing_columns_are_added_and_the_rows_stay()
    {
        var connection = await cluster.RequireAsync();
        await RowsAsync(connection, "CREATE TABLE things (id text PRIMARY KEY, text text, own text DEFAULT 'mine'); INSERT INTO things VALUES ('old', 'kept')");
        await using var database = new PostgresDatabase(connection);
        await Sink(database).WriteAsync(Batch(0, Make("new", DateTimeOffset.UnixEpoch, 1)), Cancellation);
        var rows = await RowsAsync(connection, "SELECT id, text, rank, own FROM things ORDER BY id");
        Assert.Equal(["new", null, 1.0, "mine"], rows[0]);
        Assert.Equal(["old", "kept", null, "mine"], rows[1]);
    }

    [Fact]
    public async Task Several_sinks_that_start_at_once_make_the_table_once()
    {
        var connection = await cluster.RequireAsync();
        await using var database = new PostgresDatabase(connection);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Sink(database).CommittedOffsetAsync("t", 0, Cancellation)));
        Assert.Empty(await RowsAsync(connection, "SELECT * FROM things"));
    }

    [Theory]
    [InlineData("CREATE TABLE things (id text PRIMARY KEY, rank text)", "rank")]
    [InlineData("CREATE TABLE things (id text)", "primary key")]
    public async Task A_table_that_does_not_fit_is_refused_with_the_remedy(string ddl, string named)
    {
        var connection = await cluster.RequireAsync();
        await RowsAsync(connection, ddl);
        await using var database = new PostgresDatabase(connection);
        var error = await Assert.ThrowsAsync<TarnException>(() => Sink(database).WriteAsync(Batch(0, Make("a", null, null)), Cancellation));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Remedy);
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Password=not-to-be-seen;Username=u;Database=d;Timeout=2")]
    [InlineData("postgresql://u:not-to-be-seen@127.0.0.1:1/d?Timeout=2")]
    public async Task An_error_shows_where_but_no_secret(string connection)
    {
        await using var database = new PostgresDatabase(connection);
        Assert.Equal("u@127.0.0.1:1/d", database.Display);
        var error = await Assert.ThrowsAsync<TarnException>(() => Sink(database).CommittedOffsetAsync("t", 0, Cancellation));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("127.0.0.1:1", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not-to-be-seen", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Hots=x;Password=not-to-be-seen")]
    [InlineData("not-to-be-seen")]
    [InlineData("Port=not-to-be-seen")]
    public void A_wrong_connection_string_is_refused_without_showing_it(string connection)
    {
        var error = Assert.Throws<TarnException>(() => new PostgresDatabase(connection));
        Assert.DoesNotContain("not-to-be-seen", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_are_no_columns_are_refused()
    {
        var database = new PostgresDatabase("Host=127.0.0.1");
        Assert.Throws<TarnException>(() => new PostgresTarget("things"));
        Assert.Throws<TarnException>(() => new PostgresSink<Thing, Thing>(database, Things with { Key = ["nope"] }, static (_, t) => t, TimeProvider.System, NullLoggerFactory.Instance));
        Assert.Throws<TarnException>(() => new PostgresSink<Thing, Thing>(database, Things with { Newest = [] }, static (_, t) => t, TimeProvider.System, NullLoggerFactory.Instance));
    }

    private static PostgresSink<Thing, Thing> Sink(PostgresDatabase database) => new(database, Things, static (_, t) => t, TimeProvider.System, NullLoggerFactory.Instance);

    private static Thing Make(string id, DateTimeOffset? at, double? rank) => new(
        id, at, rank, true, 7, 3, 1.5f, 12.5m, new DateOnly(2024, 2, 29), [1, 2], Guid.Parse("0199c0de-0000-7000-8000-000000000001"), Colour.DarkRed, null, false);

    internal static SinkBatch<T> Batch<T>(long first, params T[] values) => new()
    {
        Topic = "t",
        Partition = 0,
        FirstOffset = first,
        NextOffset = first + values.Length,
        Records = [.. values.Select((v, i) => new SinkRecord<T>(new TopicRecord("t", 0, first + i, DateTimeOffset.UnixEpoch, Encoding.UTF8.GetBytes("k"), default), v))],
    };

    internal static async Task<List<object?[]>> RowsAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var rows = new List<object?[]>();
        while (await reader.ReadAsync(Cancellation))
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i))]);
        }

        return rows;
    }
}
