using System.Text.Json;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Native;
using Xunit;

namespace Tarn.Lake.Tests;

public sealed class ParquetWriterTests
{
    [Fact]
    public void A_file_tells_its_rows_length_and_statistics()
    {
        using var folder = new TemporaryDirectory();
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        connection.Execute("SET TimeZone = 'America/New_York'");
        var path = folder.Combine("it's a file.parquet");
        var time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var file = ParquetWriter.Write(
            connection,
            [
                new Row(1, new string('a', 40), 1.5, time.AddTicks(10), new DateOnly(2026, 1, 1), 1.25m, 2, true),
                new Row(-7, new string('z', 40), double.NaN, time.AddDays(1).AddTicks(10), new DateOnly(1969, 1, 1), -3m, null, false),
                new Row(3, "é", -2, time.AddHours(1), new DateOnly(2030, 1, 1), null, double.PositiveInfinity, null),
            ],
            path);
        Assert.Equal(3, file.Rows);
        Assert.Equal(new FileInfo(path).Length, file.Bytes);
        using var stats = JsonDocument.Parse(file.Stats);
        Assert.Equal(3, stats.RootElement.GetProperty("numRecords").GetInt64());
        Assert.Equal(
            $$"""{"id":-7,"name":"{{new string('a', 32)}}","value":-2.0,"time":"2026-01-02T03:04:05.000Z","day":"1969-01-01","amount":-3.000000000000000000,"far":2.0}""",
            stats.RootElement.GetProperty("minValues").GetRawText());
        Assert.Equal(
            """{"id":3,"name":"é","time":"2026-01-03T03:04:05.001Z","day":"2030-01-01","amount":1.250000000000000000}""",
            stats.RootElement.GetProperty("maxValues").GetRawText());
        Assert.Equal(
            """{"id":0,"name":0,"value":0,"time":0,"day":0,"amount":1,"far":1,"flag":1}""",
            stats.RootElement.GetProperty("nullCount").GetRawText());
    }

    [Fact]
    public void A_long_greatest_text_is_rounded_up_never_down()
    {
        using var folder = new TemporaryDirectory();
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        var schema = new TableSchema([new Column("t", ColumnType.String)]);
        var file = ParquetWriter.Write(connection, "SELECT repeat('b', 33) AS t", schema, folder.Combine("a.parquet"));
        using var stats = JsonDocument.Parse(file.Stats);
        var max = stats.RootElement.GetProperty("maxValues").GetProperty("t").GetString()!;
        Assert.Equal(new string('b', 32) + "\U0010FFFF", max);
    }

    [Fact]
    public void Physical_types_are_those_that_other_engines_expect()
    {
        using var folder = new TemporaryDirectory();
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        var path = folder.Combine("a.parquet");
        ParquetWriter.Write(connection, [new Row(1, "a", 1, DateTimeOffset.UnixEpoch, DateOnly.MinValue, 1, 1, true)], path);
        using var result = connection.Query($"SELECT name, type, repetition_type, coalesce(converted_type, ''), coalesce(logical_type LIKE '%isAdjustedToUTC=1%', false) FROM parquet_schema('{path}') WHERE name <> 'duckdb_schema'");
        var lines = new List<string>();
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                for (var i = 0; i < chunk.Count; i++)
                {
                    lines.Add(string.Join(' ', Enumerable.Range(0, 5).Select(c => chunk.Column(c).GetValue(i))));
                }
            }
        }

        Assert.Equal(
            [
                "id INT64 OPTIONAL INT_64 False", "name BYTE_ARRAY OPTIONAL UTF8 False", "value DOUBLE OPTIONAL  False", "time INT64 OPTIONAL TIMESTAMP_MICROS True",
                "day INT32 OPTIONAL DATE False", "amount FIXED_LEN_BYTE_ARRAY OPTIONAL DECIMAL False", "far DOUBLE OPTIONAL  False", "flag BOOLEAN OPTIONAL  False",
            ],
            lines);
    }

    [Fact]
    public void No_rows_make_a_file_with_the_columns()
    {
        using var folder = new TemporaryDirectory();
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        var file = ParquetWriter.Write<Row>(connection, [], folder.Combine("empty.parquet"));
        Assert.Equal(0, file.Rows);
        Assert.Equal("""{"numRecords":0,"minValues":{},"maxValues":{},"nullCount":{"id":0,"name":0,"value":0,"time":0,"day":0,"amount":0,"far":0,"flag":0}}""", file.Stats);
        Assert.Equal(0L, connection.Scalar($"SELECT count(amount) FROM '{file.Path}'"));
    }

    private sealed record Row(long Id, string Name, double Value, DateTimeOffset Time, DateOnly Day, decimal? Amount, double? Far, bool? Flag);
}
