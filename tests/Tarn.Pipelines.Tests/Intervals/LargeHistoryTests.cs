using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>A pipeline with five years of five-minute intervals: everything that is shown of it comes at once, and it takes little room.</summary>
public sealed class LargeHistoryTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset End = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Start = End.AddMinutes(-5 * 525_600);

    [Fact]
    public async Task Show_grid_calendar_and_dry_run_of_half_a_million_intervals_come_at_once()
    {
        using var world = new PipelineWorld();
        world.Start("p", p => p.Schedule("*/5 * * * *", TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")).Task("a", () => { }).Task("b", () => { }, after: "a"));
        var timetable = world.Orchestrator.Pipelines.Get("p").Schedule!;
        for (var i = 0; i < 40; i++)
        {
            world.Run("p");
        }

        world.Await(() => world.Store.WriteAsync((c, t) => IntervalStates.SetSpanAsync(c, t, "p", timetable, Start, End, IntervalState.Success)));
        await TellAsync("show", () => Assert.Equal(525_600, world.Await(() => world.Orchestrator.GetPipelineAsync("p")).Intervals.Total - 1));
        await TellAsync("grid", () => Assert.Equal(30, world.Await(() => world.Orchestrator.GetGridAsync("p")).Runs.Count));
        await TellAsync("calendar of a year", () =>
        {
            var days = world.Await(() => world.Orchestrator.GetCalendarAsync("p"));
            Assert.Equal((365, 105_119), (days.Count, days.Sum(static d => d.Succeeded)), Roughly.Instance);
        });
        await TellAsync("intervals", () => Assert.Equal(2, world.Await(() => world.Orchestrator.GetIntervalsAsync("p")).Ranges.Count));
        var request = new BackfillRequest { Pipeline = "p", From = Start, To = End };
        await TellAsync("dry run of nothing", () => Assert.Equal(525_600, world.Await(() => world.Orchestrator.PreviewBackfillAsync(request)).LeftOut.Success));
        await TellAsync("dry run of all", () => Assert.Equal(525_600, world.Await(() => world.Orchestrator.PreviewBackfillAsync(request with { Reprocess = ReprocessBehavior.Completed })).Total));
        await TellAsync("list of runs", () => Assert.Equal(40, world.Runs(new RunFilter { Trigger = RunTrigger.Manual }).Count));
    }

    [Fact]
    public void The_calls_of_a_mapped_task_are_summed_up_in_the_grid()
    {
        using var world = new PipelineWorld();
        world.Start("p", p => p.Task("items", static () => new[] { 1, 2, 3, 4 }).Map("each", "items", static ([Item] int item) =>
        {
            if (item == 2)
            {
                throw new IOException("two");
            }
        }).Task("last", () => { }, after: "each"));
        var run = world.Run("p");
        var grid = world.Await(() => world.Orchestrator.GetGridAsync("p"));
        var tasks = Assert.Single(grid.Runs).Tasks;
        Assert.Equal(run.Run.Id, grid.Runs[0].Run.Id);
        Assert.Equal([("items", AttemptState.Success, 1), ("each", AttemptState.Failed, 4), ("last", AttemptState.UpstreamFailed, 0)], tasks.Select(static t => (t.Name, t.State, t.Attempts)));
        Assert.Equal((3, 1), (tasks[1].Calls![AttemptState.Success], tasks[1].Calls![AttemptState.Failed]));
        Assert.Null(tasks[0].Calls);
        Assert.Null(tasks[2].StartedAt);
        Assert.Empty(world.Await(() => world.Orchestrator.GetGridAsync("p", before: run.Run.Id)).Runs);
    }

    [Fact]
    public void A_backfill_of_thousands_keeps_the_newest_successes_and_the_store_small()
    {
        using var world = new PipelineWorld();
        world.Start("p", p => p.Schedule("*/5 * * * *").Task("a", () => { }).Task("b", (TaskContext run) =>
        {
            if (run.DataInterval.Start.Day == 20 && run.DataInterval.Start.Hour == 7)
            {
                throw new IOException("seven");
            }
        }, after: "a"), scheduler: true);
        world.Await(() => world.Orchestrator.PauseAsync("p"));
        var id = world.Await(() => world.Orchestrator.CreateBackfillAsync(new BackfillRequest { Pipeline = "p", From = End.AddDays(-14), To = End, MaxActiveRuns = 50 })).Id;
        BackfillSummary backfill;
        do
        {
            world.Advance(TimeSpan.FromSeconds(10));
            backfill = world.Await(() => world.Orchestrator.GetBackfillAsync(id));
            Assert.True(CountRuns(world) <= 500 + 200 + 12 + 60, "So many runs are there at once.");
        }
        while (!backfill.HasEnded);
        Assert.Equal((BackfillState.Failed, 4020, 12), (backfill.State, backfill.Succeeded, backfill.Failed));
        Assert.Equal(12, world.Runs(new RunFilter { State = RunState.Failed, Limit = 100 }).Count);
        Assert.Equal((4020, 12), (world.Await(() => world.Orchestrator.GetIntervalsAsync("p", End.AddDays(-14), End)).Counts is var c ? (c.Success, c.Failed) : default));
        world.Advance(TimeSpan.FromHours(2));
        Assert.Equal(512, CountRuns(world), 1.0);
        world.Stop();
        var size = new FileInfo(world.StorePath).Length;
        output.WriteLine($"{size:N0} bytes after {backfill.Made:N0} runs");
        Assert.True(size < 1_000_000, $"The store has {size:N0} bytes.");
    }

    private static long CountRuns(PipelineWorld world) =>
        world.Await(() => world.Store.ReadAsync(static c => Dapper.SqlMapper.QuerySingleAsync<long>(c, "SELECT count(*) FROM pipeline_run")));

    private Task TellAsync(string what, Action turn) => Timing.TellAsync(output, what, _ =>
    {
        turn();
        return Task.CompletedTask;
    });

    /// <summary>Days of a clock change have an hour more or less, and today is not over.</summary>
    private sealed class Roughly : IEqualityComparer<(int Days, long Intervals)>
    {
        public static Roughly Instance { get; } = new();

        public bool Equals((int Days, long Intervals) x, (int Days, long Intervals) y) => x.Days == y.Days && Math.Abs(x.Intervals - y.Intervals) < 600;

        public int GetHashCode((int Days, long Intervals) obj) => obj.Days;
    }
}
