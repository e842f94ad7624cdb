using System.Globalization;
using System.Text.Json.Nodes;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Files that a query's filters rule out are not read, and no row is ever missed by it: random tables, random filters, each asked with and without statistics.</summary>
public sealed class PruningPropertyTests(ITestOutputHelper output)
{
    // IS DISTINCT FROM is left out: below OR, DuckDB 1.5.6 itself passes over row groups of nulls for it.
    private static readonly string[] Operators = ["=", "<>", "<", "<=", ">", ">="];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Filters_give_the_same_rows_whether_files_are_chosen_by_them_or_not(int seed)
    {
        var random = new Random(seed);
        await using var lake = new SqlLake();
        Make(lake, random);
        var (read, all) = (0L, 0L);
        for (var i = 0; i < 150; i++)
        {
            var filter = Filter(random, 2);
            var sql = Query(random, filter);
            var told = $"seed {seed}, query {i}: {sql}";
            var expected = await AnswerAsync(lake, sql.Replace("silver.stats", "silver.plain", StringComparison.Ordinal));
            var actual = await AnswerAsync(lake, sql);
            Assert.True(expected.Rows == actual.Rows, $"{told}\nmissing {string.Join('|', expected.Rows.Split('|').Except(actual.Rows.Split('|')))}\nsurplus {string.Join('|', actual.Rows.Split('|').Except(expected.Rows.Split('|')))}\n{expected.Rows.Length} {actual.Rows.Length} {actual.Files}/{actual.AllFiles}");
            read += actual.Files;
            all += actual.AllFiles;
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"read {read} of {all} files"));
        Assert.True(read < all * 0.9, $"seed {seed}: {read} of {all} files were read.");
    }

    private static async Task<(string Rows, long Files, long AllFiles)> AnswerAsync(SqlLake lake, string sql)
    {
        var options = new QueryOptions
        {
            Parameters = new Dictionary<string, object?> { ["n"] = 7, ["s"] = "b", ["d"] = new DateOnly(2026, 1, 8), ["t"] = new DateTimeOffset(2026, 1, 5, 0, 0, 0, 500, TimeSpan.Zero).AddMicroseconds(500) }
                .Where(p => sql.Contains("$" + p.Key, StringComparison.Ordinal)).ToDictionary(),
        };
        try
        {
            await using var result = await lake.Lake.Sql.QueryAsync(sql, options, TestContext.Current.CancellationToken);
            var rows = (await result.ToListAsync(TestContext.Current.CancellationToken)).Select(static r => string.Join(',', r.Select(static v => Convert.ToString(v, CultureInfo.InvariantCulture)))).Order(StringComparer.Ordinal);
            var text = string.Join('|', rows);
            return (text, result.Tables.Sum(static t => t.Files), result.Tables.Sum(static t => t.AllFiles));
        }
        catch (TarnException error)
        {
            return ("error " + error.Message.Split('\n')[0].Replace("plain", "stats", StringComparison.Ordinal), 0, 0);
        }
    }

    /// <summary>Two tables of the same files: one whose log tells their statistics and one whose log does not, and partition values in each.</summary>
    private static void Make(SqlLake lake, Random random)
    {
        var fields = new[]
        {
            ("i", "integer"), ("f", "double"), ("dec", "decimal(10,2)"), ("s", "string"), ("d", "date"), ("t", "timestamp"), ("p", "string"), ("q", "integer"),
        };
        var schema = RawTable.Struct([.. fields.Select(static f => RawTable.Field(f.Item1, f.Item2))]);
        var stats = new RawTable(lake.Root, "silver.stats").Schema(schema, partitionBy: ["p", "q"]);
        var plain = new RawTable(lake.Root, "silver.plain").Schema(schema, partitionBy: []);
        for (var file = 0; file < 12; file++)
        {
            var start = random.Next(0, 12);
            var partition = new Dictionary<string, string?> { ["p"] = random.Next(4) switch { 0 => null, 1 => "", var n => ((char)('a' + n)).ToString() }, ["q"] = random.Next(5) == 0 ? null : (file % 4).ToString(CultureInfo.InvariantCulture) };
            var rows = Enumerable.Range(0, random.Next(1, 5)).Select(_ => Row(random, start, file)).ToList();
            var literal = partition.Select(static v => $"{(string.IsNullOrEmpty(v.Value) ? "NULL" : $"'{v.Value}'")}::{(v.Key == "q" ? "INTEGER" : "VARCHAR")} AS {v.Key}");
            var select = $"SELECT i::INTEGER AS i, f::DOUBLE AS f, dec::DECIMAL(10,2) AS dec, s::VARCHAR AS s, d::DATE AS d, t::TIMESTAMPTZ AS t FROM (VALUES {string.Join(", ", rows)}) v(i, f, dec, s, d, t)";
            stats.Add(select, partition: partition, stats: random.Next(6) == 0 ? null : Stats(select, random));
            plain.Add($"SELECT *, {string.Join(", ", literal)} FROM ({select})");
        }
    }

    private static string Row(Random random, int start, int file)
    {
        var n = start + random.Next(3);
        string Or(string value) => random.Next(file % 3 == 0 ? 3 : 12) == 0 ? "NULL" : value;
        var text = n % 4 == 0 ? new string('b', 40) + n : $"{(char)('a' + (n % 5))}{n}";
        return FormattableString.Invariant(
            $"({Or($"{n - 3}")}, {Or(random.Next(8) == 0 ? "'NaN'::DOUBLE" : $"{n}.5::DOUBLE")}, {Or($"{n}.25")}, {Or($"'{text}'")}, {Or($"'2026-01-{n + 1:D2}'")}, {Or($"'2026-01-{n + 1:D2} 00:00:00.{random.Next(3)}00{random.Next(1000):D3}Z'")})");
    }

    /// <summary>Statistics as Spark writes them: texts cut to 32 characters, instants to milliseconds; NaN above all. Some are left out, some are looser than need be.</summary>
    private static string Stats(string select, Random random)
    {
        using var database = Tarn.Native.DuckDbDatabase.Open();
        using var connection = database.Connect();
        connection.Execute("SET TimeZone = 'UTC'");
        var (least, greatest, nulls) = (new JsonObject(), new JsonObject(), new JsonObject());
        foreach (var column in new[] { "i", "f", "dec", "s", "d", "t" })
        {
            if (random.Next(8) == 0)
            {
                continue;
            }

            nulls[column] = (long)connection.Scalar($"SELECT count(*) - count({column}) FROM ({select})")!;
            var text = column == "t" ? "strftime(date_trunc('millisecond', t), '%Y-%m-%dT%H:%M:%S.%gZ')" : $"{column}::VARCHAR";
            foreach (var (bounds, function) in new[] { (least, "min"), (greatest, "max") })
            {
                if (connection.Scalar($"SELECT {text} FROM (SELECT {function}({column}) AS {column} FROM ({select}))") is string value)
                {
                    var cut = column == "s" && value.Length > 32 ? value[..32] + (function == "max" && random.Next(2) == 0 ? "\U0010FFFF" : "") : value;
                    bounds[column] = column is "i" or "dec" || (column == "f" && value != "nan") ? JsonNode.Parse(value) : cut == "nan" ? "NaN" : cut;
                }
            }
        }

        return new JsonObject
        {
            ["numRecords"] = (long)connection.Scalar($"SELECT count(*) FROM ({select})")!,
            ["minValues"] = least,
            ["maxValues"] = greatest,
            ["nullCount"] = nulls,
            ["tightBounds"] = random.Next(2) == 0,
        }.ToJsonString();
    }

    private static string Query(Random random, string filter) => random.Next(5) switch
    {
        0 => $"SELECT a.* FROM silver.stats a WHERE {filter.Replace("{0}", "a.", StringComparison.Ordinal)}",
        1 => $"SELECT a.i, b.d FROM silver.stats a JOIN silver.stats b ON a.i = b.i AND {filter.Replace("{0}", "b.", StringComparison.Ordinal)} WHERE a.q <> 1",
        2 => $"SELECT a.i, b.s FROM silver.stats a LEFT JOIN silver.stats b ON a.i = b.i AND {filter.Replace("{0}", "b.", StringComparison.Ordinal)} WHERE b.i IS NULL OR b.p = 'c'",
        3 => $"SELECT count(*), min(s) FROM silver.stats a WHERE {filter.Replace("{0}", "", StringComparison.Ordinal)} UNION ALL SELECT count(*), max(s) FROM silver.stats WHERE q = 2",
        _ => $"SELECT i FROM silver.stats a WHERE EXISTS (SELECT 1 FROM silver.stats b WHERE b.q = a.q AND {filter.Replace("{0}", "b.", StringComparison.Ordinal)}) AND i < 6",
    };

    private static string Filter(Random random, int depth)
    {
        if (depth > 0 && random.Next(2) == 0)
        {
            var (left, right) = (Filter(random, depth - 1), Filter(random, depth - 1));
            return random.Next(5) == 0 ? $"NOT ({left})" : $"({left} {(random.Next(3) > 0 ? "AND" : "OR")} {right})";
        }

        string[] columns = ["i", "f", "dec", "s", "d", "t", "p", "q"];
        var name = columns[random.Next(columns.Length)];
        var column = "{0}" + name;
        return random.Next(10) switch
        {
            0 => $"{column} IS NULL",
            1 => $"{column} IS NOT NULL",
            2 => $"{column} BETWEEN {Value(random, name)} AND {Value(random, name)}",
            3 => $"{column} IN ({Value(random, name)}, {Value(random, name)})",
            4 when name is "s" or "p" => $"{column} LIKE '{(char)('a' + random.Next(5))}{(random.Next(2) == 0 ? "bbb" : "")}%'",
            4 when name == "t" => $"CAST({column} AS DATE) >= {Value(random, "d")}",
            4 when name == "i" => $"CAST({column} AS BIGINT) < {Value(random, "i")}",
            5 when name is "t" or "d" => $"date_trunc('day', {column}) = {Value(random, "d")}",
            6 => $"{Value(random, name)} {Operators[random.Next(Operators.Length)]} {column}",
            _ => $"{column} {Operators[random.Next(Operators.Length)]} {Value(random, name)}",
        };
    }

    private static string Value(Random random, string column)
    {
        var n = random.Next(-2, 16);
        var day = FormattableString.Invariant($"2026-01-{Math.Clamp(n, 1, 28):D2}");
        return column switch
        {
            "i" or "q" => random.Next(5) switch { 0 => "$n", 1 => FormattableString.Invariant($"{n}.5"), 2 => FormattableString.Invariant($"{n}::BIGINT"), 3 => FormattableString.Invariant($"({n} + 1)"), _ => FormattableString.Invariant($"{n}") },
            "f" => random.Next(6) == 0 ? "'NaN'::DOUBLE" : FormattableString.Invariant($"{n}.5"),
            "dec" => random.Next(2) == 0 ? FormattableString.Invariant($"{n}.25") : FormattableString.Invariant($"{n}"),
            "s" or "p" => random.Next(5) switch { 0 => "$s", 1 => $"'{new string('b', 40)}4'", 2 => $"'{new string('b', 32)}'", _ => $"'{(char)('a' + random.Next(5))}{(random.Next(2) == 0 ? n : "")}'" },
            "d" => random.Next(4) switch { 0 => "$d", 1 => $"'{day}'", 2 => $"(DATE '{day}' - INTERVAL 1 DAY)", _ => $"DATE '{day}'" },
            _ => random.Next(3) switch { 0 => "$t", 1 => $"TIMESTAMPTZ '{day} 00:00:00.{random.Next(3)}00{random.Next(1000):D3}Z'", _ => $"'{day}'" },
        };
    }
}
