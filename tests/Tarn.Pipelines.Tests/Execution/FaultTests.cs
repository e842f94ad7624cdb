using Dapper;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests.Execution;

/// <summary>Code of the user's that does what nobody would, and faults of the orchestrator itself: what is struck says so, everything else goes on.</summary>
public class FaultTests : OrchestratorContract
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 10, 2, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_timetable_that_throws_stops_its_own_pipeline_alone_and_makes_no_run_twice(int good)
    {
        using var world = NewWorld();
        world.Options.PreparedTogether = 2;
        var timetable = new BrittleTimetable(Start.AddMinutes(-32)) { Good = good };
        world.Start(
            [
                PipelineWorld.Build("brittle", p => p.Schedule(timetable).CatchUp(true).StartAt(Start.AddMinutes(-30)).MaxActiveRuns(10).Task("t", static () => { })),
                .. Enumerable.Range(0, 3).Select(static i => PipelineWorld.Build($"p{i}", static p => p.Schedule("*/5 * * * *").Task("t", static () => { }))),
            ],
            scheduler: true);
        world.Advance(TimeSpan.FromMinutes(14));
        Assert.Contains(world.Log.Lines, static l => l.Event == 4079);
        Assert.DoesNotContain(world.Log.Lines, static l => l.Event == 4068);
        Assert.All(Enumerable.Range(0, 3), i => Assert.Equal(4, world.Runs(new RunFilter { Pipeline = $"p{i}" }).Count));
        Assert.Empty(world.Runs(new RunFilter { Pipeline = "brittle" }));

        // Nor does it keep a run from its end.
        timetable.Good = 0;
        Assert.Equal(RunState.Success, world.Run("brittle").Run.State);
        timetable.Good = int.MaxValue;
        world.Advance(TimeSpan.FromMinutes(2));
        var runs = world.Runs(new RunFilter { Pipeline = "brittle" }).Where(static r => r.Trigger != RunTrigger.Manual).ToList();
        Assert.All(runs, static r => Assert.Equal(RunState.Success, r.State));
        Assert.Equal(runs.Count, runs.Select(static r => r.DataInterval.Start).Distinct().Count());
        Assert.Equal(8, runs.Count);
    }

    [Fact]
    public void A_delay_of_any_length_can_be_asked_for()
    {
        using var world = NewWorld();
        var calls = 0;
        world.Start(
            "p",
            p => p.Retries(3, TimeSpan.Zero)
                .Task("later", void () => throw TaskException.RetryLater("not today", TimeSpan.MaxValue))
                .Task("deferred", void () => throw (calls++ == 0 ? TaskException.Defer(TimeSpan.FromDays(-1)) : TaskException.Defer(TimeSpan.MaxValue))));
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        world.Advance(TimeSpan.FromHours(1));
        var run = world.Details(id);
        Assert.Equal(RunState.Running, run.Run.State);
        Assert.Equal([AttemptState.UpForRetry, AttemptState.Deferred], run.Tasks.Select(static t => t.State));
        Assert.Equal(2, calls);
        world.Await(() => world.Orchestrator.CancelAsync(id));
        Assert.Equal(RunState.Cancelled, world.Finish(id).Run.State);
    }

    [Fact]
    public void A_run_that_a_fault_of_the_orchestrator_ends_leaves_nothing_open_and_can_be_tried_again()
    {
        using var world = NewWorld();
        var (stopped, calls) = (0, 0);
        world.Start(
            "p",
            p => p
                .Task("slow", async (CancellationToken token) =>
                {
                    calls++;
                    try
                    {
                        await (stopped == 0 ? Task.Delay(Timeout.InfiniteTimeSpan, token) : Task.CompletedTask);
                    }
                    catch (OperationCanceledException)
                    {
                        stopped++;
                        throw;
                    }
                })
                .Task("first", async (PipelineWorld w, TaskContext run, CancellationToken token) =>
                {
                    await Task.Delay(TimeSpan.FromMinutes(1), w.Time, token);
                    run.Log.LogInformation("waited");
                })
                .Task("cached", static () => 1, after: "first", configure: static t => t.Cache(TimeSpan.FromDays(1)))
                .Task("last", static () => { }, after: ["slow", "cached"]));
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        world.Idle();
        world.Store.InterceptRead = static () => Environment.StackTrace.Contains("AskAsync", StringComparison.Ordinal) ? throw new InvalidOperationException("a fault") : Task.CompletedTask;
        int? lines = null;
        world.Store.Intercept = async moment =>
        {
            if (moment == CommitMoment.After && lines is null)
            {
                lines = await world.Store.ReadAsync(static c => c.ExecuteScalarAsync<int?>("SELECT (SELECT count(*) FROM task_log) FROM pipeline_run WHERE ended_at IS NOT NULL"));
            }
        };
        world.Advance(TimeSpan.FromMinutes(2));
        world.Store.InterceptRead = null;
        world.Store.Intercept = null;
        Assert.Equal(1, lines);

        var run = world.Details(id);
        Assert.Equal((RunState.Failed, 1), (run.Run.State, stopped));
        Assert.Contains("a fault", run.Run.Error, StringComparison.Ordinal);
        Assert.All(run.Tasks, static t => Assert.True(t.State.IsSettled(), $"{t.Name} {t.State}"));
        Assert.All(run.Tasks.SelectMany(static t => t.Attempts), static a => Assert.NotNull(a.EndedAt));

        world.Await(() => world.Orchestrator.RetryAsync(id));
        run = world.Finish(id);
        Assert.Equal((RunState.Success, 2), (run.Run.State, calls));

        // Of the first task nobody knew yet that it had ended.
        Assert.Equal([2, 2, 1, 1], run.Tasks.Select(static t => t.Attempts.Count));
    }

    [Fact]
    public void A_timetable_that_throws_keeps_no_other_pipeline_from_its_backfills_nor_the_pipelines_from_being_listed()
    {
        using var world = NewWorld();
        var timetable = new BrittleTimetable { Good = int.MaxValue };
        world.Start(
            [
                PipelineWorld.Build("brittle", p => p.Schedule(timetable).DependsOnPast().Task("t", static () => { })),
                PipelineWorld.Build("p", static p => p.Schedule("*/5 * * * *").Task("t", static () => { })),
            ],
            scheduler: true);
        world.Advance(TimeSpan.FromMinutes(1));
        var (from, to) = (Start.AddHours(-2), Start.AddHours(-1));
        var broken = Backfill("brittle");
        timetable.Good = 0;
        var good = Backfill("p");
        world.Await(() => world.Orchestrator.TriggerAsync("p"));
        world.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal((BackfillState.Success, 12), (Of(good).State, Of(good).Succeeded));
        Assert.Equal(BackfillState.Running, Of(broken).State);
        Assert.Equal(["brittle", "p"], world.Await(() => world.Orchestrator.ListPipelinesAsync()).Select(static p => p.Name).Order());
        Assert.InRange(world.Log.Lines.Count(static l => l.Event == 4079), 1, 20);

        timetable.Good = int.MaxValue;
        world.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal((BackfillState.Success, 12), (Of(broken).State, Of(broken).Succeeded));

        string Backfill(string pipeline) =>
            world.Await(() => world.Orchestrator.CreateBackfillAsync(new BackfillRequest { Pipeline = pipeline, From = from, To = to, MaxActiveRuns = 2, Reprocess = ReprocessBehavior.Completed })).Id;
        BackfillSummary Of(string id) => world.Await(() => world.Orchestrator.GetBackfillAsync(id));
    }

    [Fact]
    public void Whoever_asks_for_what_a_timetable_that_throws_says_is_told_and_a_run_that_waits_for_it_starts_when_it_can_be_asked()
    {
        using var world = NewWorld();
        var timetable = new BrittleTimetable();
        world.Start("brittle", p => p.Schedule(timetable).DependsOnPast().Task("t", static () => { }));
        var request = new BackfillRequest { Pipeline = "brittle", From = Start.AddHours(-2), To = Start };
        foreach (var asked in new Action[]
        {
            () => world.Await(() => world.Orchestrator.PreviewBackfillAsync(request)),
            () => world.Await(() => world.Orchestrator.CreateBackfillAsync(request)),
            () => world.Await(() => world.Orchestrator.GetIntervalsAsync("brittle", Start.AddHours(-2))),
        })
        {
            var error = Assert.Throws<TarnException>(asked);
            Assert.Equal(ErrorKind.Unavailable, error.Kind);
            Assert.Contains("pipeline brittle threw NotSupportedException: no such day", error.Message, StringComparison.Ordinal);
        }

        timetable.TellsFrom = DateTimeOffset.MaxValue;
        Assert.Equal(ErrorKind.Unavailable, Assert.Throws<TarnException>(() => world.Await(() => world.Orchestrator.TriggerAsync("brittle"))).Kind);

        // Which interval is the last one it says, which came before that one it does not.
        timetable.TellsFrom = Start;
        var id = world.Await(() => world.Orchestrator.TriggerAsync("brittle")).Id;
        world.Idle();
        Assert.Equal(RunState.Queued, world.Details(id).Run.State);
        timetable.TellsFrom = DateTimeOffset.MinValue;
        world.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(RunState.Success, world.Details(id).Run.State);
    }

    [Fact]
    public void A_timetable_that_stands_still_somewhere_is_not_counted_without_end()
    {
        using var world = NewWorld();
        var fails = false;
        world.Start("p", p => p.Schedule(new StuckTimetable(RepairWorld.Hour(7))).Task("t", () =>
        {
            if (fails)
            {
                throw new IOException("broken");
            }
        }));
        Assert.Equal(ErrorKind.Unavailable, Assert.Throws<TarnException>(() => world.Await(() => world.Orchestrator.GetIntervalsAsync("p", Start.AddHours(-9), Start))).Kind);
        fails = true;
        Assert.Equal(RunState.Failed, world.Run("p", Start).Run.State);
    }

    [Fact]
    public void A_timetable_that_does_not_move_on_is_told_and_not_asked_without_end()
    {
        using var world = NewWorld();
        world.Start(
            [
                PipelineWorld.Build("stuck", static p => p.Schedule(new StuckTimetable()).CatchUp(true).StartAt(Start.AddHours(-1)).Task("t", static () => { })),
                PipelineWorld.Build("p", static p => p.Schedule("*/5 * * * *").Task("t", static () => { })),
            ],
            scheduler: true);
        world.Advance(TimeSpan.FromMinutes(11));
        Assert.Contains(world.Log.Lines, static l => l.Event == 4079 && l.Text.Contains("pipeline stuck breaks a rule", StringComparison.Ordinal));
        Assert.NotEmpty(world.Runs(new RunFilter { Pipeline = "p" }));
    }
}
