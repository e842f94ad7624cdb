using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>Whose turn it is where more intervals wait for their repair than may run.</summary>
public class RepairTurnTests : RepairContract
{
    // Shorter than the settling, then longer than its limit: the earlier interval is not due yet when there is room, or due again at once.
    [Theory]
    [InlineData(2)]
    [InlineData(90)]
    public void A_quiet_interval_comes_to_its_turn_behind_one_that_is_touched_all_the_time(int seconds)
    {
        Start(TimeSpan.FromSeconds(seconds));
        Lakeside.Append(RepairWorld.Hour(5), RepairWorld.Hour(2), RepairWorld.Hour(7));
        for (var i = 0; i < 200; i++)
        {
            Lakeside.Append(RepairWorld.Hour(1, i % 60));
            World.Advance(TimeSpan.FromSeconds(3));
        }

        Assert.Equal([1, 2, 5, 7], Lakeside.RepairedHours().Distinct());
        Assert.Equal(1, Lakeside.RepairedHours().Count(static h => h == 5));
        World.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(1, Lakeside.RepairedHours()[^1]);
        Assert.Empty(Lakeside.State().Pending);
    }

    [Fact]
    public void An_earlier_interval_goes_first_unless_the_later_ones_had_waited_long()
    {
        Start(TimeSpan.FromMinutes(2));
        Lakeside.Append(RepairWorld.Hour(1), RepairWorld.Hour(4), RepairWorld.Hour(6));
        World.Advance(TimeSpan.FromSeconds(30));
        Lakeside.Append(RepairWorld.Hour(3));
        World.Advance(TimeSpan.FromMinutes(3));
        Lakeside.Append(RepairWorld.Hour(2), RepairWorld.Hour(5));
        World.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal([1, 3, 4, 6, 2, 5], Lakeside.RepairedHours());
    }

    [Fact]
    public void Where_every_commit_touches_all_of_the_horizon_all_of_it_comes_to_its_turn()
    {
        // More of them than runs are kept: what is known of earlier repairs must not decide whose turn it is.
        World.Options.RunsKept = 0;
        Start(TimeSpan.FromSeconds(20), withEventTime: false);
        World.Advance(TimeSpan.FromHours(10));
        for (var i = 0; i < 24; i++)
        {
            Lakeside.Append(RepairWorld.Hour(0));
            World.Advance(TimeSpan.FromMinutes(2));
        }

        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(Enumerable.Range(-1, 21), _repaired.Distinct().Order());
    }

    [Fact]
    public void A_timetable_that_throws_holds_no_other_pipelines_repairs_up()
    {
        var timetable = new BrittleTimetable { Good = int.MaxValue };
        Lakeside.MakeTable();
        World.Start(
            [
                PipelineWorld.Build("brittle", p => p.Schedule(timetable).StartAt(RepairWorld.Hour(-1)).CatchUp().RepairedBy(RepairWorld.Silver, TimeSpan.FromDays(1)).Task("t", static () => { })),
                PipelineWorld.Build("p", static p => p.Schedule("@hourly").StartAt(RepairWorld.Hour(-1)).CatchUp().RepairedBy(RepairWorld.Silver, TimeSpan.FromDays(1)).Task("t", static () => { })),
            ],
            scheduler: true);
        World.Advance(TimeSpan.FromHours(3));
        timetable.Good = 0;
        Lakeside.Append(RepairWorld.Hour(1));
        World.Advance(TimeSpan.FromMinutes(1));
        Lakeside.Append(RepairWorld.Hour(2));
        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([1, 2], Lakeside.RepairedHours());
        Assert.Empty(Lakeside.Repairs("brittle"));

        timetable.Good = int.MaxValue;
        World.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(2, Lakeside.Repairs("brittle").Count);
    }

    private readonly List<int> _repaired = [];

    private void Start(TimeSpan length, bool withEventTime = true)
    {
        Lakeside.MakeTable(withEventTime: withEventTime);
        World.Start(
            "p",
            p => p.Schedule("@hourly").StartAt(RepairWorld.Hour(-1)).CatchUp().RepairedBy(RepairWorld.Silver, TimeSpan.FromDays(1))
                .Task("t", async (TaskContext run) =>
                {
                    if (run.Trigger == RunTrigger.Repair)
                    {
                        _repaired.Add((int)(run.DataInterval.Start - RepairWorld.Hour(0)).TotalHours);
                        await Task.Delay(length, World.Time, run.CancellationToken);
                    }
                }),
            scheduler: true);
        World.Advance(TimeSpan.FromHours(10));
    }
}
