using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Native;
using Xunit;

namespace Tarn.Lake.Tests.Protocol;

/// <summary>
/// Tables whose logs, checkpoints, data files and deletion vectors were garbled, or written by someone who wants to read other files. Whatever is asked of them
/// ends in a named error or in the right rows: never in another exception, never without end, never with anything from outside the store.
/// </summary>
public sealed class FuzzTests
{
    private const string Secret = "CANARY";
    private static readonly TimeSpan TooLong = TimeSpan.FromMinutes(2);
    private static readonly string[] Golden =
    [
        "dv-partitioned-with-checkpoint", "v2-checkpoint-parquet", "multi-part-checkpoint", "table-with-columnmapping-mode-id", "data-reader-map", "snapshot-repartitioned",
    ];

    /// <summary>TARN_FUZZ: how many tables are broken; default 120.</summary>
    private static int Count => int.Parse(Environment.GetEnvironmentVariable("TARN_FUZZ") ?? "120", CultureInfo.InvariantCulture);

    private static int Seed => int.Parse(Environment.GetEnvironmentVariable("TARN_SEED") ?? "1", CultureInfo.InvariantCulture);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_broken_table_ends_in_a_named_error_or_in_the_right_rows()
    {
        using var bases = new TemporaryDirectory(inMemory: true);
        var tables = await MakeBasesAsync(bases);
        var (errors, answers) = (0, 0);
        var problems = new List<string>();
        foreach (var table in tables)
        {
            // Whole, each is answered: what fails below fails because it is broken.
            problems.AddRange((await RunAsync(table, seed: null)).Problems);
        }

        for (var i = 0; i < Count; i++)
        {
            var seed = Seed + i;
            var (told, failed, answered) = await RunAsync(tables[i % tables.Count], seed);
            (errors, answers) = (errors + failed, answers + answered);
            problems.AddRange(told);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{Count} tables from seed {Seed}: {answers} answers, {errors} named errors, {problems.Count} problems");
        Assert.True(problems.Count == 0, string.Join('\n', problems.Take(40)));
        Assert.True(Count < 50 || (errors > Count && answers > Count), "The fuzz breaks too little, or too much.");
    }

    private static async Task<(List<string> Problems, int Errors, int Answers)> RunAsync(string from, int? seed)
    {
        using var folder = new TemporaryDirectory(inMemory: true);
        var root = folder.Combine("store");
        var table = Path.Combine(root, "bronze", "t");
        Copy(from, table);
        var canary = WriteCanary(folder, from);
        var random = new Random(seed ?? 0);
        var mutations = new LogMutations(random, table, canary);
        var done = Enumerable.Range(0, seed is null ? 0 : random.Next(1, 3)).Select(_ => mutations.Apply()).ToList();
        var where = $"seed {seed}, {Path.GetFileName(from)} ({string.Join("; ", done.Select(static d => d.Length > 200 ? d[..200] : d))})";

        var problems = new List<string>();
        var (errors, answers) = (0, 0);
        var store = new FaultyObjectStore(new LocalObjectStore(root, new LocalStoreOptions { Durable = false }), call =>
        {
            if (call.Path.Length > 0 && !call.Path.StartsWith("bronze", StringComparison.Ordinal))
            {
                lock (problems)
                {
                    problems.Add($"{where}: the store is asked to {call.Operation} {call.Path}");
                }
            }

            return Fault.None;
        });
        await using var lake = new Lake(store, new LakeOptions { MinimumRetention = TimeSpan.Zero }, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, seed ?? 0), NullLoggerFactory.Instance);
        foreach (var (name, ask) in Questions(lake))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            try
            {
                var rows = await Task.Run(() => ask(stop.Token), Cancel).WaitAsync(TooLong, Cancel);
                answers++;
                if (rows is not null)
                {
                    problems.AddRange(Judge(rows, table).Select(p => $"{where}: {name}: {p}"));
                }
            }
            catch (TarnException e)
            {
                errors++;
                if (seed is null && name is ("list" or "snapshot" or "history" or "history in SQL" or "rows" or "rows by path" or "count"))
                {
                    // Not all are writable here, nor have a version 1, nor tell of their changes.
                    problems.Add($"{where}: {name}: {e.Message}");
                }

                if (e.Message.Contains(Secret, StringComparison.Ordinal) || e.Message.Contains("root:x:0", StringComparison.Ordinal))
                {
                    problems.Add($"{where}: {name}: the error tells what is outside: {e.Message}");
                }
            }
            catch (TimeoutException)
            {
                await stop.CancelAsync();
                problems.Add($"{where}: {name} does not end");
            }
            catch (Exception e) when (e is not OperationCanceledException || !Cancel.IsCancellationRequested)
            {
                problems.Add($"{where}: {name}: {e.GetType().Name}: {e.Message}\n{e.StackTrace?.Split('\n').FirstOrDefault(static l => l.Contains("/src/", StringComparison.Ordinal))}");
            }
        }

        return (problems, errors, answers);
    }

    private static IEnumerable<(string Name, Func<CancellationToken, Task<List<string>?>> Ask)> Questions(Lake lake)
    {
        var table = lake.Table("bronze.t");
        yield return ("list", async c => { await lake.ListTablesAsync(c); return null; });
        yield return ("snapshot", async c => { await table.SnapshotAsync(null, c); return null; });
        yield return ("snapshot 1", async c => { await table.SnapshotAsync(AsOf.Version(1), c); return null; });
        yield return ("snapshot by time", async c => { await table.SnapshotAsync(AsOf.Time(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)), c); return null; });
        yield return ("history", async c => { await table.HistoryAsync(50, c); return null; });
        yield return ("rows", c => RowsAsync(lake, "SELECT CAST(t AS VARCHAR) FROM bronze.t AS t", c));
        yield return ("count", async c => { await RowsAsync(lake, "SELECT count(*) FROM bronze.t", c); return null; });
        yield return ("changes", async c => { await RowsAsync(lake, "SELECT count(*) FROM table_changes('bronze.t', 0)", c); return null; });
        yield return ("history in SQL", async c => { await RowsAsync(lake, "SELECT count(*) FROM table_history('bronze.t')", c); return null; });
        yield return ("version in SQL", async c => { await RowsAsync(lake, "SELECT count(*) FROM bronze.t VERSION AS OF 1", c); return null; });
        yield return ("rows by path", c => RowsAsync(lake, $"SELECT CAST(t AS VARCHAR) FROM delta_scan('{lake.Store.Location}/bronze/t') AS t", c));
        yield return ("checkpoint", async c => { await table.CheckpointAsync(c); return null; });
        yield return ("clean log", async c => { await table.CleanLogAsync(dryRun: true, c); return null; });
        yield return ("restore", async c => { await table.RestoreAsync(AsOf.Version(1), c); return null; });
        yield return ("optimize", async c => { await table.OptimizeAsync(c); return null; });
        yield return ("vacuum", async c => { await table.VacuumAsync(TimeSpan.Zero, dryRun: true, c); return null; });
        yield return ("rows after", c => RowsAsync(lake, "SELECT CAST(t AS VARCHAR) FROM bronze.t AS t", c));
    }

    private static async Task<List<string>?> RowsAsync(Lake lake, string sql, CancellationToken cancellation)
    {
        await using var result = await lake.Sql.QueryAsync(sql, null, cancellation);
        var rows = (await result.ToListAsync(cancellation)).Select(static r => Convert.ToString(r[0], CultureInfo.InvariantCulture)!).ToList();
        rows.Sort(StringComparer.Ordinal);
        return rows;
    }

    private static IEnumerable<string> Judge(List<string> rows, string table)
    {
        if (rows.Exists(static r => r.Contains(Secret, StringComparison.Ordinal)))
        {
            yield return "rows of a file outside the store";
        }

        // Commits and checkpoints may tell different things by now: any of them is right, and what the second reader cannot read is no measure.
        var readings = new List<IReadOnlyList<string>>();
        foreach (var start in new long?[] { null }.Concat(DeltaTableReader.CheckpointVersions(table).Select(static v => (long?)v)))
        {
            try
            {
                readings.Add(DeltaTableReader.ReadRows(table, null, start));
            }
            catch (Exception e) when (e is FormatException or DuckDbException or IOException or KeyNotFoundException or OverflowException or ArgumentException)
            {
                yield break;
            }
        }

        if (!readings.Exists(rows.SequenceEqual))
        {
            yield return $"{rows.Count} rows, the second reader has {readings[0].Count}; {rows.Except(readings[0]).FirstOrDefault()} against {readings[0].Except(rows).FirstOrDefault()}";
        }
    }

    private static async Task<List<string>> MakeBasesAsync(TemporaryDirectory bases)
    {
        var tables = new List<string>();
        using (var hand = new HandWrittenTable())
        {
            tables.Add(Copy(hand.Folder, bases.Combine("hand")));
            hand.ForgetCheckpoint();
            tables.Add(Copy(hand.Folder, bases.Combine("hand-without-checkpoint")));
        }

        var root = bases.Combine("script");
        await using (var lake = new Lake(
            new LocalObjectStore(root, new LocalStoreOptions { Durable = false }), LakeScript.Options, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, 1), NullLoggerFactory.Instance))
        {
            var script = new LakeScript(7, 12);
            for (var step = 0; step < script.Count; step++)
            {
                await script.RunAsync(lake, step, Cancel);
            }
        }

        tables.Add(Copy(Path.Combine(root, "bronze", "lines"), bases.Combine("lines")));
        tables.Add(Copy(Path.Combine(root, "silver", "entries"), bases.Combine("entries")));
        foreach (var name in Golden)
        {
            if (SharedData.Find($"delta/golden/{name}/delta") is { } golden)
            {
                tables.Add(Copy(golden, bases.Combine(name)));
            }
        }

        return tables;
    }

    /// <summary>A file outside the store that reads as one of the table's would, each of its texts the secret.</summary>
    private static string WriteCanary(TemporaryDirectory folder, string from)
    {
        var path = folder.Combine("canary.parquet");
        var like = Directory.GetFiles(from, "*.parquet", SearchOption.AllDirectories).First(static f => !f.Contains("_delta_log", StringComparison.Ordinal));
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        var columns = new List<string>();
        using (var described = connection.Query($"DESCRIBE SELECT * FROM read_parquet('{like}', hive_partitioning = false)"))
        {
            while (described.Fetch() is { } chunk)
            {
                using (chunk)
                {
                    for (var i = 0; i < chunk.Count; i++)
                    {
                        var (name, type) = (SqlNames.Quote((string)chunk.Column(0).GetValue(i)!), (string)chunk.Column(1).GetValue(i)!);
                        columns.Add(type == "VARCHAR" ? $"'{Secret}' AS {name}" : name);
                    }
                }
            }
        }

        connection.Execute($"COPY (SELECT {string.Join(", ", columns)}, '{Secret}' AS secret FROM read_parquet('{like}', hive_partitioning = false)) TO '{path}' (FORMAT parquet)");
        return path;
    }

    private static string Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return to;
    }
}
