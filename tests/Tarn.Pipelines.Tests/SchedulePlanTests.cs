using Xunit;

namespace Tarn.Pipelines.Tests;

public sealed class SchedulePlanTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 2, 0, TimeSpan.Zero);

    [Fact]
    public void The_first_run_is_for_the_latest_interval_that_was_complete_when_the_pipeline_was_first_seen()
    {
        foreach (var catchUp in new[] { true, false })
        {
            var next = SchedulePlan.Next(Every5(p => p.CatchUp(catchUp)), Noon, null, Noon)!;
            Assert.Equal((Noon.AddMinutes(-7), Noon.AddMinutes(-2), Noon.AddMinutes(-2), Noon.AddMinutes(-7)), (next.Start, next.End, next.RunAfter, next.LogicalDate));
        }
    }

    [Fact]
    public void With_catch_up_the_next_interval_follows_the_last_and_without_it_is_the_latest_complete()
    {
        var last = Noon.AddHours(-3).AddMinutes(-2);
        Assert.Equal(last, SchedulePlan.Next(Every5(p => p.CatchUp()), last, last, Noon)!.Start);
        Assert.Equal(Noon.AddMinutes(-7), SchedulePlan.Next(Every5(p => p.CatchUp(false)), last, last, Noon)!.Start);
    }

    [Fact]
    public void No_interval_starts_before_the_start()
    {
        var start = Noon.AddHours(-1).AddMinutes(1);
        Assert.Equal(Noon.AddHours(-1).AddMinutes(3), SchedulePlan.Next(Every5(p => p.CatchUp().StartAt(start)), Noon, null, Noon)!.Start);
        var later = Noon.AddDays(1);
        Assert.Equal(Noon.AddDays(1).AddMinutes(3), SchedulePlan.Next(Every5(p => p.StartAt(later)), Noon, null, Noon)!.Start);
    }

    [Fact]
    public void What_was_decided_stays_decided_when_the_clock_goes_back()
    {
        var until = Noon.AddMinutes(-2);
        foreach (var catchUp in new[] { true, false })
        {
            var next = SchedulePlan.Next(Every5(p => p.CatchUp(catchUp)), Noon, until, Noon.AddYears(-1))!;
            Assert.Equal((until, until.AddMinutes(5)), (next.Start, next.RunAfter));
        }
    }

    [Theory]
    [InlineData("2026-03-02T12:05:00Z", "2026-03-02T12:00:00Z", "2026-03-02T12:05:00Z")]
    [InlineData("2026-03-02T12:04:59Z", "2026-03-02T11:55:00Z", "2026-03-02T12:00:00Z")]
    public void A_run_by_hand_is_about_the_latest_interval_that_had_ended(string date, string start, string end)
    {
        var interval = SchedulePlan.ForManual(Every5(static _ => { }), Parse(date));
        Assert.Equal((Parse(start), Parse(end)), (interval.Start, interval.End));
        var bare = SchedulePlan.ForManual(PipelineWorld.Build("p", p => p.Task("t", () => { })), Parse(date));
        Assert.Equal((Parse(date), Parse(date)), (bare.Start, bare.End));
    }

    [Fact]
    public void Five_years_of_five_minutes_are_walked_without_a_gap()
    {
        var pipeline = Every5(p => p.CatchUp());
        var until = new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var end = until.AddYears(5);
        var count = 0;
        for (; until < end; count++)
        {
            var next = SchedulePlan.Next(pipeline, until, until, end)!;
            Assert.Equal(until, next.Start);
            until = next.End;
        }

        Assert.Equal(525_888, count);
    }

    private static PipelineDefinition Every5(Action<PipelineBuilder> more) =>
        PipelineWorld.Build("p", p => more(p.Schedule("*/5 * * * *").Task("t", () => { })));

    private static DateTimeOffset Parse(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
