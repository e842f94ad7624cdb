using System.Globalization;
using Dapper;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>
/// Kills processes, as <c>kill -9</c> does, at seeded instants of a backfill whose tasks append to a table: in the end every interval is exactly once in it. <c>TARN_KILLS</c> sets how often,
/// <c>TARN_KILL_SEED</c> the instants.
/// </summary>
[Collection(PostgresStates.Name)]
public sealed class BackfillKillTests(ITestOutputHelper output, PostgresCluster cluster)
{
    private static readonly string Program = typeof(BackfillKillTests).Assembly.Location;

    private static int Kills => Setting("TARN_KILLS", 8);

    private static int Seed => Setting("TARN_KILL_SEED", 1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_process_that_is_killed_fills_every_interval_once()
    {
        var random = new Random(Seed);
        using var folder = new TemporaryDirectory(inMemory: true);
        var intervals = 20 + (Kills * 12);
        for (var i = 0; i < Kills; i++)
        {
            await using var child = Start(folder.Path, "alone", intervals, "");
            await RunAndKillAsync(child, random.Next(-50, 700));
        }

        await DrainAsync(folder.Path, "alone", intervals, "");
        await using var store = await BackfillingProcess.OpenAsync(folder.Path, "", TimeProvider.System, IdSource.Create(TimeProvider.System));
        await CheckAsync(store, folder.Path, intervals);
    }

    [Fact]
    public async Task Of_two_nodes_either_of_which_is_killed_every_interval_is_filled_once()
    {
        var random = new Random(Seed);
        var postgres = await cluster.RequireAsync();
        using var folder = new TemporaryDirectory(inMemory: true);
        var intervals = 20 + (Kills * 12);
        var names = new[] { "one", "two" };
        var nodes = new ChildProgram?[2];
        try
        {
            for (var i = 0; i < Kills; i++)
            {
                for (var n = 0; n < 2; n++)
                {
                    nodes[n] ??= Start(folder.Path, names[n], intervals, postgres);
                }

                var which = random.Next(2);
                await RunAndKillAsync(nodes[which]!, random.Next(-50, 1500));
                nodes[which] = null;
            }
        }
        finally
        {
            foreach (var node in nodes.OfType<ChildProgram>())
            {
                await node.DisposeAsync();
            }
        }

        await DrainAsync(folder.Path, "last", intervals, postgres);
        await using var store = await BackfillingProcess.OpenAsync(folder.Path, postgres, TimeProvider.System, IdSource.Create(TimeProvider.System));
        await CheckAsync(store, folder.Path, intervals);
    }

    private static ChildProgram Start(string folder, string name, int intervals, string postgres, params string[] more) =>
        ChildProgram.Start(Program, [BackfillingProcess.Verb, folder, name, intervals.ToString(CultureInfo.InvariantCulture), postgres, .. more]);

    /// <summary>Kills a process so long after it is ready; with a negative time while it starts.</summary>
    private static async Task RunAndKillAsync(ChildProgram child, int milliseconds)
    {
        if (milliseconds >= 0)
        {
            await child.WaitForOutputAsync(static o => o.Contains("ready", StringComparison.Ordinal), Cancellation);
        }

        using var instant = new CancellationTokenSource(Math.Abs(milliseconds));
        try
        {
            await child.WaitForExitAsync(instant.Token);
        }
        catch (OperationCanceledException)
        {
            // The instant has come.
        }

        Assert.True(!child.HasExited, $"It ended by itself: {child.Output}{child.Errors}");
        await child.KillAsync();
        Assert.Equal("", child.Errors);
    }

    private static async Task DrainAsync(string folder, string name, int intervals, string postgres)
    {
        await using var last = Start(folder, name, intervals, postgres, "drain");
        Assert.True(await last.WaitForExitAsync(Cancellation) == 0, last.Errors);
    }

    private async Task CheckAsync(MetadataStore store, string folder, int intervals)
    {
        var runs = (await store.ReadAsync(static c => c.QueryAsync<RunRow>($"SELECT {RunRow.Columns} FROM pipeline_run"), Cancellation)).AsList();
        var orphans = await store.ReadAsync(static c => c.QuerySingleAsync<long>("SELECT count(*) FROM task_attempt WHERE error = 'The process ended during this attempt.'"), Cancellation);
        output.WriteLine($"Seed {Seed}: {Kills} kills, {runs.Count} runs, {orphans} attempts that died with their process.");
        var starts = Enumerable.Range(0, intervals).Select(static i => BackfillingProcess.Begin.AddHours(i)).ToList();
        Assert.Equal(starts, runs.Select(static r => r.Interval.Start).Order());
        Assert.All(runs, static r => Assert.True(r.State == "success", $"{r.Id} is {r.State}: {r.Error}"));
        var table = Path.Combine(folder, "lake", BackfillingProcess.Table.Replace('.', '/'));
        Assert.Equal(
            starts.SelectMany(static s => new[] { "left", "right" }.SelectMany(t => Enumerable.Range(0, BackfillingProcess.Rows).Select(i => $"{t}|{s.ToUnixTimeMilliseconds()}|{i}"))).Order(StringComparer.Ordinal),
            DeltaTableReader.ReadLines(table, "task || '|' || epoch_ms(start) || '|' || number").Order(StringComparer.Ordinal));
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
