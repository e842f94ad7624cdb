using Tarn.Core;
using Xunit;
using static Tarn.Lake.Tests.SqlEngineTests;

namespace Tarn.Lake.Tests;

/// <summary>Versions of tables, tables without a name, histories and the catalogue, as FROM has them.</summary>
public sealed class SqlVersionTests
{
    [Theory]
    [InlineData("silver.a VERSION AS OF 1", "1")]
    [InlineData("silver.a FOR VERSION AS OF 2", "3")]
    [InlineData("silver.a version as of 1 AS b", "1")]
    [InlineData("silver.a VERSION AS OF 1 b WHERE b.x = 0", "1")]
    [InlineData("silver.a VERSION AS OF 1 WHERE a.x = 0", "1")]
    [InlineData("SILVER.\"a\" /* the first */ VERSION -- of all\n AS OF '1'", "1")]
    [InlineData("silver.a FOR SYSTEM_VERSION AS OF 0", "0")]
    [InlineData("silver.a TIMESTAMP AS OF '1970-01-02T12:00:00Z'", "1")]
    [InlineData("silver.a TIMESTAMP AS OF '1970-01-02 01:00:00+01:00'", "1")]
    [InlineData("silver.a FOR TIMESTAMP AS OF TIMESTAMP '1970-01-03'", "3")]
    [InlineData("silver.a FOR SYSTEM_TIME AS OF DATE '1970-01-01'", "0")]
    [InlineData("silver.a AT (VERSION => 1)", "1")]
    [InlineData("silver.a AT (TIMESTAMP => '1970-01-02') c WHERE c.x >= 0", "1")]
    [InlineData("silver.a VERSION AS OF $v", "1")]
    [InlineData("silver.a TIMESTAMP AS OF $then", "3")]
    [InlineData("delta_scan('PATH')", "6")]
    [InlineData("delta_scan('PATH', version => 1)", "1")]
    [InlineData("delta_scan('PATH', timestamp := '1970-01-03')", "3")]
    [InlineData("delta_scan($path, version => $v) AS b WHERE b.x = 0", "1")]
    [InlineData("delta_scan('file://PATH') VERSION AS OF 2 WHERE delta_scan.x >= 0", "3")]
    [InlineData("(SELECT x FROM silver.a VERSION AS OF 1 UNION ALL SELECT x FROM silver.a VERSION AS OF 2 UNION ALL SELECT x FROM silver.a)", "10")]
    [InlineData("silver.a AS late LEFT JOIN silver.a VERSION AS OF 1 AS early USING (x) WHERE early.x IS NULL", "5")]
    public async Task A_table_is_read_as_it_was(string from, string count)
    {
        await using var lake = Lake();
        var path = Path.Combine(lake.Root, "silver", "a");
        var sql = $"SELECT count(*) FROM {from.Replace("PATH", path, StringComparison.Ordinal)}";
        var named = new Dictionary<string, object?> { ["v"] = 1, ["then"] = DateTimeOffset.UnixEpoch.AddDays(2.5), ["path"] = path };
        var options = new QueryOptions { Parameters = named.Where(p => from.Contains("$" + p.Key, StringComparison.Ordinal)).ToDictionary() };
        Assert.Equal(count, await lake.TextAsync(sql, options));
        Assert.Equal(count, await lake.TextAsync(sql, options));
    }

    [Fact]
    public async Task The_querys_own_version_is_that_of_tables_that_name_none()
    {
        await using var lake = Lake();
        var options = new QueryOptions { AsOf = AsOf.Version(1) };
        Assert.Equal("1,3", await lake.TextAsync("SELECT (SELECT count(*) FROM silver.a), (SELECT count(*) FROM silver.a VERSION AS OF 2)", options));
        await using var result = await lake.Lake.Sql.QueryAsync("SELECT * FROM silver.a, silver.a VERSION AS OF 2 AS b", options, TestContext.Current.CancellationToken);
        Assert.Equal([1L, 2L], result.Tables.Select(static t => t.Version).Order());
        Assert.Equal(2, result.Versions["silver.a"]);
    }

    [Fact]
    public async Task Parameters_of_versions_take_no_others_place()
    {
        await using var lake = Lake();
        Assert.Equal("2", await lake.TextAsync("SELECT x FROM silver.a VERSION AS OF ? WHERE x = ? OR x = ?", With(("1", 2), ("2", 2), ("3", 17))));
        Assert.Equal("2", await lake.TextAsync("SELECT x FROM silver.a VERSION AS OF $2 WHERE x = $1", With(("1", 2), ("2", 2))));
        Assert.Contains("Give v in", (await lake.ErrorAsync("SELECT x FROM silver.a VERSION AS OF $v")).Remedy, StringComparison.Ordinal);
        Assert.Equal("soon", (await lake.ErrorAsync("SELECT x FROM silver.a TIMESTAMP AS OF $v", With(("v", "soon")))).Value);
        Assert.Equal("-", (await lake.ErrorAsync("SELECT x FROM silver.a VERSION AS OF -1")).Value);
        Assert.Equal("1.5", (await lake.ErrorAsync("SELECT x FROM silver.a VERSION AS OF 1.5")).Value);
    }

    [Theory]
    [InlineData("SELECT version AS of, 1 AS timestamp FROM (SELECT 3 AS version)", "3,1")]
    [InlineData("SELECT 'silver.a VERSION AS OF 1', $$delta_scan('x')$$, \"table_history\" FROM (SELECT 1 AS table_history)", "silver.a VERSION AS OF 1,delta_scan('x'),1")]
    [InlineData("SELECT count(*) FROM silver.a /* VERSION AS OF 1 */ -- VERSION AS OF 2", "6")]
    public async Task What_only_looks_like_a_version_is_none(string sql, string expected)
    {
        await using var lake = Lake();
        Assert.Equal(expected, await lake.TextAsync(sql));
    }

    [Fact]
    public async Task Errors_point_at_the_text_that_was_written()
    {
        await using var lake = Lake();
        var error = await lake.ErrorAsync("SELECT x\nFROM silver.a VERSION AS OF 1 AS early JOIN delta_scan('" + lake.Root + "/silver/a') AS b ON b.y = early.x");
        Assert.Contains("LINE 2: ...", error.Message, StringComparison.Ordinal);
        var lines = error.Message.Split('\n');
        var at = Array.FindIndex(lines, static l => l.StartsWith("LINE", StringComparison.Ordinal));
        Assert.Equal("b.y = early.x", lines[at][(lines[at + 1].Length - 1)..]);
        var short_ = await lake.ErrorAsync("SELECT nope FROM silver.a VERSION AS OF 1 WHERE x = 1");
        Assert.Contains("LINE 1: SELECT nope FROM silver.a VERSION AS OF 1 WHERE x = 1\n               ^", short_.Message, StringComparison.Ordinal);
        Assert.Contains("VERSION AS OF 1 WHERE WHERE x\n", (await lake.ErrorAsync("SELECT x FROM silver.a VERSION AS OF 1 WHERE WHERE x")).Message, StringComparison.Ordinal);
        Assert.Equal("Did you mean silver.a?", (await lake.ErrorAsync("SELECT * FROM silver.b VERSION AS OF 1")).Remedy);
        Assert.Equal("Did you mean silver.a?", (await lake.ErrorAsync("SELECT * FROM a VERSION AS OF 1")).Remedy);
        Assert.Equal("Did you mean silver.a?", (await lake.ErrorAsync("SELECT * FROM table_history('silver.b')")).Remedy);
        Assert.Equal("9", (await lake.ErrorAsync("SELECT * FROM silver.a VERSION AS OF 9")).Value);
        Assert.Contains("delta_scan('/data/trips', version => 12)", (await lake.ErrorAsync("SELECT * FROM delta_scan('x', verison => 1)")).Rule, StringComparison.Ordinal);
        Assert.Contains("not both", (await lake.ErrorAsync("SELECT * FROM delta_scan('x', version => 1, timestamp => '2020-01-01')")).Rule, StringComparison.Ordinal);
        Assert.Contains("no folder _delta_log", (await lake.ErrorAsync($"SELECT * FROM delta_scan('{lake.Root}/silver')")).Rule, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tables_history_is_a_table()
    {
        await using var lake = Lake();
        Assert.Equal("3,WRITE|2,WRITE|1,WRITE|0,WRITE", await lake.TextAsync("SELECT version, operation FROM table_history('silver.a') ORDER BY version DESC"));
        Assert.Equal("2", await lake.TextAsync("SELECT max(version) FROM table_history('silver.a') h WHERE h.timestamp < TIMESTAMPTZ '1970-01-04 00:00:00Z' AND cardinality(metrics) = 0"));
        Assert.Equal("4", await lake.TextAsync($"SELECT count(*) FROM table_history('{lake.Root}/silver/a')"));
    }

    [Fact]
    public async Task The_lakes_tables_and_columns_are_listed()
    {
        await using var lake = Lake();
        lake.Table("gold.b", "day:date n:long", "day");
        Assert.Equal("gold.b|silver.a", await lake.TextAsync("SHOW TABLES;"));
        Assert.Equal("lake,gold,b,BASE TABLE|lake,silver,a,BASE TABLE", await lake.TextAsync("show all tables"));
        Assert.Equal("a", await lake.TextAsync("SELECT table_name FROM information_schema.tables WHERE table_schema = 'silver'"));
        Assert.Equal("b,day,1,DATE|b,n,2,BIGINT|a,x,1,BIGINT", await lake.TextAsync("SELECT c.table_name, column_name, ordinal_position, data_type FROM information_schema.columns c ORDER BY table_schema, ordinal_position"));
        await using var none = new SqlLake();
        Assert.Equal("", await none.TextAsync("SHOW TABLES"));
    }

    [Fact]
    public async Task Tables_and_files_of_folders_that_may_be_read_are_read()
    {
        using var folder = new Tarn.Contracts.TemporaryDirectory();
        var elsewhere = Path.Combine(folder.Path, "my tables");
        new ForeignTable(elsewhere, "trips", SqlLake.Schema("x:long d:date"), "d").AddAt("d=1/a file.parquet", "SELECT 7::BIGINT AS x", "d", "2026-11-22");
        File.WriteAllText(Path.Combine(elsewhere, "a.csv"), "n,m\n1,2\n");
        await using var closed = new SqlLake();
        Assert.Contains("ReadableFolders", (await closed.ErrorAsync($"SELECT * FROM delta_scan('{elsewhere}/trips')")).Message, StringComparison.Ordinal);
        await using var open = new SqlLake(options: new LakeOptions { ReadableFolders = [elsewhere], WorkingFolder = folder.Path });
        Assert.Equal("7,2026-11-22", await open.TextAsync($"SELECT * FROM delta_scan('{elsewhere}/trips')"));
        Assert.Equal("7,2026-11-22", await open.TextAsync("SELECT * FROM delta_scan('my tables/trips/')"));
        Assert.Equal("7,7,1", await open.TextAsync($"SELECT t.x, p.x, c.n FROM delta_scan('my tables/trips') t, read_parquet('{elsewhere}/trips/*/*.parquet', hive_partitioning = false) p, '{elsewhere}/a.csv' c"));
        Assert.Equal(ErrorKind.NotFound, (await open.ErrorAsync("SELECT * FROM delta_scan('my tables/none')")).Kind);
        Assert.Contains("ReadableFolders", (await open.ErrorAsync("SELECT * FROM delta_scan('/etc')")).Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.InvalidInput, (await open.ErrorAsync("SELECT * FROM read_csv('/etc/passwd')")).Kind);
        Assert.False(Directory.Exists(Path.Combine(elsewhere, "none")));
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "link"), elsewhere);
        Directory.CreateSymbolicLink(Path.Combine(elsewhere, "out"), "/usr");
        await using var linked = new SqlLake(options: new LakeOptions { ReadableFolders = [folder.Path] });
        Assert.Equal("7,2026-11-22", await linked.TextAsync($"SELECT * FROM delta_scan('{folder.Path}/link/trips')"));
        Assert.Contains("ReadableFolders", (await linked.ErrorAsync($"SELECT * FROM delta_scan('{elsewhere}/out/lib')")).Message, StringComparison.Ordinal);
        await using var itself = new SqlLake(options: new LakeOptions { ReadableFolders = [Path.Combine(elsewhere, "trips")] });
        Assert.Equal("7,2026-11-22", await itself.TextAsync($"SELECT * FROM delta_scan('{elsewhere}/trips')"));
    }

    private static SqlLake Lake()
    {
        var lake = new SqlLake();
        lake.Table("silver.a", "x:long").Add("SELECT 0::BIGINT AS x").Add("SELECT range + 1 AS x FROM range(2)").Add("SELECT range + 3 AS x FROM range(3)");
        return lake;
    }
}
