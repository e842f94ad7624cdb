using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Xunit;

namespace Tarn.Simulation;

/// <summary>
/// Writers of tables that are killed with <c>kill -9</c>, at a call of the store or at any instant: the tables are readable at once, hold every step that was
/// acknowledged and of the one in flight all or nothing, and whatever lies about is found by VACUUM. Each writer is a process of its own.
/// </summary>
public sealed class LakeKillTests
{
    private const int Steps = 24;
    private static readonly string Program = typeof(LakeKillTests).Assembly.Location;

    private static int Kills => int.Parse(Environment.GetEnvironmentVariable("TARN_KILLS") ?? "20", CultureInfo.InvariantCulture);

    private static int Seed => int.Parse(Environment.GetEnvironmentVariable("TARN_SEED") ?? "20260422", CultureInfo.InvariantCulture);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_writer_that_is_killed_leaves_what_it_acknowledged_and_nothing_half()
    {
        var random = new Random(Seed);
        var kills = 0;

        // Each script has a folder of its own: enough steps to be killed in, and a log short enough to be judged after every kill.
        for (var round = 0; kills < Kills; round++)
        {
            using var folder = new TemporaryDirectory(inMemory: true);
            using var watch = new LogWatch(folder.Path);
            var script = new LakeScript(Seed + round, Steps);
            for (var done = 0; done < Steps;)
            {
                var spare = kills >= Kills;
                var atCall = !spare && random.Next(2) == 0 ? random.Next(1, 120) : 0;
                await using var child = Start(folder.Path, Seed + round, null, Steps, done, atCall);
                await EndAsync(child, random, byItself: spare || atCall > 0);
                Assert.True(child.Errors.Length == 0, $"Seed {Seed}: {child.Errors}");
                done = Done(child.Output, done);
                kills += child.Output.Contains("finished", StringComparison.Ordinal) ? 0 : 1;
                RequireAllOrNothing(script, folder.Path, done);
                watch.Require();
            }

            await RequireNoOrphansAsync(folder.Path, script.Expected(Steps));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}, {kills} kills");
    }

    [Fact]
    public async Task Writers_that_are_killed_beside_each_other_lose_nothing_and_do_nothing_twice()
    {
        const int writers = 4;
        var random = new Random(Seed);
        using var folder = new TemporaryDirectory(inMemory: true);
        var killed = new int[writers];
        var seeds = Enumerable.Range(0, writers).Select(_ => random.Next()).ToArray();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(async writer =>
        {
            var own = new Random(seeds[writer]);
            for (var done = 0; done < Steps;)
            {
                var spare = killed[writer] >= Kills / writers;
                var atCall = !spare && own.Next(2) == 0 ? own.Next(1, 120) : 0;
                await using var child = Start(folder.Path, Seed, writer, Steps, done, atCall);
                await EndAsync(child, own, byItself: spare || atCall > 0);
                Assert.True(child.Errors.Length == 0, $"Seed {Seed}, writer {writer}: {child.Errors}");
                done = Done(child.Output, done);
                killed[writer] += child.Output.Contains("finished", StringComparison.Ordinal) ? 0 : 1;
            }
        }));

        var expected = Enumerable.Range(0, writers).SelectMany(w => new LakeScript(Seed, Steps, w).Expected(Steps))
            .GroupBy(static e => e.Key, static e => e.Value)
            .ToDictionary(static g => g.Key, static g => (IReadOnlyList<string>)[.. g.SelectMany(static rows => rows).Order(StringComparer.Ordinal)]);
        using var watch = new LogWatch(folder.Path);
        watch.Require();
        foreach (var (table, rows) in expected)
        {
            Assert.Equal(rows, LakeScript.Actual(folder.Path, table));
        }

        await RequireNoOrphansAsync(folder.Path, expected);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}, {killed.Sum()} kills of {writers} writers");
    }

    private static ChildProgram Start(string root, int seed, int? writer, int steps, int from, int atCall) =>
        ChildProgram.Start(Program, LakeChild.Arguments(root, seed, writer, steps, from, atCall));

    private static async Task EndAsync(ChildProgram child, Random random, bool byItself)
    {
        if (byItself)
        {
            await child.WaitForExitAsync(Cancel);
            return;
        }

        // So many steps further, and then somewhere within the next one: the instant is the test's input, not something that it waits for.
        var lines = random.Next(0, 6);
        await child.WaitForOutputAsync(o => o.Contains("finished", StringComparison.Ordinal) || o.Count(static c => c == '\n') >= lines, Cancel);
        SpinFor(TimeSpan.FromMicroseconds(random.Next(0, 30_000)));
        await child.KillAsync();
    }

    /// <summary>Each table is as the acknowledged steps leave it, or as they and the next do.</summary>
    private static void RequireAllOrNothing(LakeScript script, string root, int done)
    {
        var (before, after) = (script.Expected(done), script.Expected(Math.Min(done + 1, script.Count)));
        foreach (var (table, rows) in before)
        {
            var actual = LakeScript.Actual(root, table);
            Assert.True(
                actual.SequenceEqual(rows) || actual.SequenceEqual(after[table]),
                $"Seed {Seed}: {table} after {done} steps: {string.Join(' ', actual)}, expected {string.Join(' ', rows)} or {string.Join(' ', after[table])}");
        }
    }

    private static async Task RequireNoOrphansAsync(string root, IReadOnlyDictionary<string, IReadOnlyList<string>> expected)
    {
        var time = TimeProvider.System;
        await using var lake = new Tarn.Lake.Lake(
            new LocalObjectStore(root, new LocalStoreOptions { Durable = false }), LakeScript.Options, time, IdSource.Create(time), NullLoggerFactory.Instance);
        foreach (var (table, rows) in expected)
        {
            await LakeOrphans.RequireFoundAsync(lake.Table(table.Replace('/', '.')), Path.Combine(root, table), Cancel);
            Assert.Equal(rows, LakeScript.Actual(root, table));
        }
    }

    private static void SpinFor(TimeSpan span)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < span)
        {
            Thread.SpinWait(20);
        }
    }

    /// <summary>The number of steps that were acknowledged, by the last whole line that says so.</summary>
    private static int Done(string output, int from) =>
        output.Split('\n')[..^1].Where(static l => l.StartsWith("done ", StringComparison.Ordinal))
            .Select(static l => int.Parse(l.AsSpan(5).Trim(), CultureInfo.InvariantCulture)).LastOrDefault(from);
}
