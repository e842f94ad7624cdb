using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>What a query must not be able to do.</summary>
public sealed class SqlClosedTests
{
    public static TheoryData<string> Refused =>
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM read_json('/etc/passwd')",
        "SELECT * FROM read_parquet('/etc/passwd')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM parquet_metadata('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM \"/etc/passwd\"",
        "SELECT * FROM '/etc/hosts.csv'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM GLOB('/*')",
        "SELECT (SELECT count(*) FROM read_csv('/etc/passwd'))",
        "WITH x AS (SELECT * FROM read_csv('/etc/passwd')) SELECT * FROM x",
        "SELECT 1 WHERE EXISTS (FROM read_csv('/etc/passwd'))",
        "SELECT * FROM range(1), LATERAL (SELECT * FROM read_csv('/etc/passwd'))",
        "SELECT * FROM query('SELECT * FROM read_csv(''/etc/passwd'')')",
        "SELECT * FROM query_table('/etc/passwd')",
        "SELECT 1 UNION SELECT * FROM read_csv('/etc/passwd')",
        "EXPLAIN ANALYZE SELECT * FROM read_csv('/etc/passwd')",
        "COPY (SELECT 1) TO '/tmp/tarn-copied.csv'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/tarn-copied.csv'",
        "EXPLAIN ANALYZE /* x */ COPY (SELECT 1) TO '/tmp/tarn-copied.csv'",
        "EXPLAIN (FORMAT json) SELECT 1",
        "ATTACH ':memory:' AS x",
        "ATTACH '/tmp/x.db' AS x",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA database_list",
        "PRAGMA threads=1",
        "CALL pragma_version()",
        "SET threads = 1",
        "RESET threads",
        "USE memory",
        "CREATE TABLE t (x INT)",
        "CREATE TEMP TABLE t AS SELECT 1",
        "CREATE MACRO f(x) AS x",
        "DROP TABLE t",
        "INSERT INTO silver.a VALUES (1)",
        "UPDATE silver.a SET x = 1",
        "DELETE FROM silver.a",
        "MERGE INTO silver.a USING silver.a AS b ON false WHEN NOT MATCHED THEN INSERT VALUES (1)",
        "BEGIN",
        "CHECKPOINT",
        "VACUUM",
        "EXPORT DATABASE '/tmp/tarn-exported'",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "SHOW DATABASES",
        "SELECT * FROM (SHOW TABLES)",
        "SELECT * FROM delta_scan('/etc')",
        "SELECT * FROM delta_scan('../../etc')",
        "SELECT * FROM delta_scan('file:///etc')",
        "SELECT * FROM delta_scan('s3://bucket/table')",
        "SELECT * FROM table_changes('/etc', 0)",
        "SELECT * FROM table_history('/etc')",
        "SELECT * FROM _1.a",
        "SELECT * FROM __rows.\"silver.a\"",
        "SELECT * FROM silver.a VERSION AS OF 0; DROP TABLE x",
        "DROP TABLE x; SELECT * FROM silver.a VERSION AS OF 0",
        "SELECT * FROM silver.a VERSION AS OF (SELECT count(*) FROM read_csv('/etc/passwd'))",
        "SELECT * FROM silver.a VERSION AS OF 0, read_csv('/etc/passwd')",
        "SELECT $$ $$, * FROM silver.a VERSION AS OF 0, read_csv('/etc/passwd') /* */",
        "SELECT * FROM checkpoint()",
        "SELECT * FROM enable_profiling()",
        "SELECT * FROM enable_logging()",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_databases()",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM sql_auto_complete('SEL')",
        "SELECT * FROM json_execute_serialized_sql('{}')",
        "",
        " -- nothing",
        ";",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE x",
    ];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_query_that_does_more_than_read_tables_is_refused(string sql)
    {
        await using var lake = new SqlLake();
        lake.Table("silver.a", "x:long").Add("SELECT 1::BIGINT AS x");
        var error = await lake.ErrorAsync(sql);
        Assert.True(error.Kind is ErrorKind.InvalidInput or ErrorKind.NotFound, error.ToString());
        Assert.False(File.Exists("/tmp/tarn-copied.csv"));
        Assert.Equal("1", await lake.TextAsync("SELECT x FROM silver.a"));
    }

    [Fact]
    public async Task Even_past_the_inspection_DuckDB_itself_reaches_no_file_outside_the_lake_and_no_setting()
    {
        await using var lake = new SqlLake();
        lake.Table("silver.a", "x:long").Add("SELECT 1::BIGINT AS x");
        using var lease = lake.Lake.DuckDb.Rent();
        foreach (var sql in new[]
        {
            "SELECT * FROM read_csv('/etc/passwd')", $"SELECT * FROM read_text('{lake.Root}/../../../etc/passwd')", $"COPY (SELECT 1) TO '{lake.Root}-beside.csv'", "ATTACH '/tmp/tarn-attached.db' AS x",
            "INSTALL httpfs", "LOAD '/tmp/x.so'", "SET threads = 1", "SET enable_external_access = true", "SET allowed_directories = ['/']", "PRAGMA memory_limit='10GB'",
        })
        {
            Assert.Throws<Native.DuckDbException>(() => lease.Connection.Execute(sql));
        }

        Assert.Equal("UTC", lease.Connection.Scalar("SELECT current_setting('TimeZone')"));
    }

    [Fact]
    public async Task A_message_says_what_may_be_done_instead()
    {
        await using var lake = new SqlLake();
        Assert.Equal("A query is one statement; these are 2.", (await lake.ErrorAsync("SELECT 1; SELECT 2")).Rule);
        var function = await lake.ErrorAsync("SELECT * FROM duckdb_settings()");
        Assert.Equal("duckdb_settings", function.Value);
        Assert.Contains("generate_series", function.Remedy, StringComparison.Ordinal);
        var file = await lake.ErrorAsync("SELECT * FROM read_csv('/etc/passwd')");
        Assert.Equal("read_csv", file.Value);
        Assert.Contains("Lake:ReadableFolders", file.Rule, StringComparison.Ordinal);
        Assert.Contains("Lake:ReadableFolders", (await lake.ErrorAsync("SELECT * FROM delta_scan('/etc')")).Rule, StringComparison.Ordinal);
        Assert.Contains("one statement that reads", (await lake.ErrorAsync("DROP TABLE x")).Rule, StringComparison.Ordinal);
    }
}
