using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Every table that Spark wrote, asked in SQL as users ask: <c>delta_scan</c> beside <c>read_parquet</c> of what Spark read.</summary>
public sealed class GoldenSqlTests(ITestOutputHelper output)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What the name of a table without expected rows asks for.</summary>
    private static readonly Dictionary<string, string> Asked = new(StringComparer.Ordinal)
    {
        ["canonicalized-paths-normal-a"] = "0 rows",
        ["deltalog-invalid-protocol-version"] = "Unsupported: 99",
        ["versions-not-contiguous"] = "Corrupt: 00000000000000000002.json",

        // A log alone, of files that were never there: the snapshot is that of its checkpoint, and its file is told to be missing.
        ["checkpoint"] = "Unavailable: checkpoint/delta/15",
        ["hive/delta/deltatbl-column-names-case-insensitive"] = "10 rows",
        ["hive/delta/deltatbl-deleted-path"] = "10 rows",
        ["hive/delta/deltatbl-incorrect-format-config"] = "10 rows",
        ["hive/delta/deltatbl-map-types-correctly"] = "1 rows",
        ["hive/delta/deltatbl-non-partitioned"] = "10 rows",
        ["hive/delta/deltatbl-not-allow-write"] = "10 rows",
        ["hive/delta/deltatbl-partition-prune"] = "5 rows",
        ["hive/delta/deltatbl-partitioned"] = "10 rows",
        ["hive/delta/deltatbl-schema-match"] = "10 rows",
        ["hive/delta/deltatbl-special-chars-in-partition-column"] = "10 rows",
        ["hive/delta/deltatbl-touch-files-needed-for-partitioned"] = "10 rows",
    };

    [Fact]
    public async Task Every_golden_table_reads_as_Spark_read_it_or_does_what_its_name_asks()
    {
        var golden = SharedData.Require("delta/golden");
        using var folder = new TemporaryDirectory();
        await using var lake = new Lake(
            new LocalObjectStore(folder.Combine("lake")), new LakeOptions { ReadableFolders = [golden] }, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, 1), NullLoggerFactory.Instance);
        var wrong = 0;
        foreach (var table in Directory.GetDirectories(golden, "_delta_log", SearchOption.AllDirectories).Select(static d => Path.GetDirectoryName(d)!).Order(StringComparer.Ordinal))
        {
            var name = Path.GetRelativePath(golden, Path.GetFileName(table) == "delta" ? Path.GetDirectoryName(table)! : table);
            if (name.StartsWith('.'))
            {
                continue;
            }

            var expected = Path.Combine(golden, name, "expected");
            var (rows, outcome, good) = Directory.Exists(expected) ? await CompareAsync(lake, table, expected) : await AskAsync(lake, table, Asked.GetValueOrDefault(name, "something"));
            output.WriteLine($"{name,-60} {rows,8} {(good ? "ok" : "WRONG")} {outcome}");
            wrong += good ? 0 : 1;
        }

        Assert.Equal(0, wrong);
    }

    private static async Task<(string Rows, string Outcome, bool Good)> CompareAsync(Lake lake, string table, string expected)
    {
        try
        {
            var scan = $"delta_scan({SqlNames.Text(table)})";
            var read = $"read_parquet({SqlNames.Text(expected + "/**/*.parquet")}, hive_partitioning = false)";
            await using var described = await lake.Sql.QueryAsync($"SELECT * FROM {scan} LIMIT 0", null, Cancel);
            var columns = string.Join(", ", described.Columns.Select(static c => $"CAST({SqlNames.Quote(c.Name)} AS {SqlNames.Type(c.Type)}) AS {SqlNames.Quote(c.Name)}"));
            await using var result = await lake.Sql.QueryAsync(
                $"""
                WITH ours AS (FROM {scan}), spark AS (SELECT {columns} FROM {read})
                SELECT (SELECT count(*) FROM ours), (SELECT count(*) FROM spark),
                       (SELECT count(*) FROM (FROM ours EXCEPT ALL FROM spark)), (SELECT count(*) FROM (FROM spark EXCEPT ALL FROM ours))
                """,
                null,
                Cancel);
            var row = Assert.Single(await result.ToListAsync(Cancel));
            var good = row is [long ours, long spark, 0L, 0L] && ours == spark;
            return (string.Create(CultureInfo.InvariantCulture, $"{row[0]}"), good ? "the rows that Spark read" : $"{row[1]} rows of Spark; {row[2]} surplus, {row[3]} missing", good);
        }
        catch (TarnException error)
        {
            return ("", error.Message, false);
        }
    }

    private static async Task<(string Rows, string Outcome, bool Good)> AskAsync(Lake lake, string table, string asked)
    {
        try
        {
            await using var result = await lake.Sql.QueryAsync($"SELECT * FROM delta_scan({SqlNames.Text(table)})", null, Cancel);
            var count = (await result.ToListAsync(Cancel)).Count;
            var rows = string.Create(CultureInfo.InvariantCulture, $"{count} rows");
            return (string.Create(CultureInfo.InvariantCulture, $"{count}"), $"asked for: {asked}", rows == asked);
        }
        catch (TarnException error)
        {
            var parts = asked.Split(": ");
            return ("", $"{error.Kind}: {error.Rule} ({error.Value})", parts.Length == 2 && error.Kind.ToString() == parts[0] && error.Message.Contains(parts[1], StringComparison.Ordinal));
        }
    }
}
