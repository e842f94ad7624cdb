using System.Globalization;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// Computes a model's rows into a file of its own, and tests them there, before anything is published (write, audit, publish). Runs on one connection that shows
/// one version of each table.
/// </summary>
internal sealed class ModelStaging(SqlModel model, TableSchema schema, string folder, string id)
{
    private readonly string _all = Path.Combine(folder, $"model-{id}-rows.parquet");
    private readonly string _changed = Path.Combine(folder, $"model-{id}-changed.parquet");

    /// <summary>The rows, all of them: those of a table.</summary>
    /// <exception cref="DuckDbException">The query fails.</exception>
    public StagedRows All(DuckDbConnection connection)
    {
        Copy(connection, Casted(null), _all);
        var rows = Read(_all);
        return new StagedRows(_all, Count(connection, rows), ModelTests.Run(connection, Tests(), rows, rows, model.Name, model.UniqueKey));
    }

    /// <summary>The rows that a merge into the table would change: those it lacks and those that differ, older ones by the watermark left out.</summary>
    /// <param name="connection">Shows the table, too.</param>
    /// <param name="table">The table's columns.</param>
    /// <param name="testAll">Whether rows that do not change are tested too, as when the tests are new.</param>
    public StagedRows Changed(DuckDbConnection connection, TableSchema table, bool testAll)
    {
        Copy(connection, Casted(Cutoff(connection, table)), _all);
        var all = Read(_all);

        // Two rows of one key would overwrite each other, in any order.
        var keyTests = ModelTests.Run(connection, KeyTests(), all, all, model.Name, model.UniqueKey);
        if (keyTests.Exists(static t => t.FailingRows > 0))
        {
            return new StagedRows(_all, 0, keyTests);
        }

        Copy(connection, Difference(all, table), _changed);
        var changed = Read(_changed);
        var whole = $"(SELECT * FROM {changed} UNION ALL BY NAME SELECT t.* FROM {Target} t WHERE NOT EXISTS (SELECT 1 FROM {changed} s WHERE {SameKey}))";
        var tests = ModelTests.Run(connection, OwnTests(), testAll ? whole : changed, whole, model.Name, model.UniqueKey);
        return new StagedRows(_changed, Count(connection, changed), [.. keyTests, .. tests]);
    }

    /// <summary>Only tests: a view has no rows of its own.</summary>
    public List<ModelTestResult> Test(DuckDbConnection connection)
    {
        var rows = $"({model.Sql}\n)";
        return ModelTests.Run(connection, Tests(), rows, rows, model.Name, model.UniqueKey);
    }

    /// <summary>Removes the files.</summary>
    public void Clear()
    {
        foreach (var file in Directory.Exists(folder) ? Directory.GetFiles(folder, $"model-{id}-*") : [])
        {
            File.Delete(file);
        }
    }

    /// <summary>What stands in FROM for a file.</summary>
    public static string Read(string file) => $"read_parquet({SqlNames.Text(SqlNames.Pattern(file))}, hive_partitioning = false)";

    private string Target => $"{SqlNames.Quote(model.Table.Layer)}.{SqlNames.Quote(model.Table.Name)}";

    private string SameKey => string.Join(" AND ", model.UniqueKey.Select(static k => $"t.{SqlNames.Quote(k)} = s.{SqlNames.Quote(k)}"));

    private IEnumerable<ModelTest> Tests() => KeyTests().Concat(OwnTests());

    // What the key says already is not told twice.
    private IEnumerable<ModelTest> OwnTests() => model.Tests.Where(t => t.Severity == TestSeverity.Warn || !KeyTests().Any(k => k.ToString() == t.ToString()));

    private IEnumerable<ModelTest> KeyTests() => model.UniqueKey.Count == 0
        ? []
        : [new ModelTest(ModelTestKind.Unique, model.UniqueKey), new ModelTest(ModelTestKind.NotNull, model.UniqueKey)];

    private void Copy(DuckDbConnection connection, string select, string file)
    {
        Directory.CreateDirectory(folder);
        connection.Execute($"COPY ({select}\n) TO {SqlNames.Text(file)} (FORMAT parquet, COMPRESSION snappy)");
    }

    private string Casted(string? filter)
    {
        var columns = string.Join(", ", schema.Columns.Select(static c => $"CAST({SqlNames.Quote(c.Name)} AS {SqlNames.Type(c.Type)}) AS {SqlNames.Quote(c.Name)}"));
        return $"SELECT {columns} FROM (\n{model.Sql}\n) q{(filter is null ? "" : $" WHERE {filter}")}";
    }

    // The cutoff is a constant, so that it reaches the scan of the tables wherever the query lets it through.
    private string? Cutoff(DuckDbConnection connection, TableSchema table)
    {
        if (model.Watermark is not { } name || table.Find(name) is null || schema.Find(name) is not { } column)
        {
            return null;
        }

        var quoted = SqlNames.Quote(name);
        var back = model.Lookback switch
        {
            null => "",
            { } text when ModelHeader.TryDuration(text, out var duration) => column.Type == ColumnType.Date
                ? FormattableString.Invariant($" - {duration.Days}")
                : FormattableString.Invariant($" - INTERVAL '{(long)duration.TotalSeconds} seconds'"),
            { } number => $" - {number}",
        };
        return connection.Scalar($"SELECT CAST(max({quoted}){back} AS VARCHAR) FROM {Target}") is string cutoff
            ? $"({quoted} >= CAST({SqlNames.Text(cutoff)} AS {SqlNames.Type(column.Type)}) OR {quoted} IS NULL)"
            : null;
    }

    private string Difference(string all, TableSchema table)
    {
        var differs = string.Join(" OR ", schema.Columns.Select(c => table.Find(c.Name) is null
            ? $"s.{SqlNames.Quote(c.Name)} IS NOT NULL"
            : $"s.{SqlNames.Quote(c.Name)} IS DISTINCT FROM t.{SqlNames.Quote(c.Name)}"));
        var newer = model.Watermark is { } w && table.Find(w) is not null ? $" AND (t.{SqlNames.Quote(w)} IS NULL OR s.{SqlNames.Quote(w)} >= t.{SqlNames.Quote(w)})" : "";
        return $"SELECT s.* FROM {all} s LEFT JOIN {Target} t ON {SameKey} WHERE t.{SqlNames.Quote(model.UniqueKey[0])} IS NULL OR (({differs}){newer})";
    }

    private static long Count(DuckDbConnection connection, string rows) => Convert.ToInt64(connection.Scalar($"SELECT count(*) FROM {rows}"), CultureInfo.InvariantCulture);
}

/// <summary>Rows in a file, tested.</summary>
/// <param name="File">The file's full path.</param>
/// <param name="Rows">How many.</param>
/// <param name="Tests">What the tests found.</param>
internal sealed record StagedRows(string File, long Rows, IReadOnlyList<ModelTestResult> Tests);
