using System.Globalization;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>What holds of a process that has its store for itself: it does nothing while nothing is to do, and nothing that it was not asked for.</summary>
public sealed class SchedulerAloneTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 10, 2, 0, TimeSpan.Zero);

    [Fact]
    public void The_scheduler_sleeps_while_nothing_is_due()
    {
        using var world = new PipelineWorld(start: Start);
        world.Start("p", p => p.Schedule("0 0 * * *").Task("t", () => { }), scheduler: true);
        var steps = world.Context.Steps;
        world.Advance(TimeSpan.FromHours(1));
        Assert.InRange(world.Context.Steps - steps, 0, 130);
    }

    [Fact]
    public void Queued_runs_of_an_earlier_process_go_on_where_a_scheduler_runs_and_wait_where_none_does()
    {
        using var world = new PipelineWorld(start: Start);
        var pipeline = PipelineWorld.Build("p", p => p.Task("t", async (PipelineWorld w) => await Task.Delay(TimeSpan.FromMinutes(1), w.Time)));
        world.Start([pipeline]);
        var interrupted = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        var waiting = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        world.Idle();
        world.Kill();

        world.Start([pipeline]);
        world.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal((RunState.Queued, RunState.Queued), (world.Details(interrupted).Run.State, world.Details(waiting).Run.State));
        Assert.Equal(RunState.Success, world.Run("p").Run.State);
        world.Stop();

        world.Start([pipeline], scheduler: true);
        world.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal((RunState.Success, RunState.Success), (world.Details(interrupted).Run.State, world.Details(waiting).Run.State));
    }

    [Theory]
    [InlineData("America/New_York", "2026-03-01")]
    [InlineData("America/New_York", "2026-10-25")]
    [InlineData("Australia/Lord_Howe", "2026-03-29")]
    [InlineData("Australia/Lord_Howe", "2026-09-27")]
    public void Daily_runs_cross_the_clock_changes_of_a_year(string zone, string start)
    {
        var timeZone = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var from = DateTimeOffset.Parse(start, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        using var world = new PipelineWorld(start: from);
        world.Start("p", p => p.Schedule("30 2 * * *", timeZone).CatchUp().Task("t", () => { }), scheduler: true);
        world.Advance(TimeSpan.FromDays(15));
        var starts = Intervals(world);
        Assert.NotEqual(timeZone.GetUtcOffset(from), timeZone.GetUtcOffset(world.Time.GetUtcNow()));
        Assert.Equal(16, starts.Count);
        Assert.Equal(16, starts.Select(s => TimeZoneInfo.ConvertTime(s, timeZone).Date).Distinct().Count());
        Assert.All(world.Runs().SkipLast(1), static r => Assert.Equal((r.DataInterval.End, RunState.Success), (r.QueuedAt, r.State)));
    }

    private static List<DateTimeOffset> Intervals(PipelineWorld world) => [.. world.Runs().Select(static r => r.DataInterval.Start).Reverse()];
}
