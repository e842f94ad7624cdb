using System.Globalization;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Runs tests over rows that are not published yet.</summary>
internal static class ModelTests
{
    private const int MostSamples = 5;

    /// <summary>Runs the tests.</summary>
    /// <param name="connection">Shows the tables that the tests look into.</param>
    /// <param name="tests">The tests.</param>
    /// <param name="rows">The rows to test, as what stands in FROM.</param>
    /// <param name="whole">The rows that there will be, these among them: for rules between rows.</param>
    /// <param name="self">The model's own name: a relationship to it is one to <paramref name="whole"/>.</param>
    /// <param name="key">Columns that are shown of a failing row, too.</param>
    public static List<ModelTestResult> Run(DuckDbConnection connection, IEnumerable<ModelTest> tests, string rows, string whole, string self, IReadOnlyList<string> key)
    {
        var results = new List<ModelTestResult>();
        foreach (var test in tests)
        {
            var shown = key.Concat(test.Columns).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
            var (count, failing) = Sql(test, rows, whole, self, shown);
            var number = Convert.ToInt64(connection.Scalar(count), CultureInfo.InvariantCulture);
            results.Add(new ModelTestResult(test, number, number == 0 ? [] : Samples(connection, failing)));
        }

        return results;
    }

    private static (string Count, string Failing) Sql(ModelTest test, string rows, string whole, string self, IReadOnlyList<string> shown)
    {
        var columns = test.Columns.Select(static c => $"r.{SqlNames.Quote(c)}").ToList();
        var known = string.Join(" AND ", columns.Select(static c => $"{c} IS NOT NULL"));
        var select = string.Join(", ", shown.Select(static c => $"r.{SqlNames.Quote(c)}"));
        switch (test.Kind)
        {
            case ModelTestKind.Unique:
                var keys = string.Join(", ", columns);
                var groups = $"SELECT {keys}, count(*) AS rows FROM {whole} r WHERE {known} GROUP BY {keys} HAVING count(*) > 1";
                return ($"SELECT coalesce(sum(rows), 0)::BIGINT FROM ({groups})", groups);
            case ModelTestKind.NotNull:
                return Rows($"SELECT {select} FROM {rows} r WHERE NOT ({known})");
            case ModelTestKind.AcceptedValues:
                return Rows($"SELECT {select} FROM {rows} r WHERE {known} AND CAST({columns[0]} AS VARCHAR) NOT IN ({string.Join(", ", test.Values.Select(SqlNames.Text))})");
            default:
                var dot = test.To!.IndexOf('.', StringComparison.Ordinal);
                var to = test.To == self ? whole : $"{SqlNames.Quote(test.To[..dot])}.{SqlNames.Quote(test.To[(dot + 1)..])}";
                var same = string.Join(" AND ", columns.Zip(test.ToColumns, static (c, f) => $"t.{SqlNames.Quote(f)} = {c}"));
                return Rows($"SELECT {select} FROM {rows} r WHERE {known} AND NOT EXISTS (SELECT 1 FROM {to} t WHERE {same})");
        }
    }

    private static (string Count, string Failing) Rows(string failing) => ($"SELECT count(*) FROM ({failing})", failing);

    private static List<string> Samples(DuckDbConnection connection, string failing)
    {
        using var result = connection.Query($"SELECT * FROM ({failing}) ORDER BY ALL LIMIT {MostSamples.ToString(CultureInfo.InvariantCulture)}");
        var samples = new List<string>();
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                samples.AddRange(QueryValues.Read(chunk, chunk.Count).Select(row => string.Join(", ", row.Select((value, i) => $"{result.Columns[i].Name}={Show(value)}"))));
            }
        }

        return samples;
    }

    private static string Show(object? value)
    {
        var text = value switch
        {
            null => "null",
            DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            DateTimeOffset instant => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture),
            DateTime local => local.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };
        return text.Length <= 60 ? text : text[..60] + "…";
    }
}
