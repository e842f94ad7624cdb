using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests.Execution;

/// <summary>What a fault of the orchestrator itself leaves of the run that it strikes: here, that the cache cannot be asked for its last task.</summary>
public class BrokenRunTests : OrchestratorContract
{
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(90);

    [Fact]
    public void All_of_its_code_is_told_to_stop_also_what_came_to_a_node_by_the_store()
    {
        using var world = NewWorld();

        // As a node it begins the first four itself.
        world.Options.NodeSlots = 4;
        var stopped = new ConcurrentQueue<string>();
        async Task Slow(string name, CancellationToken token)
        {
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            }
            catch (OperationCanceledException)
            {
                stopped.Enqueue(name);
                throw;
            }
        }

        world.Start("p", p => Break(p, world)
            .Setup("made", static () => { })
            .Task("own", (CancellationToken token) => Slow("own", token))
            .Task("short", (CancellationToken token) => Task.Delay(TimeSpan.FromSeconds(10), world.Time, token))
            .Teardown("gone", of: "made", run: (CancellationToken token) => Slow("gone", token), after: ["short"])
            .Task("other", (CancellationToken token) => Slow("other", token)));
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        world.Advance(Later - TimeSpan.FromSeconds(1));
        Assert.Equal(["gone", "other", "own"], RunningOf(world, id));
        Assert.Empty(stopped);

        var told = 0;
        using var listening = world.Store.Listen(NodeSignals.Attempts, payload => Interlocked.Add(ref told, payload is null ? 0 : 1));
        Fault(world);
        world.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(RunState.Failed, world.Details(id).Run.State);
        Assert.Equal(["gone", "other", "own"], stopped.Order(StringComparer.Ordinal));
        Assert.Equal(world.IsShared ? 1 : 0, told);
    }

    [Fact]
    public void The_run_that_it_waits_for_is_cancelled()
    {
        using var world = NewWorld();
        world.Start(
            PipelineWorld.Build("below", static p => p.Task("t", static (CancellationToken token) => Task.Delay(Timeout.InfiniteTimeSpan, token))),
            PipelineWorld.Build("above", p => Break(p, world).SubPipeline("s", "below")));
        var id = world.Await(() => world.Orchestrator.TriggerAsync("above")).Id;
        world.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(RunState.Running, Assert.Single(world.Runs(new RunFilter { Pipeline = "below" })).State);

        Fault(world);
        world.Advance(Later);

        Assert.Equal(RunState.Failed, world.Details(id).Run.State);
        Assert.Equal(RunState.Cancelled, Assert.Single(world.Runs(new RunFilter { Pipeline = "below" })).State);
    }

    [Fact]
    public void One_whose_end_a_fault_keeps_from_being_stored_is_seen_and_goes_on_with_the_next_process()
    {
        using var world = NewWorld();
        var pipeline = PipelineWorld.Build("p", p => Break(p, world));
        world.Start(pipeline);
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        world.Advance(TimeSpan.FromSeconds(1));
        var another = false;
        Fault(world, () => another = true);
        world.Store.Intercept = moment =>
        {
            if (moment == CommitMoment.Before && another)
            {
                another = false;
                throw new InvalidOperationException("another fault");
            }

            return Task.CompletedTask;
        };
        world.Advance(Later);

        Assert.Contains(world.Log.Lines, static l => l is { Event: 4036, Level: LogLevel.Critical } && l.Text.Contains("another fault", StringComparison.Ordinal));
        world.Stop();
        world.Start([pipeline], scheduler: true);
        Assert.Equal(RunState.Success, world.Finish(id).Run.State);
    }

    /// <summary>Adds what strikes the run later, and holds no slot until then.</summary>
    private static PipelineBuilder Break(PipelineBuilder pipeline, PipelineWorld world)
    {
        var at = world.Time.GetUtcNow() + Later;
        return pipeline
            .Sensor("gate", (PipelineWorld w) => w.Time.GetUtcNow() >= at, every: Later)
            .Task("cached", static () => 1, after: "gate", configure: static t => t.Cache(TimeSpan.FromDays(1)));
    }

    private static void Fault(PipelineWorld world, Action? happened = null) => world.Store.InterceptRead = () =>
    {
        if (!Environment.StackTrace.Contains("AskAsync", StringComparison.Ordinal))
        {
            return Task.CompletedTask;
        }

        happened?.Invoke();
        throw new InvalidOperationException("a fault");
    };

    private static IEnumerable<string> RunningOf(PipelineWorld world, string id) =>
        world.Details(id).Tasks.Where(static t => t.State == AttemptState.Running).Select(static t => t.Name).Order(StringComparer.Ordinal);
}
