using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Bench;

/// <summary>A table's log of many files that are not there: what snapshots, commits and checkpoints are measured on.</summary>
internal static class LogTable
{
    public const string Name = "silver.wide";
    public const int Columns = 10;

    public static TableSchema Schema { get; } = new([.. Enumerable.Range(0, Columns).Select(static i => new Column($"column_{i}", (i % 3) switch
    {
        0 => ColumnType.Long,
        1 => ColumnType.String,
        _ => ColumnType.Timestamp,
    }))]);

    public static Tarn.Lake.Lake Open(string folder, int seed, LakeOptions? options = null, bool durable = true) => new(
        new LocalObjectStore(folder, new LocalStoreOptions { Durable = durable }), options, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, seed), NullLoggerFactory.Instance);

    public static AddFile File(int number) => new()
    {
        Path = string.Create(CultureInfo.InvariantCulture, $"part-{number:D8}-5c3ba4fb-93f2-4ce0-8fd6-50d8d0b0a5b1.zstd.parquet"),
        Size = 1_000_000 + number,
        ModificationTime = 1_790_000_000_000 + number,
        Stats = Statistics(number),
    };

    public static CommitPlan Append(int number) => new() { Operation = "WRITE", Rule = ConflictRule.BlindAppend, Actions = [File(number)] };

    /// <summary>Makes the log: a checkpoint of so many files, and so many commits after it, each of which adds 20 files and removes 10.</summary>
    public static async Task CreateAsync(string folder, int files, int commits)
    {
        await using var lake = Open(folder, 1, new LakeOptions { CheckpointInterval = 1_000_000 }, durable: false);
        var table = await lake.EnsureTableAsync(new TableDefinition(Name, Schema));
        var state = (await table.SnapshotAsync()).State;
        var plan = new CommitPlan { Operation = "WRITE", Rule = ConflictRule.BlindAppend, Actions = [.. Enumerable.Range(0, files).Select(File)] };
        state = (await table.Log.CommitAsync(state, plan, CancellationToken.None)).State;
        await table.CheckpointAsync();
        for (var i = 0; i < commits; i++)
        {
            var removed = Enumerable.Range(i * 10, 10).Select(static n => new RemoveFile { Path = File(n).Path, DeletionTimestamp = 1_790_000_000_000, ExtendedFileMetadata = true, Size = 1 });
            var added = Enumerable.Range(files + (i * 20), 20).Select(File);
            state = (await table.Log.CommitAsync(state, plan with { Rule = ConflictRule.Compaction, Actions = [.. removed, .. added] }, CancellationToken.None)).State;
        }
    }

    private static string Statistics(int number)
    {
        var text = new StringBuilder(900).Append("{\"numRecords\":1000000");
        foreach (var part in new[] { "minValues", "maxValues", "nullCount" })
        {
            text.Append(CultureInfo.InvariantCulture, $",\"{part}\":{{");
            for (var i = 0; i < Columns; i++)
            {
                text.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"\"column_{i}\":");
                _ = (part == "nullCount" ? 3 : i % 3) switch
                {
                    1 => text.Append(CultureInfo.InvariantCulture, $"\"value {number} of column {i}\""),
                    2 => text.Append(CultureInfo.InvariantCulture, $"\"2026-11-{1 + (number % 28):D2}T10:{number % 60:D2}:00.000Z\""),
                    _ => text.Append(CultureInfo.InvariantCulture, $"{(part == "nullCount" ? 0 : (long)number * 1000)}"),
                };
            }

            text.Append('}');
        }

        return text.Append('}').ToString();
    }
}
