using Xunit;

namespace Tarn.Pipelines.Tests.Execution;

public class SubPipelineTests : OrchestratorContract
{
    [Fact]
    public void It_runs_for_the_same_interval_with_its_parameters()
    {
        using var world = NewWorld();
        var seen = new List<(int, string, DataInterval)>();
        world.Start(
            Parent(static p => p.Schedule("@hourly"), new Dictionary<string, object?> { ["n"] = 3 }),
            PipelineWorld.Build("child", p => p.Parameter("n", 0).Parameter("place", "Yukon")
                .Task("t", ([Parameter] int n, [Parameter] string place, DataInterval interval) => seen.Add((n, place, interval)))));

        var run = world.Run("parent");

        Assert.Equal(RunState.Success, run.Run.State);
        Assert.Equal([(3, "Yukon", run.Run.DataInterval)], seen);
        var child = world.Details(run.Tasks[0].SubRun!).Run;
        Assert.Equal((RunTrigger.SubPipeline, run.Run.Id), (child.Trigger, child.Parent));
    }

    [Fact]
    public void Its_failure_is_the_tasks_and_a_retry_makes_a_new_run()
    {
        using var world = NewWorld();
        var calls = 0;
        world.Start(
            Parent(static p => p.Retries(1, TimeSpan.FromMinutes(1))),
            PipelineWorld.Build("child", p => p.Task("t", void () => throw new IOException($"down {++calls}"))));

        var run = world.Run("parent");

        Assert.Equal(RunState.Failed, run.Run.State);
        Assert.Equal(2, calls);
        Assert.Contains("down 2", run.Run.Error);
        Assert.Equal([AttemptState.Failed, AttemptState.UpstreamFailed], run.Tasks.Select(static t => t.State));
        Assert.Equal(2, world.Runs(new RunFilter { Pipeline = "child" }).Count);
    }

    [Fact]
    public void Cancelling_the_parent_cancels_its_run()
    {
        using var world = NewWorld();
        world.Start(Parent(), Slow());
        var id = world.Await(() => world.Orchestrator.TriggerAsync("parent")).Id;
        world.Advance(TimeSpan.FromMinutes(1));

        world.Await(() => world.Orchestrator.CancelAsync(id));
        var run = world.Finish(id);

        Assert.Equal(RunState.Cancelled, run.Run.State);
        Assert.Equal(RunState.Cancelled, world.Details(run.Tasks[0].SubRun!).Run.State);
    }

    [Fact]
    public void Cancelling_its_run_cancels_the_task()
    {
        using var world = NewWorld();
        world.Start(Parent(), Slow());
        var id = world.Await(() => world.Orchestrator.TriggerAsync("parent")).Id;
        world.Advance(TimeSpan.FromMinutes(1));

        world.Await(() => world.Orchestrator.CancelAsync(world.Details(id).Tasks[0].SubRun!));
        var run = world.Finish(id);

        Assert.Equal(RunState.Cancelled, run.Run.State);
        Assert.Equal([AttemptState.Cancelled, AttemptState.Cancelled], run.Tasks.Select(static t => t.State));
    }

    [Fact]
    public void Cancelling_its_run_while_that_is_queued_cancels_the_task()
    {
        using var world = NewWorld();
        world.Start(
            Parent(),
            PipelineWorld.Build("child", static p => p.Schedule("@hourly").MaxActiveRuns(5).DependsOnPast()
                .Task("t", async (PipelineWorld w, CancellationToken token) => await Task.Delay(TimeSpan.FromHours(1), w.Time, token))));
        var id = world.Await(() => world.Orchestrator.TriggerAsync("parent")).Id;
        string? child = null;
        for (var steps = 0; child is null && steps < 10_000; steps++)
        {
            // The run is made in the step that starts the task, and is queued until it is admitted.
            Assert.True(world.Step());
            child = world.RunChanges.FirstOrDefault(static c => c.Run is { Pipeline: "child", State: RunState.Queued })?.Run.Id
                ?? world.AttemptChanges.Where(static c => c.Task == "sub").Select(_ => world.Details(id).Tasks[0].SubRun).FirstOrDefault();
        }

        world.Await(() => world.Orchestrator.CancelAsync(child!));
        world.Idle();

        var run = world.Details(id);
        Assert.Equal(RunState.Cancelled, run.Run.State);
        Assert.Equal(AttemptState.Cancelled, run.Tasks[0].State);
        Assert.Equal(RunState.Cancelled, world.Details(child!).Run.State);
    }

    [Fact]
    public void It_goes_on_after_the_process_was_killed()
    {
        using var world = NewWorld();
        PipelineDefinition[] pipelines = [Parent(), Slow()];
        world.Start(pipelines);
        var id = world.Await(() => world.Orchestrator.TriggerAsync("parent")).Id;
        world.Advance(TimeSpan.FromMinutes(1));
        var child = world.Details(id).Tasks[0].SubRun;
        world.Kill();

        world.Start(pipelines, scheduler: true);
        var run = world.Finish(id);

        Assert.Equal((RunState.Success, child), (run.Run.State, run.Tasks[0].SubRun));
        Assert.Single(run.Tasks[0].Attempts);
    }

    private static PipelineDefinition Parent(Action<PipelineBuilder>? more = null, IReadOnlyDictionary<string, object?>? parameters = null) => PipelineWorld.Build("parent", p =>
    {
        more?.Invoke(p);
        p.SubPipeline("sub", "child", parameters).Task("after", static () => { }, after: "sub");
    });

    private static PipelineDefinition Slow() => PipelineWorld.Build("child", static p => p
        .Task("t", async (PipelineWorld w, CancellationToken token) => await Task.Delay(TimeSpan.FromHours(1), w.Time, token)));
}
