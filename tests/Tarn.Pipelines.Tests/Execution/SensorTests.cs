using Microsoft.Extensions.DependencyInjection;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Pipelines.Tests.Execution;

public class SensorTests : OrchestratorContract
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void It_looks_at_its_interval_as_one_attempt_until_something_is_there()
    {
        using var world = NewWorld();
        var looks = new List<DateTimeOffset>();
        world.Start("p", p => p.Sensor("s", (PipelineWorld w) =>
        {
            looks.Add(w.Time.GetUtcNow());
            return looks.Count == 4;
        }, every: Minute));

        var run = world.Run("p");

        Assert.Equal((RunState.Success, AttemptState.Success), (run.Run.State, run.Tasks[0].State));
        Assert.Equal([Minute, Minute, Minute], looks.Zip(looks.Skip(1), static (a, b) => b - a));
        Assert.Equal(180_000, Assert.Single(run.Tasks[0].Attempts).DurationMs);
    }

    [Fact]
    public void It_holds_no_slot_between_two_looks()
    {
        using var world = NewWorld();
        world.Options.Pools["one"] = 1;
        world.Start("p", p => p
            .Sensor("never", static () => false, every: Minute, configure: static t => t.Pool("one"))
            .Task("other", static () => { }, pool: "one"));

        var run = world.Await(() => world.Orchestrator.TriggerAsync("p"));
        world.Idle();

        Assert.Equal([AttemptState.Deferred, AttemptState.Success], world.Details(run.Id).Tasks.Select(static t => t.State));
    }

    [Theory]
    [InlineData(false, AttemptState.Failed, RunState.Failed)]
    [InlineData(true, AttemptState.Skipped, RunState.Success)]
    public void When_its_time_is_over_it_fails_or_is_skipped(bool skip, AttemptState state, RunState end)
    {
        using var world = NewWorld();
        var looks = 0;
        world.Start("p", p => p.Sensor("s", () =>
        {
            looks++;
            return false;
        }, every: Minute, timeout: TimeSpan.FromMinutes(10), skipOnTimeout: skip));
        var started = world.Time.GetUtcNow();

        var run = world.Run("p");

        Assert.Equal((state, end), (run.Tasks[0].State, run.Run.State));
        Assert.InRange(looks, 10, 11);
        Assert.InRange(run.Run.EndedAt!.Value - started, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(11));
    }

    [Theory]
    [InlineData(4, 10, new[] { 0, 4, 8, 10 })]
    [InlineData(5, 10, new[] { 0, 5, 10 })]
    [InlineData(7, 3, new[] { 0, 3 })]
    public void It_looks_for_the_last_time_when_its_time_is_over(int every, int timeout, int[] minutes)
    {
        using var world = NewWorld();
        var looks = new List<double>();
        var appears = world.Time.GetUtcNow() + (Minute * timeout);
        var started = world.Time.GetUtcNow();
        bool Look(bool isThere)
        {
            looks.Add((world.Time.GetUtcNow() - started).TotalMinutes);
            return isThere && world.Time.GetUtcNow() >= appears;
        }

        world.Start("p", p => p
            .Sensor("late", () => Look(isThere: true), every: Minute * every, timeout: Minute * timeout)
            .Sensor("never", () => Look(isThere: false), every: Minute * every, timeout: Minute * timeout));

        var run = world.Run("p");

        Assert.Equal([AttemptState.Success, AttemptState.Failed], run.Tasks.Select(static t => t.State));
        Assert.Equal(minutes.SelectMany(static m => new double[] { m, m }), looks);
        Assert.All(run.Tasks, t => Assert.Equal(timeout * 60_000, Assert.Single(t.Attempts).DurationMs));
    }

    [Fact]
    public void Where_no_process_ran_when_its_time_was_over_it_looks_once_more()
    {
        using var world = NewWorld();
        var there = false;
        var pipeline = PipelineWorld.Build("p", p => p.Sensor("s", () => there, every: Minute * 4, timeout: Minute * 10));
        world.Start(pipeline);
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        world.Advance(Minute * 9);
        world.Kill();

        there = true;
        world.Time.Advance(Minute * 5);
        world.Start([pipeline], scheduler: true);

        Assert.Equal(RunState.Success, world.Finish(id).Run.State);
    }

    [Fact]
    public void A_look_that_throws_is_tried_again_like_any_task()
    {
        using var world = NewWorld();
        var looks = 0;
        world.Start("p", p => p.Retries(1, Minute).Sensor("s", bool () => ++looks == 1 ? throw new IOException("down") : looks > 2, every: Minute));

        var run = world.Run("p");

        Assert.Equal(RunState.Success, run.Run.State);
        Assert.Equal([AttemptState.Failed, AttemptState.Success], run.Tasks[0].Attempts.Select(static a => a.State));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void After_the_end_of_the_process_between_two_looks_the_same_attempt_goes_on(bool kill)
    {
        using var world = NewWorld();
        var there = false;
        var pipeline = PipelineWorld.Build("p", p => p.Sensor("s", () => there, every: Minute));
        world.Start(pipeline);
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        world.Advance(Minute * 2.5);
        if (kill)
        {
            world.Kill();
        }
        else
        {
            world.Stop();
        }

        there = true;
        world.Start([pipeline], scheduler: true);
        var run = world.Finish(id);

        Assert.Equal(RunState.Success, run.Run.State);
        var attempt = Assert.Single(run.Tasks[0].Attempts);
        Assert.Equal((1, AttemptState.Success, 180_000), (attempt.Number, attempt.State, (int)attempt.DurationMs!));
    }

    [Fact]
    public void Cancelling_ends_it_between_two_looks()
    {
        using var world = NewWorld();
        world.Start("p", p => p.Sensor("s", static () => false, every: Minute).Task("t", static () => { }, after: "s"));
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        world.Advance(Minute * 1.5);

        world.Await(() => world.Orchestrator.CancelAsync(id));
        world.Idle();

        var run = world.Details(id);
        Assert.Equal(RunState.Cancelled, run.Run.State);
        Assert.Equal(AttemptState.Cancelled, Assert.Single(run.Tasks[0].Attempts).State);
    }

    [Fact]
    public void The_ready_one_for_times_waits_for_its_moment()
    {
        using var world = NewWorld();
        world.Services.AddSingleton<TimeProvider>(world.Time);
        var moment = world.Time.GetUtcNow() + (Minute * 5);
        world.Start("p", p => p.Sensor("s", Sensors.Time(_ => moment), every: Minute));

        Assert.Equal(moment, world.Run("p").Run.EndedAt);
    }

    [Fact]
    public void The_ready_one_for_files_waits_for_a_file_that_is_not_empty()
    {
        using var world = NewWorld();
        using var directory = new TemporaryDirectory();
        var path = directory.Combine("in.csv");
        world.Start("p", p => p.Sensor("s", Sensors.File(_ => path), every: Minute));
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        world.Advance(Minute * 1.5);
        File.WriteAllText(path, "");
        world.Advance(Minute);
        Assert.Equal(AttemptState.Deferred, world.Details(id).Tasks[0].State);

        File.WriteAllText(path, "a,b");

        Assert.Equal(RunState.Success, world.Finish(id).Run.State);
    }
}
