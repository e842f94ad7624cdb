using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>Backfills as the orchestrator runs them: beside the schedule, with kills and restarts.</summary>
public class BackfillDutyTests : OrchestratorContract
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    private protected virtual int Seeds => 12;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Its_intervals_are_run_in_order_as_many_at_a_time_as_it_says(bool backwards)
    {
        using var world = NewWorld();
        var (started, active, most) = (new List<DateTimeOffset>(), 0, 0);
        world.Start("p", p => p.Schedule("@hourly").Task("t", async (PipelineWorld w, TaskContext run) =>
        {
            started.Add(run.DataInterval.Start);
            most = Math.Max(most, ++active);
            await Task.Delay(TimeSpan.FromMinutes(1), w.Time);
            active--;
        }), scheduler: true);
        world.Await(() => world.Orchestrator.PauseAsync("p"));
        world.Advance(TimeSpan.FromMinutes(5));
        started.Clear();

        var made = Create(world, Request(-20, 0) with { MaxActiveRuns = 3, RunBackwards = backwards });
        Assert.Equal((BackfillState.Running, 20), (made.State, made.Total));
        var backfill = Finish(world, made.Id);

        Assert.Equal((BackfillState.Success, 20, 20, 0, 0), (backfill.State, backfill.Made, backfill.Succeeded, backfill.Active, backfill.Remaining));
        Assert.Equal(3, most);
        var expected = Enumerable.Range(0, 20).Select(i => Start.AddHours(i - 20)).ToList();
        Assert.Equal(expected, started.Order());
        Assert.Equal(backwards ? Enumerable.Reverse(expected) : expected, world.Runs(new RunFilter { Backfill = made.Id, Limit = 100 }).Reverse().Select(static r => r.DataInterval.Start));
        Assert.All(world.Runs(new RunFilter { Trigger = RunTrigger.Backfill, Limit = 100 }), r => Assert.Equal((made.Id, r.DataInterval.Start), (r.Backfill, r.LogicalDate)));
        Assert.Empty(world.Runs(new RunFilter { Pipeline = "p", Trigger = RunTrigger.Repair }));
    }

    [Fact]
    public void What_it_reprocesses_is_what_was_asked_for()
    {
        using var world = NewWorld();
        var (broken, ran) = (true, new List<int>());
        world.Start("p", p => p.Schedule("@hourly").Task("t", (TaskContext run) =>
        {
            var hour = (int)(run.DataInterval.Start - Start).TotalHours;
            ran.Add(hour);
            if (broken && hour % 2 == 0)
            {
                throw new IOException("even");
            }
        }), scheduler: true);
        world.Advance(TimeSpan.FromMinutes(1));
        List<int> Run(ReprocessBehavior reprocess, BackfillState state)
        {
            ran.Clear();
            Assert.Equal(state, Finish(world, Create(world, Request(-6, 0) with { Reprocess = reprocess, MaxActiveRuns = 1 }).Id).State);
            return ran;
        }

        Assert.Equal([-6, -5, -4, -3, -2, -1], Run(ReprocessBehavior.None, BackfillState.Failed));
        broken = false;
        Assert.Empty(Run(ReprocessBehavior.None, BackfillState.Success));
        Assert.Equal([-6, -4, -2], Run(ReprocessBehavior.Failed, BackfillState.Success));
        Assert.Empty(Run(ReprocessBehavior.Failed, BackfillState.Success));
        Assert.Equal([-6, -5, -4, -3, -2, -1], Run(ReprocessBehavior.Completed, BackfillState.Success));
        var intervals = world.Await(() => world.Orchestrator.GetIntervalsAsync("p", Start.AddHours(-6), Start));
        Assert.Equal((6, 1), (intervals.Counts.Success, intervals.Ranges.Count));
    }

    [Fact]
    public void It_has_a_limit_of_its_own_beside_the_schedule()
    {
        using var world = NewWorld();
        var gate = new TaskCompletionSource();
        world.Start("p", p => p.Schedule("@hourly").MaxActiveRuns(1).Task("t", (TaskContext run) => run.DataInterval.Start >= Start ? gate.Task : Task.CompletedTask), scheduler: true);
        world.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(RunState.Running, Assert.Single(world.Runs()).State);

        Assert.Equal(BackfillState.Success, Finish(world, Create(world, Request(-5, 0)).Id).State);
        Assert.Single(world.Runs(new RunFilter { State = RunState.Running }));
        world.Await(() => world.Orchestrator.PauseAsync("p"));
        Assert.Equal(BackfillState.Success, Finish(world, Create(world, Request(-9, -5)).Id).State);
        world.Context.Within(gate.SetResult);
        world.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(world.Runs(new RunFilter { State = RunState.Running }));
    }

    [Fact]
    public void Paused_it_makes_no_runs_and_cancelled_it_ends_those_that_it_has()
    {
        using var world = NewWorld();
        world.Start("p", p => p.Schedule("@hourly").Task("t", async (PipelineWorld w, CancellationToken token) => await Task.Delay(TimeSpan.FromMinutes(1), w.Time, token)), scheduler: true);
        world.Advance(TimeSpan.FromMinutes(5));
        var id = Create(world, Request(-10, 0) with { MaxActiveRuns = 2 }).Id;
        world.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(BackfillState.Paused, world.Await(() => world.Orchestrator.PauseBackfillAsync(id)).State);
        world.Advance(TimeSpan.FromHours(0.5));
        Assert.Equal((2, 0), (Get(world, id).Succeeded, Get(world, id).Active));

        Assert.Equal(BackfillState.Running, world.Await(() => world.Orchestrator.ResumeBackfillAsync(id)).State);
        world.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(2, Get(world, id).Active);
        Assert.Equal(BackfillState.Cancelled, world.Await(() => world.Orchestrator.CancelBackfillAsync(id)).State);
        world.Advance(TimeSpan.FromMinutes(5));
        var ended = Get(world, id);
        Assert.Equal((4, 2, 2, 0), (ended.Made, ended.Succeeded, ended.Cancelled, ended.Active));
        Assert.Equal(2, world.Runs(new RunFilter { Backfill = id, State = RunState.Cancelled }).Count);
        Assert.Equal(ErrorKind.Conflict, Assert.Throws<TarnException>(() => world.Await(() => world.Orchestrator.ResumeBackfillAsync(id))).Kind);
    }

    [Fact]
    public void Killed_again_and_again_it_runs_each_interval_to_its_end()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            using var world = NewWorld(seed);
            var random = new Random(seed);
            var pipeline = PipelineWorld.Build("p", p => p.Schedule("@hourly").Task("a", () => { }).Task("b", async (PipelineWorld w) => await Task.Delay(TimeSpan.FromSeconds(7), w.Time), after: "a"));
            world.Start([pipeline], scheduler: true);
            world.Await(() => world.Orchestrator.PauseAsync("p"));
            var id = Create(world, Request(-15, 0) with { MaxActiveRuns = random.Next(1, 5), RunBackwards = random.Next(2) == 0 }).Id;
            for (var kill = 0; kill < 5; kill++)
            {
                world.Context.DiesAt = world.Context.Steps + random.Next(1, 120);
                world.Advance(TimeSpan.FromSeconds(random.Next(1, 40)));
                world.Kill();
                world.Start([pipeline], scheduler: true);
            }

            var backfill = Finish(world, id);
            Assert.Equal((BackfillState.Success, 15, 15), (backfill.State, backfill.Made, backfill.Succeeded));
            var runs = world.Runs(new RunFilter { Backfill = id, Limit = 100 });
            Assert.Equal(Enumerable.Range(0, 15).Select(i => Start.AddHours(i - 15)), runs.Select(static r => r.DataInterval.Start).Order());
            Assert.All(runs, static r => Assert.Equal(RunState.Success, r.State));
        }
    }

    [Fact]
    public void Years_in_which_nothing_is_left_to_do_do_not_hold_schedules_up()
    {
        using var world = NewWorld();
        world.Start("p", p => p.Schedule("*/5 * * * *").Task("t", () => { }), scheduler: true);
        world.Await(() => world.Orchestrator.PauseAsync("p"));
        world.Advance(TimeSpan.FromMinutes(1));
        var timetable = world.Orchestrator.Pipelines.Get("p").Schedule!;
        var made = Create(world, Request(0, 0) with { From = Start.AddDays(-100), To = Start, MaxActiveRuns = 1 });
        Assert.Equal(28_800, made.Total);
        world.Await(() => world.Store.WriteAsync((c, t) => IntervalStates.SetSpanAsync(c, t, "p", timetable, Start.AddDays(-100), Start, IntervalState.Success)));
        Assert.Equal(BackfillState.Success, Finish(world, made.Id).State);
        Assert.True(Get(world, made.Id).LeftOut > 28_700);
    }

    [Fact]
    public void What_cannot_be_backfilled_is_refused()
    {
        using var world = NewWorld();
        world.Start(
            PipelineWorld.Build("byhand", static p => p.Task("t", () => { })),
            PipelineWorld.Build("past", static p => p.Schedule("@hourly").DependsOnPast().Task("t", () => { })));
        TarnException Refused(BackfillRequest request) => Assert.Throws<TarnException>(() => Create(world, request));
        Assert.Equal((ErrorKind.InvalidInput, "byhand"), (Refused(Request(-1, 0) with { Pipeline = "byhand" }).Kind, Refused(Request(-1, 0) with { Pipeline = "byhand" }).Value));
        Assert.Contains("forwards", Refused(Request(-1, 0) with { Pipeline = "past", RunBackwards = true }).Message);
        Assert.Equal(ErrorKind.NotFound, Refused(Request(-1, 0) with { Pipeline = "none" }).Kind);
        Assert.Equal(ErrorKind.NotFound, Assert.Throws<TarnException>(() => Get(world, "none")).Kind);
        Assert.Equal(2, world.Await(() => world.Orchestrator.PreviewBackfillAsync(Request(-2, 0) with { Pipeline = "past" })).Total);
        Assert.Empty(world.Await(() => world.Orchestrator.ListBackfillsAsync()));
    }

    [Fact]
    public void One_whose_tasks_depend_on_their_past_runs_one_after_the_other_and_waits_for_a_failure_to_be_mended()
    {
        using var world = NewWorld();
        var (broken, ran) = (true, new List<int>());
        world.Start("p", p => p.Schedule("@hourly").DependsOnPast().Task("t", (TaskContext run) =>
        {
            var hour = (int)(run.DataInterval.Start - Start).TotalHours;
            ran.Add(hour);
            if (hour == -3 && broken)
            {
                throw new IOException("broken");
            }
        }), scheduler: true);
        world.Await(() => world.Orchestrator.PauseAsync("p"));
        world.Advance(TimeSpan.FromMinutes(1));
        ran.Clear();
        var id = Create(world, Request(-5, 0)).Id;
        world.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal([-5, -4, -3], ran);
        broken = false;
        var failed = Assert.Single(world.Runs(new RunFilter { State = RunState.Failed }));
        world.Await(() => world.Orchestrator.RetryAsync(failed.Id));
        Assert.Equal(BackfillState.Success, Finish(world, id).State);
        Assert.Equal([-5, -4, -3, -3, -2, -1], ran);
    }

    [Fact]
    public void A_process_without_a_scheduler_runs_its_own_backfills_and_takes_up_one_that_it_resumes()
    {
        using var world = NewWorld();
        var pipeline = PipelineWorld.Build("p", p => p.Schedule("@hourly").Task("t", async (PipelineWorld w) => await Task.Delay(TimeSpan.FromSeconds(7), w.Time)));
        world.Start([pipeline]);
        var other = Create(world, Request(-20, -15)).Id;
        var stop = Drive(world);
        var id = Create(world, Request(-12, 0) with { MaxActiveRuns = 2 }).Id;
        world.Advance(TimeSpan.FromSeconds(20));
        Assert.InRange(Get(world, id).Made, 3, 8);
        world.Kill();

        world.Start([pipeline]);
        stop.Dispose();
        stop = Drive(world);
        world.Advance(TimeSpan.FromMinutes(1));

        // A process that is alone takes up only what is asked of it, a node that leads every run that there is.
        Assert.Equal(!world.IsShared, Get(world, id).Active > 0);
        Assert.NotEqual(0, Get(world, id).Remaining);
        world.Await(() => world.Orchestrator.ResumeBackfillAsync(id));
        Assert.Equal(BackfillState.Success, Finish(world, id).State);
        Assert.Equal(0, Get(world, other).Made);
        world.Context.Within(stop.Cancel);
        world.Idle();
        stop.Dispose();
    }

    private static CancellationTokenSource Drive(PipelineWorld world)
    {
        var stop = new CancellationTokenSource();
        world.Context.Within(() => _ = new LocalDuties(world.Orchestrator, world.Time, NullLogger<LocalDuties>.Instance).RunAsync(stop.Token));
        return stop;
    }

    private static BackfillRequest Request(int from, int to) => new() { Pipeline = "p", From = Start.AddHours(from), To = Start.AddHours(to), MaxActiveRuns = 10 };

    private static BackfillSummary Create(PipelineWorld world, BackfillRequest request) => world.Await(() => world.Orchestrator.CreateBackfillAsync(request));

    private static BackfillSummary Get(PipelineWorld world, string id) => world.Await(() => world.Orchestrator.GetBackfillAsync(id));

    /// <summary>Lets time pass until a backfill has ended.</summary>
    private static BackfillSummary Finish(PipelineWorld world, string id)
    {
        Task<BackfillSummary>? end = null;
        world.Context.Within(() => end = world.Orchestrator.WaitForBackfillAsync(id, TimeSpan.FromHours(10)));
        for (var i = 0; i < 20_000 && !end!.IsCompleted; i++)
        {
            world.Advance(TimeSpan.FromSeconds(1));
        }

        return end!.GetAwaiter().GetResult();
    }
}
