using System.Diagnostics;
using System.Text;
using Tarn.Lake;

namespace Tarn.Bench;

/// <summary>
/// Commits on local files, each durable: how long one takes (a commit of one file, and an append of one row with its data file; checkpoints fall due meanwhile), and 2,000 of
/// 10 writers that share nothing but the folder. The baseline puts the same bytes under new names, one after the other, and nothing else.
/// </summary>
internal static class TableCommits
{
    private const int Commits = 500;
    private const int Writers = 10;
    private const int CommitsEach = 200;

    private sealed record Row(long Number, string Text);

    public static async Task<IReadOnlyList<Measurement>> LatencyAsync(string folder)
    {
        await using var lake = LogTable.Open(folder, 1, new LakeOptions { OptimizeAbove = 0 });
        var table = await lake.EnsureTableAsync(new TableDefinition(LogTable.Name, LogTable.Schema));
        var state = (await table.SnapshotAsync()).State;
        var rows = await lake.EnsureTableAsync(new TableDefinition("silver.rows", RowMapping<Row>.Instance.Schema));
        List<double> commits = [], appends = [], plain = [];
        for (var i = 0; i < Commits; i++)
        {
            plain.Add(await TimeAsync(() => lake.Store.PutIfAbsentAsync($"plain/{i:D20}.json", Bytes(i)).AsTask()));
            commits.Add(await TimeAsync(async () => state = (await table.CommitAsync(state, LogTable.Append(i), 0, 0, CancellationToken.None)).State));
            appends.Add(await TimeAsync(() => rows.AppendAsync<Row>([new(i, "text")])));
        }

        await lake.Upkeep.IdleAsync();
        plain.Sort();
        commits.Sort();
        appends.Sort();
        var baseline = plain[Commits / 2];
        return
        [
            Measurement.Under("commit, flushed, median", commits[Commits / 2], "ms", 10) with { Baseline = baseline, Ratio = commits[Commits / 2] / baseline },
            Measurement.Under("  slowest of 100, checkpoints meanwhile", commits[Commits * 99 / 100], "ms", 250),
            Measurement.Under("append of a row, flushed, median", appends[Commits / 2], "ms", 20) with { Baseline = baseline, Ratio = appends[Commits / 2] / baseline },
        ];
    }

    public static async Task<IReadOnlyList<Measurement>> WritersAsync(string folder)
    {
        var lakes = Enumerable.Range(0, Writers).Select(i => LogTable.Open(folder, 1 + i)).ToList();
        var first = await lakes[0].EnsureTableAsync(new TableDefinition(LogTable.Name, LogTable.Schema));
        var plain = Stopwatch.StartNew();
        for (var i = 0; i < Commits; i++)
        {
            await lakes[0].Store.PutIfAbsentAsync($"plain/{i:D20}.json", Bytes(i));
        }

        var alone = Commits / plain.Elapsed.TotalSeconds;
        var ended = new double[Writers];
        var clock = Stopwatch.StartNew();

        // A thread each: flushes block, and writers in processes of their own would not wait for each other's threads.
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Factory.StartNew(
            () =>
            {
                CommitAllAsync(lakes[w].Table(LogTable.Name), w).GetAwaiter().GetResult();
                ended[w] = clock.Elapsed.TotalSeconds;
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        var rate = Writers * CommitsEach / clock.Elapsed.TotalSeconds;
        var attempts = lakes.Sum(static l => l.Table(LogTable.Name).Log.Attempts);
        var most = lakes.Max(static l => l.Table(LogTable.Name).Log.MostAttempts);
        foreach (var lake in lakes)
        {
            await lake.DisposeAsync();
        }

        await using var reader = LogTable.Open(folder, 99);
        var files = (await reader.Table(LogTable.Name).SnapshotAsync()).FileCount;
        return
        [
            Measurement.AtLeast($"{Writers} writers, {Writers * CommitsEach:#,0} commits, flushed", rate, "commits/s", 50) with { Baseline = alone, Ratio = rate / alone },
            Measurement.AtLeast("  commits there afterwards", files, "commits", Writers * CommitsEach),
            Measurement.Under("  puts for each commit", (double)attempts / (Writers * CommitsEach), "puts", Writers),
            Measurement.Under("  puts of the commit that took most", most, "puts", 200),
            Measurement.Under("  last writer's time over the first's", ended.Max() / ended.Min(), "times", 10),
        ];
    }

    private static async Task CommitAllAsync(LakeTable table, int writer)
    {
        var state = (await table.SnapshotAsync()).State;
        for (var i = 0; i < CommitsEach; i++)
        {
            var (outcome, after) = await table.CommitAsync(state, LogTable.Append((writer * CommitsEach) + i), 0, 0, CancellationToken.None);
            state = outcome == CommitOutcome.Committed ? after : throw new InvalidOperationException($"{outcome}");
        }
    }

    private static byte[] Bytes(int number) => Encoding.UTF8.GetBytes($"{{\"add\":{{\"path\":\"{number}\",\"stats\":\"{LogTable.File(number).Stats}\"}}}}");

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalMilliseconds;
    }
}
