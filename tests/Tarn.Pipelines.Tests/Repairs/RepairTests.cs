using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

public class RepairTests : RepairContract
{
    [Fact]
    public void Late_rows_repair_the_touched_intervals_that_were_run_and_no_others()
    {
        Lakeside.MakeTable();
        StartHourly();
        World.Advance(TimeSpan.FromHours(10));

        Lakeside.Append(RepairWorld.Hour(5, 30), RepairWorld.Hour(2, 59), RepairWorld.Hour(2), RepairWorld.Hour(10, 1), RepairWorld.Hour(-2, 30));
        World.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal([2, 5], Lakeside.RepairedHours());
        Assert.All(Lakeside.Repairs(), static r => Assert.Equal(RunState.Success, r.State));
        var cause = Lakeside.Repairs()[0].Cause!.Value;
        Assert.Equal(RepairWorld.Silver, cause.GetProperty("table").GetString());
        Assert.Equal((1, 1, 1), (cause.GetProperty("fromVersion").GetInt32(), cause.GetProperty("toVersion").GetInt32(), cause.GetProperty("commits").GetInt32()));
        Assert.Equal(2, cause.GetProperty("touched").GetArrayLength());
        World.Advance(TimeSpan.FromHours(1));
        Assert.Equal([2, 5], Lakeside.RepairedHours());
    }

    [Fact]
    public void A_burst_of_commits_is_repaired_once_when_it_is_over_and_a_long_one_in_between()
    {
        Lakeside.MakeTable();
        StartHourly();
        World.Advance(TimeSpan.FromHours(5));
        for (var i = 0; i < 4; i++)
        {
            Lakeside.Append(RepairWorld.Hour(1, i));
            World.Advance(TimeSpan.FromSeconds(3));
        }

        Assert.Empty(Lakeside.Repairs());
        Assert.Equal((1, 1), (Lakeside.State().Pending.Count, Lakeside.State().Pending[0].Intervals));
        World.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(4, Assert.Single(Lakeside.Repairs()).Cause!.Value.GetProperty("commits").GetInt32());
        for (var i = 0; i < 25; i++)
        {
            Lakeside.Append(RepairWorld.Hour(3, i));
            World.Advance(TimeSpan.FromSeconds(3));
        }

        Assert.Equal([1, 3], Lakeside.RepairedHours());
        World.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([1, 3, 3], Lakeside.RepairedHours());
    }

    [Fact]
    public void What_a_table_holds_when_it_is_first_seen_repairs_nothing_and_a_table_that_comes_later_all_that_it_touches()
    {
        Lakeside.MakeTable();
        Lakeside.Append(RepairWorld.Hour(0, 1));
        StartHourly(static p => p.RepairedBy("silver.later", TimeSpan.FromDays(2)));
        World.Advance(TimeSpan.FromHours(3));
        Assert.Empty(Lakeside.Repairs());
        Assert.Equal([1, -1], Lakeside.State().Sources.Select(static s => s.SeenVersion));

        Lakeside.MakeTable("silver.later");
        Lakeside.AppendTo("silver.later", RepairWorld.Hour(1, 1));
        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([1], Lakeside.RepairedHours());
    }

    [Fact]
    public void A_paused_pipeline_keeps_its_repairs_pending()
    {
        Lakeside.MakeTable();
        StartHourly();
        World.Advance(TimeSpan.FromHours(4));
        World.Await(() => World.Orchestrator.PauseAsync("p"));
        Lakeside.Append(RepairWorld.Hour(2));
        Lakeside.Append(RepairWorld.Hour(1));
        World.Advance(TimeSpan.FromHours(2));
        Assert.Empty(Lakeside.Repairs());
        Assert.Equal(2, Lakeside.State().Pending.Count);

        World.Await(() => World.Orchestrator.ResumeAsync("p"));
        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([1, 2], Lakeside.RepairedHours());
        Assert.Empty(Lakeside.State().Pending);
    }

    [Fact]
    public void A_run_that_started_after_the_commit_has_seen_it()
    {
        Lakeside.MakeTable();
        StartHourly(static p => p.CatchUp());
        World.Advance(TimeSpan.FromHours(3));
        World.Await(() => World.Orchestrator.PauseAsync("p"));
        Lakeside.Append(RepairWorld.Hour(1, 5));
        World.Run("p", RepairWorld.Hour(2));
        World.Await(() => World.Orchestrator.ResumeAsync("p"));
        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(Lakeside.Repairs());
    }

    [Fact]
    public void What_a_pipeline_commits_itself_repairs_it_not_and_repairs_the_one_after_it()
    {
        Lakeside.MakeTable();
        Lakeside.MakeTable(RepairWorld.Gold);
        World.Start(
            [
                PipelineWorld.Build("first", p => p.Schedule("@hourly").StartAt(RepairWorld.Hour(-1)).CatchUp()
                    .RepairedBy(RepairWorld.Silver, TimeSpan.FromDays(1)).RepairedBy(RepairWorld.Gold, TimeSpan.FromDays(1))
                    .Task("t", (TaskContext run) => { Lakeside.AppendTo(RepairWorld.Gold, run.DataInterval.Start); })),
                PipelineWorld.Build("second", p => p.Schedule("@hourly").StartAt(RepairWorld.Hour(-1)).CatchUp()
                    .RepairedBy(RepairWorld.Gold, TimeSpan.FromDays(1)).Task("t", static () => { })),
            ],
            scheduler: true);
        World.Advance(TimeSpan.FromHours(4));
        var before = Lakeside.Repairs("second").Count;
        Assert.Empty(Lakeside.Repairs("first"));

        Lakeside.Append(RepairWorld.Hour(1, 1));
        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([1], Lakeside.RepairedHours("first"));
        Assert.Equal([1], Lakeside.RepairedHours("second").Skip(before));
    }

    [Fact]
    public void A_table_without_event_times_repairs_the_whole_horizon_and_the_cause_says_so()
    {
        Lakeside.MakeTable(withEventTime: false);
        StartHourly(horizon: TimeSpan.FromHours(3));
        World.Advance(TimeSpan.FromHours(8));
        Lakeside.Append(RepairWorld.Hour(0));
        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([5, 6, 7], Lakeside.RepairedHours());
        Assert.All(Lakeside.Repairs(), static r => Assert.NotNull(r.Cause!.Value.GetProperty("wholeHorizon").GetString()));
    }

    [Fact]
    public void Repairs_run_in_order_and_as_many_at_a_time_as_allowed()
    {
        Lakeside.MakeTable();
        var (running, most) = (0, 0);
        World.Start("p", p => p.Schedule("@hourly").StartAt(RepairWorld.Hour(-1)).CatchUp().RepairedBy(RepairWorld.Silver, TimeSpan.FromDays(1), maxActiveRuns: 2).Task("t", async (TaskContext run) =>
        {
            most = run.Trigger == RunTrigger.Repair ? Math.Max(most, ++running) : most;
            await Task.Delay(TimeSpan.FromSeconds(2), World.Time);
            running -= run.Trigger == RunTrigger.Repair ? 1 : 0;
        }), scheduler: true);
        World.Advance(TimeSpan.FromHours(10));
        Lakeside.Append([.. new[] { 7, 3, 5, 1, 8, 0 }.Select(static h => RepairWorld.Hour(h))]);
        World.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal([0, 1, 3, 5, 7, 8], Lakeside.RepairedHours());
        Assert.Equal(2, most);
    }

    private void StartHourly(Action<PipelineBuilder>? also = null, TimeSpan? horizon = null) => World.Start(
        "p",
        p =>
        {
            p.Schedule("@hourly").StartAt(RepairWorld.Hour(-1)).CatchUp().RepairedBy(RepairWorld.Silver, horizon ?? TimeSpan.FromDays(1)).Task("t", static () => { });
            also?.Invoke(p);
        },
        scheduler: true);
}
