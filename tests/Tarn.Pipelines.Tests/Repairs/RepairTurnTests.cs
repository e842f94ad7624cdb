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
    public void An_interval_that_is_touched_again_comes_after_those_that_waited_when_it_was_repaired_and_before_later_ones()
    {
        Start(TimeSpan.FromMinutes(2));
        Lakeside.Append(RepairWorld.Hour(1), RepairWorld.Hour(3), RepairWorld.Hour(4));
        World.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal([1], Lakeside.RepairedHours());
        Lakeside.Append(RepairWorld.Hour(1), RepairWorld.Hour(2), RepairWorld.Hour(6));
        World.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal([1, 2, 3, 4, 1, 6], Lakeside.RepairedHours());
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

    private void Start(TimeSpan length)
    {
        Lakeside.MakeTable();
        World.Start(
            "p",
            p => p.Schedule("@hourly").StartAt(RepairWorld.Hour(-1)).CatchUp().RepairedBy(RepairWorld.Silver, TimeSpan.FromDays(1))
                .Task("t", (TaskContext run) => run.Trigger == RunTrigger.Repair ? Task.Delay(length, World.Time, run.CancellationToken) : Task.CompletedTask),
            scheduler: true);
        World.Advance(TimeSpan.FromHours(10));
    }
}
