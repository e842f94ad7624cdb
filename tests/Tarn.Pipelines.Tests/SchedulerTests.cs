using Dapper;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

public class SchedulerTests : OrchestratorContract
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 10, 2, 0, TimeSpan.Zero);

    [Fact]
    public void A_run_is_made_at_the_moment_its_interval_ends()
    {
        using var world = NewWorld(start: Start);
        world.Start("p", p => p.Schedule("*/5 * * * *").Task("t", () => { }), scheduler: true);
        Assert.Equal([Start.AddMinutes(-7)], Intervals(world));

        world.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal([Start.AddMinutes(-7), Start.AddMinutes(-2), Start.AddMinutes(3)], Intervals(world));
        var runs = world.Runs();
        Assert.All(runs, static r => Assert.Equal((RunState.Success, RunTrigger.Scheduled, r.DataInterval.Start), (r.State, r.Trigger, r.LogicalDate)));
        Assert.Equal(Start.AddMinutes(8), runs[0].QueuedAt);
    }

    [Fact]
    public void After_downtime_catch_up_runs_every_interval_in_order_and_otherwise_only_the_latest()
    {
        using var world = NewWorld(start: Start);
        PipelineDefinition[] pipelines =
        [
            PipelineWorld.Build("all", p => p.Schedule("*/5 * * * *").CatchUp().Task("t", () => { })),
            PipelineWorld.Build("latest", p => p.Schedule("*/5 * * * *").Task("t", () => { })),
        ];
        world.Start(pipelines, scheduler: true);
        world.Stop();
        world.Time.JumpTo(Start.AddHours(2));

        world.Start(pipelines, scheduler: true);
        world.Advance(TimeSpan.FromMinutes(1));

        var all = world.Runs(new RunFilter { Pipeline = "all", Limit = 1000 });
        Assert.Equal(Enumerable.Range(0, 25).Select(i => Start.AddMinutes(-7 + (5 * i))), all.Select(static r => r.DataInterval.Start).Reverse());
        Assert.Equal(23, all.Count(static r => r.Trigger == RunTrigger.CatchUp));
        Assert.Equal([Start.AddMinutes(-7), Start.AddMinutes(113)], Intervals(world, "latest"));
    }

    [Fact]
    public void Start_at_makes_the_runs_of_the_past_where_catch_up_is_on()
    {
        using var world = NewWorld(start: Start);
        world.Start("p", p => p.Schedule("@daily").CatchUp().StartAt(Start.AddDays(-10)).Task("t", () => { }), scheduler: true);
        world.Idle();
        Assert.Equal(9, Intervals(world).Count);
        Assert.Equal(new DateTimeOffset(2026, 2, 21, 0, 0, 0, TimeSpan.Zero), Intervals(world)[0]);
    }

    [Fact]
    public void A_run_that_takes_long_holds_up_the_next_ones()
    {
        using var world = NewWorld(start: Start);
        PipelineDefinition[] pipelines =
        [
            PipelineWorld.Build("all", p => p.Schedule("*/5 * * * *").CatchUp().Task("t", SlowAsync)),
            PipelineWorld.Build("latest", p => p.Schedule("*/5 * * * *").Task("t", SlowAsync)),
        ];
        world.Start(pipelines, scheduler: true);
        world.Advance(TimeSpan.FromMinutes(37));

        Assert.Equal([-7, -2, 3, 8], Intervals(world, "all").Select(Minutes));
        Assert.Equal([-7, 3, 18, 28], Intervals(world, "latest").Select(Minutes));

        static int Minutes(DateTimeOffset at) => (int)(at - Start).TotalMinutes;
        static async Task SlowAsync(PipelineWorld w) => await Task.Delay(TimeSpan.FromMinutes(12), w.Time);
    }

    [Fact]
    public void A_paused_pipeline_makes_no_runs_by_schedule_and_goes_on_when_resumed()
    {
        using var world = NewWorld(start: Start);
        PipelineDefinition[] pipelines =
        [
            PipelineWorld.Build("all", p => p.Schedule("*/5 * * * *").CatchUp().Task("t", () => { })),
            PipelineWorld.Build("latest", p => p.Schedule("*/5 * * * *").Task("t", () => { })),
        ];
        world.Start(pipelines, scheduler: true);
        foreach (var pipeline in pipelines)
        {
            world.Await(() => world.Orchestrator.PauseAsync(pipeline.Name));
        }

        world.Advance(TimeSpan.FromMinutes(30));
        Assert.All(pipelines, p => Assert.Single(Intervals(world, p.Name)));
        var paused = world.Await(() => world.Orchestrator.GetPipelineAsync("all"));
        Assert.True(paused.Paused);
        Assert.Null(paused.NextRun);
        Assert.Equal(RunState.Success, world.Run("all").Run.State);
        foreach (var pipeline in pipelines)
        {
            world.Await(() => world.Orchestrator.ResumeAsync(pipeline.Name));
        }

        world.Idle();
        Assert.Equal(7, Intervals(world, "all").Distinct().Count());
        Assert.Equal(2, Intervals(world, "latest").Count);
    }

    [Fact]
    public void A_pause_outlives_the_process()
    {
        using var world = NewWorld(start: Start);
        var pipeline = PipelineWorld.Build("p", p => p.Schedule("*/5 * * * *").Task("t", () => { }));
        world.Start([pipeline], scheduler: true);
        world.Await(() => world.Orchestrator.PauseAsync("p"));
        world.Kill();
        world.Start([pipeline], scheduler: true);
        world.Advance(TimeSpan.FromHours(1));
        Assert.Single(world.Runs());
    }

    [Fact]
    public void A_clock_that_is_set_back_runs_nothing_twice_and_says_so()
    {
        using var world = NewWorld(start: Start);
        var pipeline = PipelineWorld.Build("p", p => p.Schedule("*/5 * * * *").CatchUp().Task("t", () => { }));
        world.Start([pipeline], scheduler: true);
        world.Advance(TimeSpan.FromMinutes(20));
        var before = Intervals(world);
        Assert.Equal(5, before.Count);

        world.Time.JumpTo(world.Time.GetUtcNow().AddHours(-3));
        world.Advance(TimeSpan.FromHours(2));
        Assert.Equal(before, Intervals(world));
        Assert.Single(world.Log.Lines, static l => l.Event == 4050);

        world.Kill();
        world.Start([pipeline], scheduler: true);
        Assert.Contains(world.Log.Lines, static l => l.Event == 4052);
        world.Advance(TimeSpan.FromHours(1.5));
        Assert.Equal(Enumerable.Range(0, 11).Select(i => Start.AddMinutes(-7 + (5 * i))), Intervals(world));
    }

    [Fact]
    public void A_clock_that_is_set_forward_is_treated_as_downtime()
    {
        using var world = NewWorld(start: Start);
        PipelineDefinition[] pipelines =
        [
            PipelineWorld.Build("all", p => p.Schedule("*/5 * * * *").CatchUp().Task("t", () => { })),
            PipelineWorld.Build("latest", p => p.Schedule("*/5 * * * *").Task("t", () => { })),
        ];
        world.Start(pipelines, scheduler: true);
        world.Time.JumpTo(Start.AddHours(1));
        world.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(13, Intervals(world, "all").Count);
        Assert.Equal(2, Intervals(world, "latest").Count);
        Assert.Contains(world.Log.Lines, static l => l.Event == 4051);
    }

    [Fact]
    public void The_store_refuses_a_second_scheduled_run_of_an_interval()
    {
        using var world = NewWorld(start: Start);
        var pipeline = PipelineWorld.Build("p", p => p.Schedule("*/5 * * * *").Task("t", () => { }));
        world.Start([pipeline], scheduler: true);
        var made = world.Runs()[0];
        Assert.ThrowsAny<Exception>(() => world.Await(() => world.Store.WriteAsync((connection, transaction) => RunWrites.InsertAsync(
            connection, transaction, pipeline, "again", RunTrigger.CatchUp, made.LogicalDate, made.DataInterval, Start))));
        Assert.Single(world.Runs());
    }

    [Fact]
    public void A_pipeline_with_years_of_runs_is_shown_at_once()
    {
        using var world = NewWorld(start: Start);
        var pipeline = PipelineWorld.Build("p", p => p.Schedule("*/5 * * * *").Task("t", () => { }));
        world.Start([pipeline]);
        world.Await(() => world.Store.WriteAsync((connection, transaction) => connection.ExecuteAsync(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
            INSERT INTO pipeline_run(id, pipeline, definition, trigger, state, logical_date, interval_start, interval_end, queued_at, started_at, ended_at)
            SELECT 'old-' || CAST(i AS TEXT), 'p', 'x', 'scheduled', 'success', i, i, i + 1, i, i, i + 1 FROM n
            """,
            transaction: transaction)));

        var summary = world.Await(() => world.Orchestrator.GetPipelineAsync("p"));
        var page = world.Runs(new RunFilter { Pipeline = "p", State = RunState.Success, Before = "old-100000", Limit = 50 });
        Assert.Equal("old-200000", summary.LastRuns[0].Id);
        Assert.Equal((20, "old-99999", 50), (summary.LastRuns.Count, page[0].Id, page.Count));
    }

    [Fact]
    public void Old_runs_and_lines_are_forgotten_and_the_newest_kept()
    {
        // On a node, whose time costs more, an hour is a minute; what is old is forgotten once an hour all the same.
        using var world = NewWorld(start: Start);
        var (hour, late) = world.IsShared ? (TimeSpan.FromMinutes(1), 11) : (TimeSpan.FromHours(1), 0);
        world.Options.RunRetention = 168 * hour;
        world.Options.LogRetention = 20 * hour;
        world.Start("p", p => p.Schedule(6 * hour).CatchUp().Task("t", (TaskContext run) => Microsoft.Extensions.Logging.LoggerExtensions.LogInformation(run.Log, "here")), scheduler: true);
        world.Advance(240 * hour);

        Assert.InRange(world.Runs().Count, 28, 30 + late);
        Assert.InRange(world.Await(() => world.Store.ReadAsync(c => c.QuerySingleAsync<long>("SELECT count(*) FROM task_log"))), 3, 5 + late);
        var counts = world.Await(() => world.Store.ReadAsync(c => c.QuerySingleAsync<long>("SELECT (SELECT count(*) FROM pipeline_task) - (SELECT count(*) FROM pipeline_run)")));
        Assert.Equal(0, counts);

        world.Await(() => world.Orchestrator.PauseAsync("p"));
        world.Advance(240 * hour);
        Assert.Equal(20, world.Runs().Count);
    }

    private static List<DateTimeOffset> Intervals(PipelineWorld world, string pipeline = "p") =>
        [.. world.Runs(new RunFilter { Pipeline = pipeline, Limit = 1000 }).Where(static r => r.Trigger != RunTrigger.Manual).Select(static r => r.DataInterval.Start).Reverse()];
}
