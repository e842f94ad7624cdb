using System.Diagnostics;
using Tarn.Lake;

namespace Tarn.Bench;

/// <summary>
/// What it costs to follow which event times a table's commits touched: a page of 1,000 commits anywhere in a log of 10,000, and the one commit after the last look; the
/// baseline reads the same files and nothing else. And an append of a row to a table that names its event time, against one that does not.
/// </summary>
internal static class TouchedReading
{
    private const int Commits = 10_000;
    private const int Page = 1_000;
    private const int Rounds = 20;

    private sealed record Row(long Number, DateTimeOffset Time, string Text);

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        await using var lake = LogTable.Open(folder, 1, new LakeOptions { OptimizeAbove = 0, CheckpointInterval = 1_000_000 }, durable: false);
        var table = await lake.EnsureTableAsync(new TableDefinition(LogTable.Name, LogTable.Schema) { EventTime = "column_2" });
        var state = (await table.SnapshotAsync()).State;
        for (var i = 0; i < Commits; i++)
        {
            state = (await table.CommitAsync(state, LogTable.Append(i), 0, 0, CancellationToken.None)).State;
        }

        List<double> pages = [], tails = [], plain = [], told = [], untold = [];
        var (named, other) = (await lake.EnsureTableAsync(TableDefinition.Of<Row>("silver.named", static r => r.Time)), await lake.EnsureTableAsync(TableDefinition.Of<Row>("silver.other")));
        for (var round = 0; round < Rounds; round++)
        {
            var from = round * (Commits - Page) / Rounds;
            plain.Add(await TimeAsync(() => Task.WhenAll(Enumerable.Range(from + 1, Page).Select(v => lake.Store.GetAsync($"{table.Folder}/{LogPath.Commit(v)}").AsTask()))));
            pages.Add(await TimeAsync(() => lake.TouchedSinceAsync(table.Name, from, Page)));
            tails.Add(await TimeAsync(() => lake.TouchedSinceAsync(table.Name, Commits - 1)));
            Row[] rows = [.. Enumerable.Range(0, 100).Select(i => new Row(i, DateTimeOffset.UnixEpoch.AddMinutes(i * 3), "text"))];
            untold.Add(await TimeAsync(() => other.AppendAsync(rows)));
            told.Add(await TimeAsync(() => named.AppendAsync(rows)));
        }

        return
        [
            Measurement.Under("touched: a page of 1,000 commits of 10,000", Median(pages), "ms", 250) with { Baseline = Median(plain), Ratio = Median(pages) / Median(plain) },
            Measurement.Under("touched: the commit after the last look", Median(tails), "ms", 5),
            Measurement.Under("touched: append of 100 rows, not flushed", Median(told), "ms", 20) with { Baseline = Median(untold), Ratio = Median(told) / Median(untold) },
        ];
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalMilliseconds;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
