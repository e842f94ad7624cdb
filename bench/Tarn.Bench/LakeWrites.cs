using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Native;

namespace Tarn.Bench;

/// <summary>
/// Writes of ten million rows against DuckDB alone doing the same: an append against COPY of the same rows with the same compression, and a merge of ten thousand changed rows
/// against the same join that writes the same files anew. In turn, in one process, several rounds, the median of each; the lake's writes are durable, DuckDB's are not.
/// </summary>
internal static class LakeWrites
{
    private const int Rows = 10_000_000;
    private const int Changed = 10_000;
    private const int Rounds = 5;
    private const long Memory = 4L << 30;
    private const string Copy = "FORMAT parquet, COMPRESSION zstd";

    public static async Task<IReadOnlyList<Measurement>> AppendAsync(string folder)
    {
        await using var lake = Open(folder);
        using var database = Baseline();
        using var connection = database.Connect();
        List<double> ours = [], telling = [], theirs = [];
        for (var round = 0; round <= Rounds; round++)
        {
            var definition = Definition(string.Create(CultureInfo.InvariantCulture, $"bench.append_{round}"));
            var mine = await AppendAsync(lake, folder, definition);
            var told = await AppendAsync(lake, folder, definition with { Name = definition.Name + "_touched", EventTime = "at" });
            var clock = Stopwatch.StartNew();
            var path = Path.Combine(folder, "baseline.parquet");
            connection.Execute($"COPY ({Source(Rows)}) TO '{path}' ({Copy})");
            var plain = clock.Elapsed.TotalSeconds;
            File.Delete(path);
            if (round > 0)
            {
                ours.Add(mine);
                telling.Add(told);
                theirs.Add(plain);
            }
        }

        var alone = Rows / Median(ours) / 1e6;
        return
        [
            Measurement.AtLeastRatio("append10m: rows of a query, durable, statistics", alone, "M rows/s", Rows / Median(theirs) / 1e6, 0.8),
            Measurement.AtLeastRatio("append10m: the commit tells its event times", Rows / Median(telling) / 1e6, "M rows/s", alone, 0.9),
        ];
    }

    private static async Task<double> AppendAsync(Lake.Lake lake, string folder, TableDefinition definition)
    {
        var table = await lake.EnsureTableAsync(definition);
        var clock = Stopwatch.StartNew();
        await table.AppendAsync(RowSource.Query(Source(Rows)));
        var seconds = clock.Elapsed.TotalSeconds;
        Directory.Delete(Path.Combine(folder, "lake", "bench", table.Name[6..]), recursive: true);
        return seconds;
    }

    public static async Task<IReadOnlyList<Measurement>> MergeAsync(string folder)
    {
        await using var lake = Open(folder);
        using var database = Baseline();
        using var connection = database.Connect();
        var rewritten = await lake.EnsureTableAsync(Definition("bench.rewritten"));
        var marked = await lake.EnsureTableAsync(Definition("bench.marked") with { Properties = new Dictionary<string, string> { ["delta.enableDeletionVectors"] = "true" } });
        await rewritten.AppendAsync(RowSource.Query(Source(Rows)));
        await marked.AppendAsync(RowSource.Query(Source(Rows)));
        List<double> ours = [], theirs = [], vectors = [];
        for (var round = 0; round <= Rounds; round++)
        {
            var changes = string.Create(CultureInfo.InvariantCulture, $"SELECT (range * 999983 + {round}) % {Rows} AS id, 'changed' AS name, {round}::DOUBLE AS amount, now() AS at, 7::INTEGER AS kind FROM range({Changed})");
            var files = string.Join(", ", (await rewritten.SnapshotAsync()).Files.Select(f => $"'{Path.Combine(folder, "lake", "bench", "rewritten", f.Path)}'"));
            var plain = Rewrite(connection, changes, files, Path.Combine(folder, "baseline"));
            var mine = await MergeAsync(rewritten, changes);
            var fast = await MergeAsync(marked, changes);
            if (round > 0)
            {
                ours.Add(mine);
                theirs.Add(plain);
                vectors.Add(fast);
            }
        }

        var baseline = Median(theirs);
        var ratio = Median(ours) / baseline;
        return
        [
            new Measurement("merge: 10 k changed rows into 10 M, files written anew", Median(ours), "s", baseline, ratio, "ratio <= 1.3", ratio <= 1.3),
            new Measurement("merge: the same with deletion vectors", Median(vectors), "s", baseline, Median(vectors) / baseline, "reported", true),
        ];
    }

    private static async Task<double> MergeAsync(LakeTable table, string changes)
    {
        var clock = Stopwatch.StartNew();
        var result = await table.MergeAsync(RowSource.Query(changes), "target.id = source.id", static m => m.WhenMatchedUpdateAll().WhenNotMatchedInsertAll());
        return result.RowsUpdated == Changed ? clock.Elapsed.TotalSeconds : throw new InvalidOperationException($"{result.RowsUpdated} rows were changed.");
    }

    private static double Rewrite(DuckDbConnection connection, string changes, string files, string to)
    {
        var clock = Stopwatch.StartNew();
        connection.Execute($"CREATE OR REPLACE TEMP TABLE changes AS {changes}");
        connection.Execute($"""
            COPY (
                SELECT t.id, CASE WHEN s.id IS NULL THEN t.name ELSE s.name END AS name, CASE WHEN s.id IS NULL THEN t.amount ELSE s.amount END AS amount,
                    CASE WHEN s.id IS NULL THEN t.at ELSE s.at END AS at, CASE WHEN s.id IS NULL THEN t.kind ELSE s.kind END AS kind
                FROM read_parquet([{files}]) t LEFT JOIN changes s ON t.id = s.id)
            TO '{to}' ({Copy}, FILE_SIZE_BYTES '64MB', OVERWRITE_OR_IGNORE true)
            """);
        var seconds = clock.Elapsed.TotalSeconds;
        Directory.Delete(to, recursive: true);
        return seconds;
    }

    private static string Source(int rows) => string.Create(
        CultureInfo.InvariantCulture,
        $"SELECT range AS id, 'name ' || (range * 7919 % 100003) AS name, (range % 1000003) / 7.0::DOUBLE AS amount, TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_seconds(range % 31536000) AS at, (range % 17)::INTEGER AS kind FROM range({rows})");

    private static TableDefinition Definition(string name) => new(name, new TableSchema([
        new Column("id", ColumnType.Long), new Column("name", ColumnType.String), new Column("amount", ColumnType.Double), new Column("at", ColumnType.Timestamp), new Column("kind", ColumnType.Integer),
    ]));

    private static Lake.Lake Open(string folder) => new(
        new LocalObjectStore(Path.Combine(folder, "lake")),
        new LakeOptions { DuckDbMemoryBytes = Memory, OptimizeAbove = 0 },
        TimeProvider.System,
        IdSource.CreateSeeded(TimeProvider.System, 1),
        NullLoggerFactory.Instance);

    private static DuckDbDatabase Baseline() => DuckDbDatabase.Open(null, new Dictionary<string, string>
    {
        ["memory_limit"] = string.Create(CultureInfo.InvariantCulture, $"{Memory}B"),
        ["threads"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
    });

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
