using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Tarn.Lake;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>
/// Random commits with random late rows, by this process and by another, against random schedules, horizons, pauses, failures, cancellations, runs by hand and kills at any step.
/// <c>TARN_SIMULATIONS</c> sets how many seeds are tried, <c>TARN_SIMULATION_SEED</c> the first.
/// </summary>
public class RepairSimulationTests(ITestOutputHelper output) : OrchestratorContract
{
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(2);

    private protected virtual int Seeds => 12;

    private protected virtual int Steps => 60;

    [Fact]
    public void Every_late_row_reaches_its_interval_and_no_interval_is_repaired_without_cause()
    {
        var first = Setting("TARN_SIMULATION_SEED", 1);
        var count = Setting("TARN_SIMULATIONS", Seeds);
        var (runs, repairs, kills) = (0, 0, 0);
        for (var seed = first; seed < first + count; seed++)
        {
            try
            {
                using var simulation = new Simulation(seed, NewStore(), Steps);
                var (r, p, k) = simulation.Run();
                (runs, repairs, kills) = (runs + r, repairs + p, kills + k);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"Seed {seed} (TARN_SIMULATION_SEED={seed} TARN_SIMULATIONS=1 repeats it): {error.Message}", error);
            }
        }

        output.WriteLine($"Seeds {first} to {first + count - 1}: {runs} runs, {repairs} of them repairs, {kills} kills.");
        Assert.True(repairs > count, "the simulation repairs next to nothing");
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    private sealed record Commit(long Version, DateTimeOffset At, IReadOnlyList<Reading> Rows);

    private sealed class Simulation : IDisposable
    {
        private readonly RepairWorld _lake;
        private readonly Lake.Lake _other;
        private readonly Random _random;
        private readonly TimeSpan _horizon;
        private readonly PipelineDefinition _pipeline;
        private readonly List<Commit> _commits = [];
        private readonly Dictionary<DataInterval, HashSet<string>> _gold = [];
        private readonly HashSet<string> _retried = [];
        private readonly bool _mayFail;
        private readonly int _steps;
        private int _rows;

        public Simulation(int seed, WorldStore store, int steps)
        {
            _steps = steps;
            _random = new Random(seed);
            _lake = new RepairWorld(seed, store: store);
            _other = new Lake.Lake(
                new LocalObjectStore(new Uri(_lake.Lake.Store.Location).LocalPath, new LocalStoreOptions { Durable = false }), null, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, seed + 10_000), NullLoggerFactory.Instance);
            _lake.MakeTable();
            _horizon = TimeSpan.FromMinutes(_random.Next(30, 300));
            _mayFail = _random.Next(2) == 0;
            _pipeline = PipelineWorld.Build("p", p => p
                .Schedule(new[] { "*/10 * * * *", "*/15 * * * *", "5,20,50 * * * *" }[_random.Next(3)])
                .StartAt(RepairWorld.Hour(-1))
                .CatchUp(_random.Next(3) > 0)
                .MaxActiveRuns(_random.Next(1, 3))
                .RepairedBy(RepairWorld.Silver, _horizon, _random.Next(1, 4))
                .Task("aggregate", AggregateAsync));
        }

        private PipelineWorld World => _lake.World;

        public (int Runs, int Repairs, int Kills) Run()
        {
            var kills = 0;
            Restart();
            for (var step = 0; step < _steps; step++)
            {
                if (_random.Next(8) == 0)
                {
                    World.Context.DiesAt = World.Context.Steps + _random.Next(1, 120);
                }

                Disturb();
                World.Advance(TimeSpan.FromSeconds(_random.Next(1, 900)));
                if (World.Context.Dead)
                {
                    kills++;
                    Restart();
                }
            }

            World.Context.DiesAt = null;
            Drain();
            var (runs, repairs) = Check();
            return (runs, repairs, kills);
        }

        public void Dispose()
        {
            _other.DisposeAsync().AsTask().GetAwaiter().GetResult();
            _lake.Dispose();
        }

        private async Task AggregateAsync(TaskContext run)
        {
            await Task.Delay(TimeSpan.FromSeconds(run.RunNumber * 37 % 30), World.Time, run.CancellationToken);
            if (_mayFail && run.Attempt == 1 && run.RunNumber % 7 == 3)
            {
                throw TaskException.Final("Fails.");
            }

            _gold[run.DataInterval] = [.. _commits.SelectMany(static c => c.Rows).Where(r => run.DataInterval.Contains(r.At)).Select(static r => r.Id)];
        }

        private void Restart()
        {
            // A process may also die while it starts.
            do
            {
                if (World.Store is not null)
                {
                    World.Kill();
                }

                World.Context.DiesAt = _random.Next(6) == 0 ? _random.Next(1, 30) : null;
                World.Start([_pipeline], scheduler: true, static store => store.Intercept = static async _ => await Task.Yield());
            }
            while (World.Context.Dead);
        }

        private void Disturb()
        {
            switch (_random.Next(14))
            {
                case < 6:
                    Append(_random.Next(1, 4));
                    break;
                case 6:
                    for (var i = _random.Next(2, 6); i > 0 && !World.Context.Dead; i--)
                    {
                        Append(1);
                        World.Advance(TimeSpan.FromSeconds(_random.Next(8)));
                    }

                    break;
                case 7:
                    RepairWorld.Do(() => _other.Table(RepairWorld.Silver).OptimizeAsync());
                    break;
                case 8:
                    Attempt(() => World.Orchestrator.PauseAsync("p"));
                    break;
                case 9 or 10:
                    Attempt(() => World.Orchestrator.ResumeAsync("p"));
                    break;
                case 11:
                    Attempt(() => World.Orchestrator.TriggerAsync("p", World.Time.GetUtcNow().AddMinutes(-_random.Next(600))));
                    break;
                case 12:
                    WithRun(static r => !r.HasEnded, id => World.Orchestrator.CancelAsync(id));
                    break;
                case 13:
                    WithRun(static r => r.State is RunState.Failed or RunState.Cancelled, RetryAsync);
                    break;
            }
        }

        private void Append(int rows)
        {
            var now = World.Time.GetUtcNow();
            var made = Enumerable.Range(0, rows)
                .Select(_ => new Reading { Id = $"r{_rows++}", At = Instant.Truncate(now.AddMinutes(_random.Next(3) == 0 ? -_random.Next(10) : -_random.Next(400))), Value = 1 }).ToList();
            var lake = _random.Next(2) == 0 ? _lake.Lake : _other;
            var version = 0L;
            World.Context.Within(() => version = RepairWorld.Do(() => lake.Table(RepairWorld.Silver).AppendAsync(made)).Version);
            _commits.Add(new Commit(version, now, made));
        }

        private Task RetryAsync(string run)
        {
            _retried.Add(run);
            return World.Orchestrator.RetryAsync(run);
        }

        private void Attempt(Func<Task> call)
        {
            try
            {
                World.TryAwait(call);
            }
            catch (TarnException error) when (error.Kind is ErrorKind.Conflict)
            {
            }
        }

        private void WithRun(Func<RunSummary, bool> which, Func<string, Task> act)
        {
            IReadOnlyList<RunSummary> all = [];
            Attempt(async () => all = await World.Orchestrator.ListRunsAsync(new RunFilter { Limit = 1000 }));
            if (all.Where(which).ToList() is { Count: > 0 } runs)
            {
                Attempt(() => act(runs[_random.Next(runs.Count)].Id));
            }
        }

        /// <summary>Lets all that is pending come to its end, and tries again what failed or was cancelled.</summary>
        private void Drain()
        {
            World.Await(() => World.Orchestrator.ResumeAsync("p"));
            for (var i = 0; i < 3; i++)
            {
                World.Advance(TimeSpan.FromMinutes(40));
                foreach (var run in World.Runs().Where(static r => r.State is RunState.Failed or RunState.Cancelled))
                {
                    World.Await(() => RetryAsync(run.Id));
                }
            }

            // No further intervals while the last ones end.
            World.Await(() => World.Orchestrator.PauseAsync("p"));
            for (var i = 0; i < 200 && World.Runs().Any(static r => !r.HasEnded); i++)
            {
                World.Advance(TimeSpan.FromMinutes(1));
            }

            Assert.Empty(_lake.State().Pending);
            Assert.Equal(0, _lake.State().Sources[0].Lag);
        }

        private (int Runs, int Repairs) Check()
        {
            var rows = World.Await(() => World.Store.ReadAsync(async c =>
                (await Dapper.SqlMapper.QueryAsync<RunRow>(c, $"SELECT {RunRow.Columns} FROM pipeline_run ORDER BY seq")).ToList()));
            var repairs = rows.FindAll(static r => r.Trigger == "repair");
            var seen = rows.ToDictionary(static r => r.Seq, static r => r.Sources is { } s ? RunSources.Parse(s)[RepairWorld.Silver].Version : (long?)null);
            foreach (var repair in repairs)
            {
                CheckCause(repair, rows, seen);
            }

            CheckOrder(repairs, rows, seen);
            foreach (var interval in rows.Where(static r => r.State == "success").Select(static r => r.Interval).Distinct())
            {
                CheckGold(interval, rows, seen);
            }

            return (rows.Count, repairs.Count);
        }

        /// <summary>A repair has a commit that touched its interval, within the horizon, and that the run before it had not seen; and it has seen it.</summary>
        private void CheckCause(RunRow repair, List<RunRow> rows, Dictionary<long, long?> seen)
        {
            Assert.True(
                Unseen(repair, rows, seen).Any(c => c.Version <= (seen[repair.Seq] ?? long.MaxValue) && repair.Interval.End >= c.At - _horizon),
                $"the repair of {repair.Interval} had no cause: {repair.Cause}");
            Assert.Equal(repair.Interval, _pipeline.Schedule!.StartingAtOrAfter(repair.Interval.Start));
        }

        /// <summary>Those commits that touched an interval and that the run before had not seen.</summary>
        private List<Commit> Unseen(RunRow run, List<RunRow> rows, Dictionary<long, long?> seen)
        {
            var before = rows.FindLast(r => r.Seq < run.Seq && r.Interval == run.Interval && seen[r.Seq] is not null);
            return _commits.FindAll(c => c.Version > (before is null ? -1 : seen[before.Seq]!.Value) && Touches(c, run.Interval));
        }

        /// <summary>A repair of an earlier interval comes after one of a later one only where it began to wait after that one.</summary>
        private void CheckOrder(List<RunRow> repairs, List<RunRow> rows, Dictionary<long, long?> seen)
        {
            // A retry would be taken for the time at which the run was made.
            foreach (var (earlier, later) in repairs.Zip(repairs.Skip(1)).Where(p => p.Second.IntervalStart < p.First.IntervalStart && !_retried.Contains(p.First.Id)))
            {
                Assert.True(WaitsSince(later) + Slack >= WaitsSince(earlier), $"{later.Interval} waited, and {earlier.Interval} was repaired before it");
            }

            // Commits that came before the interval had any run are no cause of a repair.
            DateTimeOffset WaitsSince(RunRow repair)
            {
                var from = RepairCause.Parse(repair.Cause!).FromVersion;
                return Unseen(repair, rows, seen).First(c => c.Version >= from).At;
            }
        }

        /// <summary>What the pipeline made of an interval is what it makes of all rows now, but for those that came beyond the horizon.</summary>
        private void CheckGold(DataInterval interval, List<RunRow> rows, Dictionary<long, long?> seen)
        {
            var all = _commits.SelectMany(c => c.Rows.Where(r => interval.Contains(r.At)).Select(r => (Commit: c, r.Id))).ToList();
            var missing = all.Where(r => interval.End >= r.Commit.At + Slack - _horizon && !_gold[interval].Contains(r.Id)).ToList();
            Assert.True(missing.Count == 0, $"{interval} lacks {string.Join(", ", missing.Select(static m => $"{m.Id} of version {m.Commit.Version} at {m.Commit.At:O}"))}; its runs: {string.Join("; ", rows.Where(r => r.Interval == interval).Select(r => $"{r.Seq} {r.Trigger} {r.State} saw {seen[r.Seq]}"))}");
        }

        /// <summary>Commits tell times by the minute.</summary>
        private static bool Touches(Commit commit, DataInterval interval) =>
            commit.Rows.Any(r => r.At < interval.End && r.At.AddMinutes(1) > interval.Start && interval.Contains(r.At.AddTicks(-(r.At.UtcTicks % TimeSpan.TicksPerMinute))));
    }
}
