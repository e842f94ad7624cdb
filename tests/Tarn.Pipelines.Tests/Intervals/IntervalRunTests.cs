using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>Which runs count as those of a data interval.</summary>
public class IntervalRunTests : OrchestratorContract
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_older_run_that_is_tried_again_leaves_the_interval_as_its_latest_run_left_it()
    {
        using var world = NewWorld();
        var fails = true;
        world.Start("p", p => p.Schedule("@hourly").Task("t", () =>
        {
            if (fails)
            {
                throw new IOException("broken");
            }
        }));
        var older = world.Run("p", Start).Run;
        fails = false;
        Assert.Equal(RunState.Success, world.Run("p", Start).Run.State);
        Assert.Equal(IntervalState.Success, State(Start.AddHours(-1)));

        fails = true;
        world.Await(() => world.Orchestrator.RetryAsync(older.Id));
        Assert.Equal(RunState.Failed, world.Finish(older.Id).Run.State);
        Assert.Equal(IntervalState.Success, State(Start.AddHours(-1)));

        // The latest run that is tried again counts, and so does a run that was made later.
        var latest = world.Run("p", Start).Run;
        Assert.Equal(IntervalState.Failed, State(Start.AddHours(-1)));
        fails = false;
        world.Await(() => world.Orchestrator.RetryAsync(latest.Id));
        Assert.Equal(RunState.Success, world.Finish(latest.Id).Run.State);
        Assert.Equal(IntervalState.Success, State(Start.AddHours(-1)));

        IntervalState State(DateTimeOffset start) => Assert.Single(world.Await(() => world.Orchestrator.GetIntervalsAsync("p", start, start.AddHours(1))).Ranges).State;
    }

    [Fact]
    public void A_sub_pipelines_run_is_none_of_its_interval_for_backfills_and_for_what_depends_on_the_past()
    {
        using var world = NewWorld();
        world.Start(
            PipelineWorld.Build("p", static p => p.Schedule("@hourly").DependsOnPast().Task("t", async (TaskContext run, PipelineWorld w) =>
            {
                if (run.Trigger == RunTrigger.SubPipeline)
                {
                    await Task.Delay(TimeSpan.FromHours(1), w.Time, run.CancellationToken);
                    throw new IOException("broken");
                }
            })),
            PipelineWorld.Build("caller", static p => p.Schedule("@hourly").SubPipeline("sub", "p")));
        var caller = world.Await(() => world.Orchestrator.TriggerAsync("caller", Start)).Id;
        world.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((2, 0), Preview());
        Assert.Equal(RunState.Success, world.Run("p", Start.AddHours(1)).Run.State);
        Assert.Equal(RunState.Failed, world.Finish(caller).Run.State);

        // A sub-pipeline's run depends on the one that the same task called before.
        var next = world.Await(() => world.Orchestrator.TriggerAsync("caller", Start.AddHours(1))).Id;
        world.Advance(TimeSpan.FromHours(3));
        Assert.Equal(RunState.Queued, Assert.Single(world.Runs(new RunFilter { Pipeline = "p", State = RunState.Queued })).State);
        world.Await(() => world.Orchestrator.CancelAsync(next));
        Assert.Equal(RunState.Cancelled, world.Finish(next).Run.State);

        (long ToRun, long Active) Preview()
        {
            var preview = world.Await(() => world.Orchestrator.PreviewBackfillAsync(new BackfillRequest { Pipeline = "p", From = Start.AddHours(-1), To = Start.AddHours(1) }));
            return (preview.Total, preview.Active);
        }
    }
}
