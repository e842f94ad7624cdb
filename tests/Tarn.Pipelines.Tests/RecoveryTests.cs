using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

public class RecoveryTests : OrchestratorContract
{
    [Fact]
    public void An_attempt_that_dies_with_its_process_is_closed_and_made_again_without_counting()
    {
        using var world = NewWorld();
        var calls = 0;
        var pipeline = PipelineWorld.Build("p", p => p.Retries(1, TimeSpan.FromSeconds(1)).Task("a", () => { }).Task("t", async (PipelineWorld w) =>
        {
            await Task.Delay(TimeSpan.FromMinutes(1), w.Time);
            if (++calls <= 1)
            {
                throw new IOException("first");
            }
        }, after: "a"));
        world.Start([pipeline], scheduler: true);
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        for (var kill = 0; kill < 3; kill++)
        {
            world.Advance(TimeSpan.FromSeconds(30));
            world.Kill();
            world.Start([pipeline], scheduler: true);
        }

        var run = world.Finish(id);

        Assert.Equal(RunState.Success, run.Run.State);
        Assert.Single(run.Tasks[0].Attempts);
        var attempts = run.Tasks[1].Attempts;
        Assert.Equal(5, attempts.Count);
        Assert.All(attempts.Take(3), static a => Assert.Equal((AttemptState.Failed, "The process ended during this attempt."), (a.State, a.Error)));
        Assert.Contains("first", attempts[3].Error);
        Assert.Equal(AttemptState.Success, attempts[4].State);
        Assert.Contains(world.Log.Lines, static l => l.Event == 4040);
    }

    [Fact]
    public void A_task_that_takes_its_process_down_each_time_fails_in_the_end()
    {
        using var world = NewWorld();
        world.Options.OrphanedAttemptsLimit = 3;
        var pipeline = PipelineWorld.Build("p", p => p.Task("t", async (PipelineWorld w) =>
        {
            w.Context.Die();
            await new TaskCompletionSource().Task;
        }));
        world.Start([pipeline], scheduler: true);
        string? id = null;
        world.TryAwait(async () => id = (await world.Orchestrator.TriggerAsync("p")).Id);
        for (var i = 0; i < 3; i++)
        {
            world.Idle();
            world.Kill();
            world.Start([pipeline], scheduler: true);
        }

        var run = world.Finish(id!);
        Assert.Equal(RunState.Failed, run.Run.State);
        Assert.Equal(3, run.Tasks[0].Attempts.Count);
        Assert.Contains("3 attempts in a row", run.Run.Error);
    }

    [Fact]
    public void An_orderly_stop_interrupts_and_the_next_process_goes_on()
    {
        using var world = NewWorld();
        var pipeline = PipelineWorld.Build("p", p => p
            .Task("t", async (PipelineWorld w, CancellationToken token) => await Task.Delay(TimeSpan.FromMinutes(1), w.Time, token))
            .Task("u", () => { }, after: "t"));
        world.Start([pipeline], scheduler: true);
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        world.Advance(TimeSpan.FromSeconds(10));
        world.Stop();

        // A program that does not have the pipeline does not go on with it.
        world.Start([PipelineWorld.Build("other", static p => p.Task("t", static () => { }))]);
        var stopped = world.Details(id);
        Assert.Equal((RunState.Queued, AttemptState.Queued), (stopped.Run.State, stopped.Tasks[0].State));
        Assert.Equal(("The process was stopped during this attempt.", AttemptState.Failed), (stopped.Tasks[0].Attempts[0].Error, stopped.Tasks[0].Attempts[0].State));
        world.Stop();

        world.Start([pipeline], scheduler: true);
        Assert.Equal(RunState.Success, world.Finish(id).Run.State);
        Assert.DoesNotContain(world.Log.Lines, static l => l.Event == 4040);
    }

    [Fact]
    public void A_wait_for_a_retry_is_not_begun_anew_by_a_restart()
    {
        using var world = NewWorld();
        var calls = new List<DateTimeOffset>();
        var pipeline = PipelineWorld.Build("p", p => p.Retries(1, TimeSpan.FromMinutes(30)).Task("t", (PipelineWorld w) =>
        {
            calls.Add(w.Time.GetUtcNow());
            if (calls.Count == 1)
            {
                throw new IOException("first");
            }
        }));
        world.Start([pipeline], scheduler: true);
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        world.Advance(TimeSpan.FromMinutes(20));
        var retryAt = world.Details(id).Tasks[0].RetryAt;
        world.Kill();
        world.Start([pipeline], scheduler: true);

        Assert.Equal(RunState.Success, world.Finish(id).Run.State);
        Assert.InRange(calls[1], retryAt!.Value, retryAt.Value.AddMilliseconds(1));
    }

    [Fact]
    public void A_cancellation_outlives_the_process_that_was_told()
    {
        using var world = NewWorld();
        var pipeline = PipelineWorld.Build("p", p => p.Task("deaf", async (PipelineWorld w) => await Task.Delay(TimeSpan.FromHours(1), w.Time)));
        world.Start([pipeline], scheduler: true);
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        world.Idle();
        world.Await(() => world.Orchestrator.CancelAsync(id));
        world.Kill();

        world.Start([pipeline], scheduler: true);
        Assert.Equal(RunState.Cancelled, world.Finish(id).Run.State);
    }

    [Fact]
    public void A_run_goes_on_with_the_definition_of_the_process_that_takes_it_up()
    {
        using var world = NewWorld();
        var calls = new List<string>();
        async Task Slow(PipelineWorld w) => await Task.Delay(TimeSpan.FromMinutes(1), w.Time);
        var old = PipelineWorld.Build("p", p => p.Task("done", () => calls.Add("done")).Task("slow", Slow, after: "done").Task("gone", () => calls.Add("gone"), after: "slow"));
        var current = PipelineWorld.Build("p", p => p.Task("done", () => calls.Add("done")).Task("slow", Slow, after: "done").Task("added", () => calls.Add("added"), after: "slow"));
        world.Start([old], scheduler: true);
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        world.Advance(TimeSpan.FromSeconds(30));
        world.Kill();

        world.Start([current], scheduler: true);
        var run = world.Finish(id);

        Assert.Equal((RunState.Success, current.Hash), (run.Run.State, run.Run.DefinitionHash));
        Assert.Equal(["done", "added"], calls);
        Assert.Equal(AttemptState.Skipped, run.Tasks.Single(static t => t.Name == "gone").State);
    }

    [Fact]
    public void Runs_of_a_pipeline_that_this_program_does_not_have_wait()
    {
        using var world = NewWorld();
        var one = PipelineWorld.Build("one", p => p.Task("t", async (PipelineWorld w) => await Task.Delay(TimeSpan.FromMinutes(1), w.Time)));
        var other = PipelineWorld.Build("other", p => p.Task("t", () => { }));
        world.Start([one], scheduler: true);
        var id = world.Await(() => world.Orchestrator.TriggerAsync("one")).Id;
        world.Idle();
        world.Kill();

        world.Start([other], scheduler: true);
        world.Advance(TimeSpan.FromHours(1));
        Assert.Equal(RunState.Queued, world.Details(id).Run.State);
        Assert.Equal(ErrorKind.NotFound, Assert.Throws<TarnException>(() => world.Await(() => world.Orchestrator.TriggerAsync("one"))).Kind);
    }

    [Fact]
    public void A_full_disk_stops_nothing_for_good()
    {
        using var world = NewWorld();
        var full = false;
        var calls = 0;
        world.Start([PipelineWorld.Build("p", p => p.Schedule("*/5 * * * *").CatchUp().Task("t", (PipelineWorld w) =>
        {
            calls++;
            full = calls == 2;
        }))], scheduler: true, prepare: store => store.Intercept = moment => full && moment == CommitMoment.Before
            ? throw new TarnException(ErrorKind.Unavailable, "The metadata cannot be written: the disk is full.")
            : Task.CompletedTask);
        world.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(2, calls);
        world.Advance(TimeSpan.FromMinutes(21));

        Assert.Equal(2, calls);
        Assert.NotEmpty(Waiting());
        Assert.Distinct(Waiting());
        Assert.Contains("disk is full", Assert.Throws<TarnException>(() => world.Await(() => world.Orchestrator.TriggerAsync("p"))).Message);
        full = false;
        world.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(6, calls);
        Assert.All(world.Runs(), static r => Assert.Equal(RunState.Success, r.State));
        Assert.Contains(world.Log.Lines, static l => l.Event == 4002);

        // Each write that waits says so once.
        IEnumerable<string> Waiting() => world.Log.Lines.Where(static l => l.Event == 4001).Select(static l => l.Text);
    }
}
