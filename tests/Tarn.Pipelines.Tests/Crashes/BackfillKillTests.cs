using System.Globalization;
using Dapper;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>
/// Kills processes, as <c>kill -9</c> does, at seeded instants of backfills whose tasks append to a table: in the end every interval that was asked for is exactly once in it, and no other.
/// <c>TARN_KILLS</c> sets how often on both stores together, <c>TARN_KILL_SEED</c> the first seed: a round of some kills has a seed, a backfill and a table of its own.
/// </summary>
[Collection(PostgresStates.Name)]
public sealed class BackfillKillTests(ITestOutputHelper output, PostgresCluster cluster)
{
    private const int KillsOfARound = 12;
    private static readonly string Program = typeof(BackfillKillTests).Assembly.Location;
    private static readonly string[] Names = ["one", "two"];

    private static int Kills => (Setting("TARN_KILLS", 16) + 1) / 2;

    private static int FirstSeed => Setting("TARN_KILL_SEED", 1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task One_process_that_is_killed_fills_every_interval_once() => RoundsAsync("alone on SQLite", static () => Task.FromResult(""), static async (folder, plan, postgres, random, kills) =>
    {
        for (var i = 0; i < kills; i++)
        {
            await using var child = Start(folder, "alone", plan, postgres);
            await RunAndKillAsync(child, random.Next(-50, 700));
        }
    });

    [Fact]
    public Task Of_two_nodes_either_of_which_is_killed_every_interval_is_filled_once() => RoundsAsync("two nodes on PostgreSQL", cluster.RequireAsync, static async (folder, plan, postgres, random, kills) =>
    {
        var nodes = new ChildProgram?[2];
        try
        {
            for (var i = 0; i < kills; i++)
            {
                for (var n = 0; n < 2; n++)
                {
                    nodes[n] ??= Start(folder, Names[n], plan, postgres);
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
    });

    /// <summary>As many rounds as there have to be, and at least three.</summary>
    private async Task RoundsAsync(string where, Func<Task<string>> database, Func<string, KillPlan, string, Random, int, Task> killAsync)
    {
        var rounds = Math.Min(Kills, Math.Max(3, (Kills + KillsOfARound - 1) / KillsOfARound));
        var (runs, orphans, asked) = (0, 0L, new SortedDictionary<string, int>(StringComparer.Ordinal));
        for (var round = 0; round < rounds; round++)
        {
            var seed = FirstSeed + round;
            var kills = (Kills * (round + 1) / rounds) - (Kills * round / rounds);
            var plan = KillPlan.Of(seed, 20 + (kills * 12));
            try
            {
                var postgres = await database();
                using var folder = new TemporaryDirectory(inMemory: true);
                await killAsync(folder.Path, plan, postgres, new Random(seed), kills);
                await DrainAsync(folder.Path, plan, postgres);
                var (made, died) = await CheckAsync(folder.Path, plan, postgres);
                (runs, orphans) = (runs + made, orphans + died);
                var kind = $"{plan.Reprocess.ToString().ToLowerInvariant()}{(plan.Backwards ? " backwards" : "")}";
                asked[kind] = asked.GetValueOrDefault(kind) + 1;
            }
            catch (Exception error) when (error is not OperationCanceledException && !error.Message.StartsWith("$XunitDynamicSkip$", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"Seed {seed}, {kills} kills {where}, {plan} (TARN_KILL_SEED={seed}): {error.Message}", error);
            }
        }

        output.WriteLine(
            $"{Kills} kills {where}, seeds {FirstSeed} to {FirstSeed + rounds - 1}: {runs} runs, {orphans} attempts that died with their process; reprocessed {string.Join(", ", asked.Select(static a => $"{a.Key} {a.Value}"))}.");
    }

    private static ChildProgram Start(string folder, string name, KillPlan plan, string postgres, params string[] more) =>
        ChildProgram.Start(Program, [BackfillingProcess.Verb, folder, name, plan.ToString(), postgres, .. more]);

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

    private static async Task DrainAsync(string folder, KillPlan plan, string postgres)
    {
        await using var last = Start(folder, "last", plan, postgres, "drain");
        Assert.True(await last.WaitForExitAsync(Cancellation) == 0, last.Errors);
    }

    private static async Task<(int Runs, long Orphans)> CheckAsync(string folder, KillPlan plan, string postgres)
    {
        await using var store = await BackfillingProcess.OpenAsync(folder, postgres, TimeProvider.System, IdSource.Create(TimeProvider.System));
        var runs = (await store.ReadAsync(static c => c.QueryAsync<RunRow>($"SELECT {RunRow.Columns} FROM pipeline_run"), Cancellation)).AsList();
        var starts = Enumerable.Range(0, plan.Intervals).Where(plan.Selects).Select(static i => BackfillingProcess.Begin.AddHours(i)).ToList();
        Assert.Equal(starts, runs.Select(static r => r.Interval.Start).Order());
        Assert.All(runs, static r => Assert.True(r.State == "success", $"{r.Id} is {r.State}: {r.Error}"));
        var table = Path.Combine(folder, "lake", BackfillingProcess.Table.Replace('.', '/'));
        Assert.Equal(
            starts.SelectMany(static s => new[] { "left", "right" }.SelectMany(t => Enumerable.Range(0, BackfillingProcess.Rows).Select(i => $"{t}|{s.ToUnixTimeMilliseconds()}|{i}"))).Order(StringComparer.Ordinal),
            DeltaTableReader.ReadLines(table, "task || '|' || epoch_ms(start) || '|' || number").Order(StringComparer.Ordinal));
        var orphans = await store.ReadAsync(static c => c.QuerySingleAsync<long>("SELECT count(*) FROM task_attempt WHERE error = 'The process ended during this attempt.'"), Cancellation);
        return (runs.Count, orphans);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
