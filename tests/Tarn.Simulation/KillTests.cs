using System.Diagnostics;
using System.Globalization;
using Tarn.Contracts;
using Tarn.Simulation;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresCluster))]

namespace Tarn.Simulation;

/// <summary>
/// A replay that is killed with <c>kill -9</c> again and again ends as an undisturbed one: the same rows in every table and in PostgreSQL, the same offsets.
/// Half of the kills come at a write to the lake (seeded, to the call), half at any instant within a snapshot, wherever the program is then.
/// </summary>
public sealed class KillTests(PostgresCluster postgres)
{
    private const int Snapshots = 150;
    private const int DefaultKills = 20;

    private static readonly string Program = typeof(KillTests).Assembly.Location;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_at_random_instants_a_replay_ends_as_an_undisturbed_one()
    {
        var kills = int.Parse(Environment.GetEnvironmentVariable("TARN_KILLS") ?? $"{DefaultKills}", CultureInfo.InvariantCulture);
        var seed = int.Parse(Environment.GetEnvironmentVariable("TARN_SEED") ?? "20260301", CultureInfo.InvariantCulture);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}, {kills} kills");
        using var folder = new TemporaryDirectory();
        var recording = folder.Combine("recording.jsonl");
        await Recording.WriteAsync(recording, Snapshots, seed, Cancellation);
        var undisturbedDatabase = await postgres.TryAsync();
        var killedDatabase = await postgres.TryAsync();

        var undisturbed = folder.Combine("undisturbed");
        await using (var child = Start(undisturbed, recording, 0, 0, undisturbedDatabase))
        {
            await child.WaitForOutputAsync(static o => o.Contains("finished", StringComparison.Ordinal), Cancellation);
            Assert.Equal(0, await child.WaitForExitAsync(Cancellation));
        }

        var expected = await FinalState.OfDirectoryAsync(undisturbed, Cancellation);
        Assert.True(expected.Count > 500, $"The undisturbed replay left only {expected.Count} lines: it would prove little.");

        // A campaign of many kills is played as several replays, each on a directory of its own.
        var random = new Random(seed);
        for (var left = kills; left > 0;)
        {
            var killed = folder.Combine($"killed-{left}");
            var done = await ReplayWithKillsAsync(killed, recording, killedDatabase, random, Math.Min(left, DefaultKills));
            left -= done;
            AssertSame(expected, await FinalState.OfDirectoryAsync(killed, Cancellation), seed);
            if (killedDatabase is not null)
            {
                AssertSame(await FinalState.OfPostgresAsync(undisturbedDatabase!, Cancellation), await FinalState.OfPostgresAsync(killedDatabase, Cancellation), seed);
                killedDatabase = await postgres.TryAsync();
            }

            Directory.Delete(killed, recursive: true);
        }
    }

    /// <summary>Plays to the end with so many kills on the way; says how many there were.</summary>
    private static async Task<int> ReplayWithKillsAsync(string directory, string recording, string? database, Random random, int kills)
    {
        var from = 0;
        var killed = 0;
        while (true)
        {
            var last = killed == kills;
            var atWrite = !last && random.Next(2) == 0 ? random.Next(1, 12 * Snapshots / kills) : 0;
            await using var child = Start(directory, recording, from, atWrite, database);
            if (last)
            {
                await child.WaitForOutputAsync(static o => o.Contains("finished", StringComparison.Ordinal), Cancellation);
                Assert.Equal(0, await child.WaitForExitAsync(Cancellation));
                return killed;
            }

            if (atWrite > 0)
            {
                await child.WaitForExitAsync(Cancellation);
            }
            else
            {
                // So many snapshots further, and then somewhere within the next one: the instant is the test's input, not something that it waits for.
                var lines = random.Next(1, 2 + (2 * Snapshots / kills));
                await child.WaitForOutputAsync(o => o.Contains("finished", StringComparison.Ordinal) || o.Count(static c => c == '\n') >= lines, Cancellation);
                SpinFor(TimeSpan.FromMicroseconds(random.Next(0, 20_000)));
                await child.KillAsync();
            }

            Assert.True(child.Errors.Length == 0, child.Errors);
            if (child.Output.Contains("finished", StringComparison.Ordinal))
            {
                return Math.Max(1, killed);
            }

            killed++;
            from = Done(child.Output, from);
        }
    }

    private static void AssertSame(IReadOnlyList<string> expected, IReadOnlyList<string> actual, int seed)
    {
        if (!expected.SequenceEqual(actual))
        {
            Assert.Fail($"Seed {seed}. Lost:\n{Lines(expected.Except(actual))}\nNot in the undisturbed run:\n{Lines(actual.Except(expected))}\n{expected.Count} lines expected, {actual.Count} found.");
        }
    }

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines.Take(15));

    private static void SpinFor(TimeSpan span)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < span)
        {
            Thread.SpinWait(20);
        }
    }

    private static ChildProgram Start(string directory, string recording, int from, int killAtWrite, string? database)
    {
        Directory.CreateDirectory(directory);
        return ChildProgram.Start(
            Program,
            [ReplayChild.Verb, directory, recording, from.ToString(CultureInfo.InvariantCulture), killAtWrite.ToString(CultureInfo.InvariantCulture), database ?? ""]);
    }

    /// <summary>The number of snapshots that were dealt with, by the last whole line that says so.</summary>
    private static int Done(string output, int from)
    {
        var lines = output.Split('\n');
        for (var i = lines.Length - 2; i >= 0; i--)
        {
            if (lines[i].StartsWith("done ", StringComparison.Ordinal) && int.TryParse(lines[i].AsSpan(5).Trim(), CultureInfo.InvariantCulture, out var number))
            {
                return number;
            }
        }

        return from;
    }
}
