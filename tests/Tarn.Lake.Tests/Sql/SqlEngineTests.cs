using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

public sealed class SqlEngineTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_query_gives_columns_rows_and_the_versions_it_read()
    {
        await using var lake = new SqlLake();
        lake.Table("silver.quakes", "id:string mag:double time:timestamp")
            .Add("SELECT 'a' AS id, 5.5 AS mag, TIMESTAMPTZ '2026-11-22 01:02:03.004Z' AS time UNION ALL SELECT 'b', NULL, NULL");
        await using var result = await lake.Lake.Sql.QueryAsync("SELECT * FROM silver.quakes ORDER BY id", null, Cancellation);
        Assert.Equal(["id:string", "mag:double", "time:timestamp"], result.Columns.Select(static c => $"{c.Name}:{c.Type}"));
        Assert.Equal(1, Assert.Contains("silver.quakes", result.Versions));
        var rows = await result.ToListAsync(Cancellation);
        Assert.Equal(["a", 5.5, new DateTimeOffset(2026, 11, 22, 1, 2, 3, 4, TimeSpan.Zero)], rows[0]);
        Assert.Equal(["b", null, null], rows[1]);
        Assert.False(result.Truncated);
    }

    [Fact]
    public async Task The_forms_that_read_are_understood()
    {
        await using var lake = new SqlLake();
        lake.Table("silver.a", "x:long").Add("SELECT range AS x FROM range(3)");
        lake.Table("gold.b", "x:long y:string").Add("SELECT 1::BIGINT AS x, 'one' AS y");
        Assert.Equal("1,one", await lake.TextAsync("SELECT a.x, b.y FROM silver.a JOIN gold.b USING (x)"));
        Assert.Equal("0|1|2", await lake.TextAsync("FROM silver.a ORDER BY ALL"));
        Assert.Equal("3", await lake.TextAsync("WITH a AS (SELECT * FROM silver.a), b AS (SELECT sum(x) AS s FROM a) SELECT s FROM b"));
        Assert.Equal("10", await lake.TextAsync("WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT sum(i) FROM n"));
        Assert.Equal("7", await lake.TextAsync("VALUES (7)"));
        Assert.Equal("2", await lake.TextAsync("SELECT (SELECT max(x) FROM \"silver\".\"a\")"));
        Assert.Equal("1", await lake.TextAsync("SELECT x FROM SILVER.A WHERE x IN (SELECT x FROM Gold.B)"));
        Assert.Equal("0|1", await lake.TextAsync("SELECT * FROM range(2)"));
        Assert.Equal("1|2", await lake.TextAsync("SELECT unnest([1, 2])"));
        Assert.Equal("6", await lake.TextAsync("-- a comment; with a semicolon\nSELECT /* ; */ sum(x) * 2 FROM silver.a;"));
        Assert.StartsWith("x,BIGINT", await lake.TextAsync("DESCRIBE silver.a"), StringComparison.Ordinal);
        Assert.StartsWith("x,BIGINT,0,2,3,1", await lake.TextAsync("SUMMARIZE silver.a"), StringComparison.Ordinal);
        Assert.Contains("READ_PARQUET", await lake.TextAsync("EXPLAIN SELECT * FROM silver.a"), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("3 rows", await lake.TextAsync("explain analyze SELECT * FROM silver.a"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("silver.earthquake", "Did you mean silver.earthquakes?")]
    [InlineData("earthquakes", "Did you mean silver.earthquakes?")]
    [InlineData("brnze.earthquakes", "Did you mean silver.earthquakes?")]
    [InlineData("x", "There are gold.hourly, silver.earthquakes.")]
    [InlineData("memory.silver.earthquakes", "Did you mean silver.earthquakes?")]
    [InlineData("information_schema.schemata", "There are gold.hourly, silver.earthquakes.")]
    [InlineData("'a.parquet'", "There are gold.hourly, silver.earthquakes.")]
    public async Task A_table_that_is_not_there_is_named_with_those_that_are_near(string table, string remedy)
    {
        await using var lake = new SqlLake();
        lake.Table("silver.earthquakes", "x:long");
        lake.Table("gold.hourly", "x:long");
        var error = await lake.ErrorAsync($"SELECT * FROM {table}");
        Assert.Equal(ErrorKind.NotFound, error.Kind);
        Assert.Equal(table.Trim('\''), error.Value);
        Assert.Equal(remedy, error.Remedy);
    }

    [Fact]
    public async Task A_lake_without_tables_says_so()
    {
        await using var lake = new SqlLake();
        Assert.Equal("There are no tables yet.", (await lake.ErrorAsync("SELECT * FROM silver.earthquakes")).Remedy);
        Assert.Equal("1", await lake.TextAsync("SELECT 1"));
    }

    [Fact]
    public async Task A_mistake_in_SQL_is_told_in_DuckDBs_words_with_its_place()
    {
        await using var lake = new SqlLake();
        lake.Table("silver.a", "depth:long");
        Assert.Contains("syntax error at or near \"silver\"", (await lake.ErrorAsync("SELECT * FORM silver.a")).Message, StringComparison.Ordinal);
        var binder = await lake.ErrorAsync("SELECT dept FROM silver.a");
        Assert.Equal(ErrorKind.InvalidInput, binder.Kind);
        Assert.Contains("depth", binder.Message, StringComparison.Ordinal);
        Assert.Contains("Could not convert", (await lake.ErrorAsync("SELECT 'x'::INTEGER")).Message, StringComparison.Ordinal);
        Assert.Contains("NUL", (await lake.ErrorAsync("SELECT 1\0; DROP TABLE x")).Message, StringComparison.Ordinal);
        Assert.Equal("1", await lake.TextAsync("SELECT 1"));
    }

    [Fact]
    public async Task Parameters_are_bound_by_name_and_by_number()
    {
        await using var lake = new SqlLake();
        lake.Table("silver.a", "id:string x:long").Add("SELECT 'k' || range AS id, range AS x FROM range(10)");
        Assert.Equal("k3", await lake.TextAsync("SELECT id FROM silver.a WHERE x = $wanted", With(("wanted", 3))));
        Assert.Equal("k3|k4", await lake.TextAsync("SELECT id FROM silver.a WHERE x = ? OR id = ? ORDER BY 1", With(("1", 3L), ("2", "k4"))));
        Assert.Equal("k1|k7", await lake.TextAsync("SELECT id FROM silver.a WHERE id IN (SELECT unnest($ids)) ORDER BY 1", With(("ids", new[] { "k7", "k1", "'; DROP" }))));
        Assert.Equal("null", await lake.TextAsync("SELECT $1", With(("1", null))));
        Assert.Equal("2026-01-02T03:04:05Z", await lake.TextAsync("SELECT $T", With(("t", new DateTimeOffset(2026, 1, 2, 4, 4, 5, TimeSpan.FromHours(1))))));
        Assert.Contains("Give wanted", (await lake.ErrorAsync("SELECT $wanted")).Remedy, StringComparison.Ordinal);
        Assert.Equal("Its parameters are wanted.", (await lake.ErrorAsync("SELECT $wanted", With(("wanted", 1), ("other", 2)))).Remedy);
        Assert.Contains("no parameters", (await lake.ErrorAsync("SELECT 1", With(("other", 2)))).Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(4999, true)]
    [InlineData(5000, false)]
    [InlineData(5001, false)]
    public async Task The_row_limit_cuts_and_says_so(long limit, bool truncated)
    {
        await using var lake = new SqlLake();
        await using var result = await lake.Lake.Sql.QueryAsync("SELECT * FROM range(5000)", new QueryOptions { MaxRows = limit }, Cancellation);
        Assert.Equal(Math.Min(limit, 5000), (await result.ToListAsync(Cancellation)).Count);
        Assert.Equal(truncated, result.Truncated);
    }

    [Fact]
    public async Task Limits_out_of_range_are_refused()
    {
        await using var lake = new SqlLake();
        Assert.Equal("-1", (await lake.ErrorAsync("SELECT 1", new QueryOptions { MaxRows = -1 })).Value);
        await lake.ErrorAsync("SELECT 1", new QueryOptions { TimeLimit = TimeSpan.Zero });
    }

    [Fact]
    public async Task Rows_come_as_objects_of_a_class()
    {
        await using var lake = new SqlLake();
        lake.Table("silver.a", "id:string depth_km:double count:long").Add("SELECT 'k' AS id, 1.5 AS depth_km, 7::BIGINT AS count");
        await using var result = await lake.Lake.Sql.QueryAsync("SELECT * FROM silver.a", null, Cancellation);
        Assert.Equal(new Counted("k", 1.5, 7), Assert.Single(await result.ToListAsync<Counted>(Cancellation)));
    }

    [Fact]
    public async Task Values_come_in_the_promised_types()
    {
        await using var lake = new SqlLake();
        var row = Assert.Single(await lake.RowsAsync("""
            SELECT sum(1::BIGINT), 18446744073709551615::UBIGINT, 200::UTINYINT, TIME '01:02:03.5', INTERVAL 90 MINUTE, '6f9619ff-8b86-d011-b42d-00c04fc964ff'::UUID,
                   [1::HUGEINT], {'a': 1, 'b': [TIME '00:00:01']}, MAP {'k': 1.5}, 'NaN'::DOUBLE, 'a'::BLOB, TIMESTAMP '2026-01-02 03:04:05', 1.50::DECIMAL(5,2)
            """));
        Assert.Equal([1m, 18446744073709551615m, (short)200, "01:02:03.5", "PT5400S", "6f9619ff-8b86-d011-b42d-00c04fc964ff"], row[..6]);
        Assert.Equal([1m], Assert.IsType<object?[]>(row[6]));
        var fields = Assert.IsType<Dictionary<string, object?>>(row[7]);
        Assert.Equal(1, fields["a"]);
        Assert.Equal("00:00:01", Assert.Single(Assert.IsType<object?[]>(fields["b"])));
        Assert.Equal(new KeyValuePair<object, object?>("k", 1.5m), Assert.Single(Assert.IsType<KeyValuePair<object, object?>[]>(row[8])));
        Assert.Equal([double.NaN, "a"u8.ToArray(), new DateTime(2026, 1, 2, 3, 4, 5), 1.50m], row[9..]);
        Assert.Contains("cast it to VARCHAR", (await lake.ErrorAsync("SELECT 'infinity'::TIMESTAMPTZ")).Message, StringComparison.Ordinal);
        Assert.Equal("170141183460469231731687303715884105727,-12345678901234567890.123456789012345678,0.00000000000000000000000000000000000001", await lake.TextAsync(
            "SELECT 170141183460469231731687303715884105727::HUGEINT, '-12345678901234567890.123456789012345678'::DECIMAL(38,18), '0.00000000000000000000000000000000000001'::DECIMAL(38,38)"));
    }

    [Fact]
    public async Task Many_queries_run_at_once()
    {
        await using var lake = new SqlLake();
        lake.Table("silver.a", "x:long").Add("SELECT range AS x FROM range(10000)");
        var sums = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => lake.TextAsync("SELECT sum(x) FROM silver.a WHERE x <= $1", With(("1", i)))));
        Assert.Equal(Enumerable.Range(0, 60).Select(static i => (i * (i + 1) / 2).ToString()), sums);
    }

    internal static QueryOptions With(params (string Name, object? Value)[] parameters) =>
        new() { Parameters = parameters.ToDictionary(static p => p.Name, static p => p.Value) };

    private sealed record Counted(string Id, double? DepthKm, long Count);
}
