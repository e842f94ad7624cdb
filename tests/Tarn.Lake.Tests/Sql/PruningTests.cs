using System.Globalization;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>How many of a table's files a query reads.</summary>
public sealed class PruningTests
{
    // Ten files of a hundred rows: x from 0 on, day by file from 2026-01-01 on, s from k0 on; the last has nulls alone.
    [Theory]
    [InlineData("SELECT * FROM silver.a WHERE x = 250", 1)]
    [InlineData("SELECT * FROM silver.a WHERE x = $p", 1)]
    [InlineData("SELECT * FROM silver.a WHERE $p > x", 3)]
    [InlineData("SELECT * FROM silver.a WHERE x >= 250 AND x < 399.5", 2)]
    [InlineData("SELECT * FROM silver.a WHERE x BETWEEN 100 + 50 AND 2 * 100", 2)]
    [InlineData("SELECT * FROM silver.a WHERE x IN (5, 7, 850)", 2)]
    [InlineData("SELECT * FROM silver.a WHERE x = 5 OR a.day = '2026-01-09'", 2)]
    [InlineData("SELECT * FROM silver.a WHERE x = 5 OR random() > 2", 10)]
    [InlineData("SELECT * FROM silver.a WHERE x IS NULL", 1)]
    [InlineData("SELECT * FROM silver.a WHERE x IS NOT NULL", 9)]
    [InlineData("SELECT * FROM silver.a WHERE NOT (x < 700)", 2)]
    [InlineData("SELECT * FROM silver.a WHERE x::DOUBLE > 750.5", 2)]
    [InlineData("SELECT * FROM silver.a WHERE s LIKE 'k3%'", 1)]
    [InlineData("SELECT * FROM silver.a WHERE s LIKE '%3'", 10)]
    [InlineData("SELECT * FROM silver.a WHERE starts_with(s, 'k2')", 1)]
    [InlineData("SELECT * FROM silver.a WHERE day >= DATE '2026-01-09'", 2)]
    [InlineData("SELECT * FROM silver.a WHERE day <> '2026-01-02'", 9)]
    [InlineData("SELECT * FROM silver.a WHERE day > DATE '2026-01-08' - INTERVAL 1 DAY AND day < '2026-01-09'", 1)]
    [InlineData("SELECT * FROM silver.a WHERE date_trunc('month', day) = '2026-02-01'", 0)]
    [InlineData("SELECT b.x FROM range(3) r JOIN silver.a AS b ON b.x = r.range AND b.x < 90", 1)]
    [InlineData("SELECT b.x FROM range(3) r LEFT JOIN silver.a AS b ON b.x = r.range AND b.x < 90", 1)]
    [InlineData("SELECT b.x FROM range(3) r LEFT JOIN silver.a AS b ON b.x = r.range WHERE b.x IS NULL", 10)]
    [InlineData("SELECT b.x FROM silver.a AS b LEFT JOIN range(3) r ON b.x < 90 WHERE b.x > 800", 1)]
    [InlineData("SELECT * FROM silver.a b ASOF JOIN silver.a c ON b.x >= c.x WHERE c.x = 5", 10)]
    [InlineData("SELECT * FROM silver.a POSITIONAL JOIN range(3) WHERE x = 5", 10)]
    [InlineData("SELECT * FROM silver.a TABLESAMPLE 50 PERCENT (bernoulli) WHERE x = 5", 10)]
    [InlineData("SELECT (SELECT max(x) FROM silver.a WHERE x < 100), (SELECT count(*) FROM silver.a WHERE day = '2026-01-05')", 2)]
    [InlineData("SELECT (SELECT max(x) FROM silver.a WHERE x < 100), (SELECT count(*) FROM silver.a)", 10)]
    [InlineData("WITH c AS (SELECT * FROM silver.a WHERE x < 100) SELECT count(*) FROM c WHERE day = '2026-01-01'", 1)]
    [InlineData("SELECT t.c1 FROM silver.a AS t(c1, c2) WHERE c1 = 5", 10)]
    [InlineData("SELECT * FROM silver.a WHERE x = NULL", 9)]
    [InlineData("SELECT * FROM silver.a VERSION AS OF 11 WHERE x = 250", 1)]
    [InlineData("SELECT * FROM delta_scan('PATH') WHERE x = 250", 1)]
    [InlineData("SELECT count(*) FROM silver.a WHERE x = 250 AND x = 850", 0)]
    public async Task Only_files_that_may_match_are_read(string sql, int files)
    {
        await using var lake = new SqlLake();
        var table = new RawTable(lake.Root, "silver.a").Schema(RawTable.Struct(RawTable.Field("x", "long"), RawTable.Field("s", "string"), RawTable.Field("day", "date")), partitionBy: "day");
        for (var i = 0; i < 10; i++)
        {
            var stats = i == 9
                ? """{"numRecords":100,"minValues":{},"maxValues":{},"nullCount":{"x":100,"s":100}}"""
                : string.Create(CultureInfo.InvariantCulture, $$$"""{"numRecords":100,"minValues":{"x":{{{100 * i}}},"s":"k{{{i}}}"},"maxValues":{"x":{{{(100 * i) + 99}}},"s":"k{{{i}}}"},"nullCount":{"x":0,"s":0}}""");
            table.Add(
                i == 9 ? "SELECT NULL::BIGINT AS x, NULL::VARCHAR AS s FROM range(100)" : string.Create(CultureInfo.InvariantCulture, $"SELECT range + {100 * i} AS x, 'k{i}' AS s FROM range(100)"),
                partition: new Dictionary<string, string?> { ["day"] = string.Create(CultureInfo.InvariantCulture, $"2026-01-{i + 1:D2}") },
                stats: stats);
        }

        table.Commit(new System.Text.Json.Nodes.JsonObject { ["txn"] = new System.Text.Json.Nodes.JsonObject { ["appId"] = "a", ["version"] = 1 } });
        sql = sql.Replace("PATH", Path.Combine(lake.Root, "silver", "a"), StringComparison.Ordinal);
        var options = sql.Contains("$p", StringComparison.Ordinal) ? SqlEngineTests.With(("p", 250)) : null;
        await using var result = await lake.Lake.Sql.QueryAsync(sql, options, TestContext.Current.CancellationToken);
        var read = Assert.Single(result.Tables);
        Assert.Equal((files, 10), (read.Files, read.AllFiles));
    }
}
