using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>What SQL sees of a table: its version's schema and the log's partition values, whatever the files hold.</summary>
public sealed class SqlViewTests
{
    [Fact]
    public async Task A_table_without_files_has_its_columns_and_no_rows()
    {
        await using var lake = new SqlLake();
        lake.Table("silver.empty", "id:string n:long at:timestamp d:date v:decimal l:longs", "d");
        Assert.Equal("0", await lake.TextAsync("SELECT count(*) FROM silver.empty"));
        Assert.Equal("null", await lake.TextAsync("SELECT max(\"at\") FROM silver.empty"));
        await using var result = await lake.Lake.Sql.QueryAsync("SELECT * FROM silver.empty", null, TestContext.Current.CancellationToken);
        Assert.Equal(["string", "long", "timestamp", "date", "decimal(10,2)", "array<long>"], result.Columns.Select(static c => c.Type.ToString()));
    }

    [Fact]
    public async Task Every_query_sees_the_latest_version_and_as_of_an_older_one()
    {
        await using var lake = new SqlLake();
        var table = lake.Table("silver.a", "x:long");
        const string Sql = "SELECT count(*) FROM silver.a";
        Assert.Equal("0", await lake.TextAsync(Sql));
        table.Add("SELECT 1::BIGINT AS x");
        Assert.Equal("1", await lake.TextAsync(Sql));
        table.Add("SELECT range AS x FROM range(10)");
        Assert.Equal("11", await lake.TextAsync(Sql));
        Assert.Equal("1", await lake.TextAsync(Sql, new QueryOptions { AsOf = AsOf.Version(1) }));
        Assert.Equal("0", await lake.TextAsync(Sql, new QueryOptions { AsOf = AsOf.Version(0) }));
        Assert.Equal("1", await lake.TextAsync(Sql, new QueryOptions { AsOf = AsOf.Time(DateTimeOffset.UnixEpoch.AddDays(1.5)) }));
        Assert.Equal("11", await lake.TextAsync(Sql));
        Assert.Equal(ErrorKind.NotFound, (await lake.ErrorAsync(Sql, new QueryOptions { AsOf = AsOf.Version(9) })).Kind);
    }

    [Fact]
    public async Task A_column_that_older_files_lack_is_null_there_and_one_that_was_dropped_is_not_seen()
    {
        await using var lake = new SqlLake();
        lake.Table("silver.a", "id:string old:long")
            .Add("SELECT 'a' AS id, 1::BIGINT AS old")
            .Evolve(SqlLake.Schema("id:string fresh:double note:string"))
            .Add("SELECT 2.5 AS fresh, 'b' AS id, 9 AS surplus");
        Assert.Equal("a,null,null|b,2.5,null", await lake.TextAsync("SELECT * FROM silver.a ORDER BY id"));
        Assert.Equal("a,1", await lake.TextAsync("SELECT * FROM silver.a", new QueryOptions { AsOf = AsOf.Version(1) }));
        Assert.Contains("old", (await lake.ErrorAsync("SELECT old FROM silver.a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_of_other_widths_and_orders_are_read_in_the_schemas_types()
    {
        await using var lake = new SqlLake();
        lake.Table("silver.a", "n:long v:double at:timestamp")
            .Add("SELECT 1::INTEGER AS n, 1.5::FLOAT AS v, TIMESTAMPTZ '2026-01-01 00:00:00Z' AS at")
            .Add("SELECT TIMESTAMP '2026-01-02 00:00:00' AS at, 2::BIGINT AS n, 2::DOUBLE AS v");
        Assert.Equal("1,1.5,2026-01-01T00:00:00Z|2,2,2026-01-02T00:00:00Z", await lake.TextAsync("SELECT * FROM silver.a ORDER BY n"));
    }

    [Fact]
    public async Task Partition_values_are_the_logs_where_paths_and_files_lie()
    {
        await using var lake = new SqlLake();
        lake.Table("silver.a", "x:long day:date kind:string", "day", "kind")
            .AddAt("day=2020-01-01/kind=lie/a.parquet", "SELECT 1::BIGINT AS x", "day", "2026-11-01", "kind", "it's")
            .AddAt("b.parquet", "SELECT 2::BIGINT AS x, DATE '1999-09-09' AS day, 'file' AS kind", "day", null, "kind", "")
            .AddAt("elsewhere/c.parquet", "SELECT 3::BIGINT AS x, 'file' AS KIND", "day", "2026-12-01", "kind", "ü/%=?");
        Assert.Equal("1,2026-11-01,it's|2,null,null|3,2026-12-01,ü/%=?", await lake.TextAsync("SELECT * FROM silver.a ORDER BY x"));
        Assert.Equal("3", await lake.TextAsync("SELECT x FROM silver.a WHERE day >= DATE '2026-12-01'"));
        Assert.Equal("2", await lake.TextAsync("SELECT x FROM silver.a WHERE day IS NULL"));
    }

    [Fact]
    public async Task Partition_values_that_paths_tell_keep_their_types()
    {
        await using var lake = new SqlLake();
        lake.Table("silver.a", "x:long day:date n:integer", "day", "n")
            .AddAt("day=2026-11-01/n=007/a.parquet", "SELECT 1::BIGINT AS x", "day", "2026-11-01", "n", "007")
            .AddAt("day=__HIVE_DEFAULT_PARTITION__/n=8/b.parquet", "SELECT 2::BIGINT AS x, DATE '1999-09-09' AS day", "day", null, "n", "8")
            .AddAt("day=2026-12-01/n=9/c.parquet", "SELECT 3::BIGINT AS x", "day", "2026-12-01", "n", "9");
        Assert.Equal("1,2026-11-01,7|2,null,8|3,2026-12-01,9", await lake.TextAsync("SELECT * FROM silver.a ORDER BY x"));
        Assert.Equal("2", await lake.TextAsync("SELECT x FROM silver.a WHERE day IS NULL AND n = 8"));
        Assert.Equal("3", await lake.TextAsync("SELECT sum(x) FROM silver.a WHERE day = DATE '2026-12-01'"));
        Assert.Contains("Total Files Read: 1", await lake.TextAsync("EXPLAIN ANALYZE SELECT sum(x) FROM silver.a WHERE day = DATE '2026-12-01'"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("with space and 'quote'")]
    [InlineData("a[1]b")]
    [InlineData("stars*and?marks")]
    [InlineData("ünïcode,{a,b}")]
    public async Task The_lake_may_be_in_a_folder_of_any_name(string folder)
    {
        await using var lake = new SqlLake(folder);
        lake.Table("silver.a", "x:long").Add("SELECT 42::BIGINT AS x").AddAt("sub dir/fi*le[2]?.parquet", "SELECT 43::BIGINT AS x");
        Assert.Equal("42|43", await lake.TextAsync("SELECT x FROM silver.a ORDER BY x"));
    }

    [Fact]
    public async Task A_missing_file_is_told_as_such()
    {
        await using var lake = new SqlLake();
        lake.Table("silver.a", "x:long").Add("SELECT 42::BIGINT AS x");
        Directory.GetFiles(Path.Combine(lake.Root, "silver", "a"), "*.parquet").ToList().ForEach(File.Delete);
        var error = await lake.ErrorAsync("SELECT * FROM silver.a");
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("VACUUM", error.Remedy, StringComparison.Ordinal);
        File.WriteAllBytes(Path.Combine(lake.Root, "silver", "a", "part-00000.parquet"), [1, 2, 3]);
        await lake.ErrorAsync("SELECT * FROM silver.a");
        Assert.Equal("1", await lake.TextAsync("SELECT 1"));
    }
}
