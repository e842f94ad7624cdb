using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Tarn.Lake;
using Tarn.Native;

namespace Tarn.Bench;

/// <summary>
/// A table of 100,000 files with statistics of 10 columns, from a checkpoint and 50 commits: the first snapshot of a fresh process (all that has to be loaded and
/// compiled included), what the process grew by at most, and later refreshes, each after another's commit. The baseline reads the checkpoint's files by DuckDB and keeps nothing.
/// </summary>
internal static class TableSnapshots
{
    private const int Files = 100_000;
    private const int Commits = 50;
    private const int Refreshes = 50;

    private sealed record Figures(double First, double GrowthMegabytes, double Second, double Refresh, double DuckDb);

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        await LogTable.CreateAsync(folder, Files, Commits);
        var figures = new List<Figures>();
        for (var i = 0; i < 3; i++)
        {
            var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
            start.ArgumentList.Add(typeof(TableSnapshots).Assembly.Location);
            start.ArgumentList.Add("--snapshot-of");
            start.ArgumentList.Add(folder);
            using var process = Process.Start(start)!;
            var text = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            figures.Add(JsonSerializer.Deserialize<Figures>(text) ?? throw new InvalidOperationException(text));
        }

        var baseline = Median(static f => f.DuckDb);
        var first = Median(static f => f.First);
        return
        [
            Measurement.Under($"snapshot, {Files:#,0} files + {Commits} commits, process start", first, "s", 1) with { Baseline = baseline, Ratio = first / baseline },
            Measurement.Under("  again in the same process", Median(static f => f.Second), "s", 1),
            Measurement.Under("  most that the process grew by", Median(static f => f.GrowthMegabytes), "MB", 300),
            Measurement.Under("refresh after another's commit, median", Median(static f => f.Refresh) * 1000, "ms", 5),
        ];

        double Median(Func<Figures, double> of) => figures.Select(of).Order().ElementAt(figures.Count / 2);
    }

    /// <summary>What the fresh process does.</summary>
    public static async Task MeasureAsync(string folder)
    {
        using var self = Process.GetCurrentProcess();
        var before = self.PeakWorkingSet64;
        await using var lake = LogTable.Open(folder, 2);
        var clock = Stopwatch.StartNew();
        var snapshot = await lake.Table(LogTable.Name).SnapshotAsync();
        var first = clock.Elapsed.TotalSeconds;
        self.Refresh();
        var growth = (self.PeakWorkingSet64 - before) / 1e6;
        if (snapshot.FileCount != Files + (Commits * 10) + (int)(snapshot.Version - Commits - 1))
        {
            throw new InvalidOperationException($"{snapshot.FileCount} files.");
        }

        await using var other = LogTable.Open(folder, 3 + (int)snapshot.Version);
        clock.Restart();
        var known = (await other.Table(LogTable.Name).SnapshotAsync()).State;
        var second = clock.Elapsed.TotalSeconds;
        var refreshes = new List<double>();
        for (var i = 0; i < Refreshes; i++)
        {
            known = (await other.Table(LogTable.Name).Log.CommitAsync(known, LogTable.Append(1_000_000 + (int)known.Version), CancellationToken.None)).State;
            clock.Restart();
            var now = await lake.Table(LogTable.Name).SnapshotAsync();
            refreshes.Add(clock.Elapsed.TotalSeconds);
            if (now.Version != known.Version)
            {
                throw new InvalidOperationException("The refresh missed a commit.");
            }
        }

        refreshes.Sort();
        await System.Console.Out.WriteLineAsync(JsonSerializer.Serialize(new Figures(first, growth, second, refreshes[Refreshes / 2], DuckDb(folder))));
    }

    private static double DuckDb(string folder)
    {
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        var checkpoint = Path.Combine(folder, "silver/wide", LogPath.Checkpoint(1));
        var clock = Stopwatch.StartNew();
        connection.Scalar(string.Create(CultureInfo.InvariantCulture, $"SELECT sum(hash(add)::HUGEINT) FROM read_parquet({SqlNames.Text(checkpoint)})"));
        return clock.Elapsed.TotalSeconds;
    }
}
