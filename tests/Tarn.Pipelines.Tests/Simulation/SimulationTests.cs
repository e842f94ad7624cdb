using System.Text.Json;
using Dapper;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>
/// Random pipelines under random faults (kills at any step, a disk that is full for a while, clocks that are set, stops, pauses, cancellations), compared with a model.
/// <c>TARN_SIMULATIONS</c> sets how many seeds are tried, <c>TARN_SIMULATION_SEED</c> the first.
/// </summary>
public class SimulationTests(ITestOutputHelper output) : OrchestratorContract
{
    private protected virtual int Seeds => 8;

    private protected virtual int Steps => 60;

    [Fact]
    public void The_states_reached_are_those_of_the_model()
    {
        var first = Setting("TARN_SIMULATION_SEED", 1);
        var count = Setting("TARN_SIMULATIONS", Seeds);
        var (runs, kills) = (0, 0);
        for (var seed = first; seed < first + count; seed++)
        {
            try
            {
                var (r, k) = Simulate(seed, NewStore(), Steps);
                (runs, kills) = (runs + r, kills + k);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"Seed {seed} (TARN_SIMULATION_SEED={seed} TARN_SIMULATIONS=1 repeats it): {error.Message}", error);
            }
        }

        output.WriteLine($"Seeds {first} to {first + count - 1}: {runs} runs, {kills} kills.");
    }

    internal static (int Runs, int Kills) Simulate(int seed, WorldStore store, int steps, Action<PipelineWorld>? inspect = null)
    {
        var random = new Random(seed);
        using var world = new PipelineWorld(seed, store: store);
        var system = new SimulatedSystem(seed, world, random);
        var meddling = new Meddling();
        var faults = new StoreFaults(random);
        var kills = 0;
        Restart();
        for (var step = 0; step < steps; step++)
        {
            if (random.Next(6) == 0)
            {
                world.Context.DiesAt = world.Context.Steps + random.Next(1, 150);
            }

            Disturb(world, system, faults, meddling, random);
            world.Advance(TimeSpan.FromSeconds(random.Next(1, 240)));
            if (world.Context.Dead)
            {
                kills++;
                Restart();
            }
        }

        faults.End();
        world.Context.DiesAt = null;
        Drain(world, system);
        inspect?.Invoke(world);
        return (Check(world, system, meddling), kills);

        void Restart()
        {
            // A process may also die while it starts.
            do
            {
                if (world.Store is not null)
                {
                    world.Kill();
                    system.ProcessDied();
                }

                world.Context.DiesAt = random.Next(8) == 0 ? random.Next(1, 10) : null;
                world.Start(system.Pipelines, scheduler: true, faults.Attach);
            }
            while (world.Context.Dead);
        }
    }

    private static void Disturb(PipelineWorld world, SimulatedSystem system, StoreFaults faults, Meddling meddling, Random random)
    {
        var definition = system.Pipelines[random.Next(system.Pipelines.Count)];
        var pipeline = definition.Name;
        switch (random.Next(12))
        {
            case 0:
                faults.Begin();
                break;
            case 1 or 2:
                faults.End();
                break;
            case 3 or 4:
                JsonElement? given = definition.Parameters.Count == 0 ? null : JsonSerializer.SerializeToElement(new { p = random.Next(3) });
                Attempt(world, () => world.Orchestrator.TriggerAsync(pipeline, null, given));
                break;
            case 5:
                world.Time.JumpTo(world.Time.GetUtcNow().AddMinutes(random.Next(-60, 60)));
                break;
            case 6:
                Attempt(world, () => world.Orchestrator.PauseAsync(pipeline));
                break;
            case 7 or 8:
                Attempt(world, () => world.Orchestrator.ResumeAsync(pipeline));
                break;
            case 9:
                WithRun(world, random, static r => !r.HasEnded, id =>
                {
                    meddling.Cancelled.Add(id);
                    return world.Orchestrator.CancelAsync(id);
                });
                break;
            case 10:
                WithRun(world, random, static r => r.State is RunState.Failed or RunState.Cancelled, id =>
                {
                    meddling.Retried.Add(id);
                    return world.Orchestrator.RetryAsync(id);
                });
                break;
        }
    }

    private static void WithRun(PipelineWorld world, Random random, Func<RunSummary, bool> which, Func<string, Task> act)
    {
        IReadOnlyList<RunSummary> all = [];
        Attempt(world, async () => all = await world.Orchestrator.ListRunsAsync(new RunFilter { Limit = 1000 }));
        var runs = all.Where(which).ToList();
        if (runs.Count > 0)
        {
            var id = runs[random.Next(runs.Count)].Id;
            Attempt(world, () => act(id));
        }
    }

    /// <summary>Calls the orchestrator; a full disk, or a process that dies meanwhile, is no fault of the test.</summary>
    private static void Attempt(PipelineWorld world, Func<Task> call)
    {
        try
        {
            world.TryAwait(call);
        }
        catch (TarnException error) when (error.Kind is ErrorKind.Unavailable or ErrorKind.Conflict)
        {
        }
    }

    /// <summary>Lets the clock pass whatever it showed before, then pauses all schedules and waits for what is left.</summary>
    private static void Drain(PipelineWorld world, SimulatedSystem system)
    {
        world.Advance(TimeSpan.FromMinutes(1));
        foreach (var pipeline in system.Pipelines)
        {
            world.Await(() => world.Orchestrator.PauseAsync(pipeline.Name));
        }

        for (var i = 0; i < 1000 && world.Runs().Any(static r => !r.HasEnded); i++)
        {
            world.Advance(TimeSpan.FromMinutes(1));
        }
    }

    private static int Check(PipelineWorld world, SimulatedSystem system, Meddling meddling)
    {
        Assert.True(system.Violations.Count == 0, string.Join("; ", system.Violations));
        var runs = world.Runs();
        Assert.True(runs.Count < 1000, "the simulation is too long for its checks");
        var byId = runs.ToDictionary(static r => r.Id);
        foreach (var run in runs)
        {
            new RunCheck(system, world.Details(run.Id), byId, meddling).Check();
        }

        foreach (var pipeline in system.Pipelines.Where(static p => p.Schedule is not null))
        {
            CheckIntervals(world, pipeline, [.. runs.Where(r => r.Pipeline == pipeline.Name && r.Trigger is RunTrigger.Scheduled or RunTrigger.CatchUp).Select(static r => r.DataInterval).Order(Comparer<DataInterval>.Create(static (a, b) => a.Start.CompareTo(b.Start)))]);
        }

        return runs.Count;
    }

    /// <summary>No interval twice, every one a real one, and with catch-up none left out between the first and the last decided.</summary>
    private static void CheckIntervals(PipelineWorld world, PipelineDefinition pipeline, List<DataInterval> intervals)
    {
        Assert.Equal(intervals.Count, intervals.Select(static i => i.Start).Distinct().Count());
        Assert.All(intervals, i => Assert.Equal(i, pipeline.Schedule!.StartingAtOrAfter(i.Start)));
        var until = world.Await(() => world.Store.ReadAsync(c => RunQueries.PipelineAsync(c, pipeline.Name))).ScheduledUntil;
        Assert.Equal(intervals.Count == 0 ? null : Instant.ToMicroseconds(intervals[^1].End), until);
        if (pipeline.CatchUp)
        {
            Assert.All(intervals.Zip(intervals.Skip(1)), static pair => Assert.Equal(pair.First.End, pair.Second.Start));
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;

    /// <summary>A disk that is full at times, and a scheduling point before and after each commit, where the process may die.</summary>
    private sealed class StoreFaults(Random random)
    {
        private bool _full;

        public void Begin() => _full = true;

        public void End() => _full = false;

        public void Attach(MetadataStore store)
        {
            _full = false;
            store.Intercept = async moment =>
            {
                await Task.Yield();
                if (moment == CommitMoment.Before && _full && random.Next(3) > 0)
                {
                    throw new TarnException(ErrorKind.Unavailable, "The metadata cannot be written: the disk is full.");
                }
            };
        }
    }
}
