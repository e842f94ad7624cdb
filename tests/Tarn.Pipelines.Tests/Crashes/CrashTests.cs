using System.Diagnostics;
using System.Globalization;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>
/// Kills a real process with a real store at random moments, as <c>kill -9</c> does. <c>TARN_KILLS</c> sets how often, <c>TARN_KILL_SEED</c> the moments.
/// </summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    [Fact]
    public async Task After_kills_at_any_moment_no_interval_is_run_twice_none_is_lost_and_all_runs_end()
    {
        var kills = Setting("TARN_KILLS", 20);
        var seed = Setting("TARN_KILL_SEED", 1);
        var random = new Random(seed);
        using var directory = new TemporaryDirectory();
        var path = directory.Combine("meta.db");
        var clock = new DateTimeOffset(2026, 3, 2, 10, 2, 0, TimeSpan.Zero);
        for (var i = 0; i < kills; i++)
        {
            clock += await RunAndKillAsync(path, clock, random.Next(0, 1200));
        }

        using (var last = Start(path, clock, "drain"))
        {
            await last.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, last.ExitCode);
        }

        await using var store = MetadataStore.Open(path, TimeProvider.System, NullLoggerFactory.Instance);
        var (runs, orphans) = await CheckAsync(store);
        output.WriteLine($"Seed {seed}: {kills} kills, {runs} runs, {orphans} attempts that died with their process.");
    }

    /// <summary>Runs the process for a while of real time after its start; returns how far its clock came, at most.</summary>
    private static async Task<TimeSpan> RunAndKillAsync(string path, DateTimeOffset clock, int milliseconds)
    {
        var elapsed = Stopwatch.StartNew();
        using var process = Start(path, clock, null);
        if (milliseconds > 100)
        {
            // Otherwise it is killed while it starts.
            Assert.Equal("ready", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        }

        process.WaitForExit(milliseconds);
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return elapsed.Elapsed * CrashingProcess.Factor;
    }

    private static Process Start(string path, DateTimeOffset clock, string? verb)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        start.ArgumentList.Add(typeof(CrashTests).Assembly.Location);
        start.ArgumentList.Add(CrashingProcess.Verb);
        start.ArgumentList.Add(path);
        start.ArgumentList.Add(clock.ToString("O", CultureInfo.InvariantCulture));
        if (verb is not null)
        {
            start.ArgumentList.Add(verb);
        }

        return Process.Start(start)!;
    }

    private static async Task<(int Runs, int Orphans)> CheckAsync(MetadataStore store)
    {
        var runs = await store.ReadAsync(static async c => (await c.QueryAsync<RunRow>($"SELECT {RunRow.Columns} FROM pipeline_run ORDER BY interval_start")).AsList());
        Assert.NotEmpty(runs);
        foreach (var of in runs.GroupBy(static r => r.Pipeline))
        {
            var intervals = of.Select(static r => r.Interval).ToList();
            Assert.All(intervals.Zip(intervals.Skip(1)), static pair => Assert.Equal(pair.First.End, pair.Second.Start));
        }

        foreach (var run in runs)
        {
            Assert.True(run.State == "success", $"{run.Summary()}");
            var done = await store.ReadAsync(c => c.QueryAsync<string>("SELECT DISTINCT task FROM effect WHERE pipeline = @Pipeline AND interval_start = @IntervalStart", run));
            var tasks = await store.ReadAsync(c => RunQueries.TasksAsync(c, run.Seq));
            Assert.Equal(tasks.Select(static t => t.Name).Order(), done.Order());
            Assert.All(tasks, t => Assert.Equal("success", t.State));
        }

        Assert.Equal(0, await store.ReadAsync(static c => c.QuerySingleAsync<int>("SELECT count(*) FROM task_attempt WHERE state = 'running' OR ended_at IS NULL")));
        var orphans = await store.ReadAsync(static c => c.QuerySingleAsync<int>("SELECT count(*) FROM task_attempt WHERE error = 'The process ended during this attempt.'"));
        return (runs.Count, orphans);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
