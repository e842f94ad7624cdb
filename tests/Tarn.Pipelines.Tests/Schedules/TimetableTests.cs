using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

public sealed class CronTimetableTests : TimetableContract
{
    protected override IEnumerable<Timetable> Timetables(Random random)
    {
        yield return CronSchedule.Parse("0 0 29 2 *");
        foreach (var expression in new[] { "30 2 * * *", "0 */2 * * *", "0 0 * * *", "15 2 * * 0", "@monthly" })
        {
            foreach (var zone in RandomCron.Zones)
            {
                yield return CronSchedule.Parse(expression, TimeZoneInfo.FindSystemTimeZoneById(zone));
            }
        }

        for (var i = 0; i < 40; i++)
        {
            yield return CronSchedule.Parse(RandomCron.Expression(random), RandomCron.Zone(random));
        }
    }
}

public sealed class IntervalTimetableTests : TimetableContract
{
    [Fact]
    public void Its_expression_tells_length_and_anchor()
    {
        Assert.Equal("every 5m (UTC)", IntervalSchedule.Every(TimeSpan.FromMinutes(5)).ToString());
        Assert.Equal("every 1d1h30m15s", IntervalSchedule.Every(new TimeSpan(1, 1, 30, 15)).Expression);
        Assert.Equal(
            "every 366d from 2026-01-01T00:00:00Z",
            IntervalSchedule.Every(IntervalSchedule.Longest, new DateTimeOffset(2026, 1, 1, 1, 0, 0, TimeSpan.FromHours(1))).Expression);
    }

    [Fact]
    public void Intervals_go_on_from_the_anchor_in_both_directions_through_changes_of_clocks()
    {
        var anchor = new DateTimeOffset(2026, 3, 29, 0, 30, 0, TimeSpan.Zero);
        var schedule = IntervalSchedule.Every(TimeSpan.FromHours(7), anchor);
        Assert.Equal(new DataInterval(anchor, anchor.AddHours(7)), schedule.StartingAtOrAfter(anchor));
        Assert.Equal(new DataInterval(anchor.AddHours(-7), anchor), schedule.LatestComplete(anchor.AddHours(6.9)));
        Assert.Equal(new DataInterval(anchor.AddHours(700), anchor.AddHours(707)), schedule.StartingAtOrAfter(anchor.AddHours(693.1)));
    }

    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(1.5, 0)]
    [InlineData(0, 0)]
    [InlineData(-60, 0)]
    [InlineData(366 * 86400 + 1, 0)]
    [InlineData(60, 0.1)]
    public void Refuses_what_is_out_of_range(double seconds, double anchor)
    {
        var error = Assert.Throws<TarnException>(() => IntervalSchedule.Every(TimeSpan.FromSeconds(seconds), DateTimeOffset.UnixEpoch.AddSeconds(anchor)));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
    }

    protected override IEnumerable<Timetable> Timetables(Random random)
    {
        yield return IntervalSchedule.Every(TimeSpan.FromMinutes(5));
        yield return IntervalSchedule.Every(IntervalSchedule.Longest);
        for (var i = 0; i < 40; i++)
        {
            yield return IntervalSchedule.Every(
                TimeSpan.FromSeconds(random.Next(1, random.Next(2, 86400 * 40))), DateTimeOffset.UnixEpoch.AddSeconds(random.NextInt64(-4_000_000_000, 8_000_000_000)));
        }
    }
}

/// <summary>A timetable as a user writes it, with gaps.</summary>
public sealed class CustomTimetableTests : TimetableContract
{
    protected override IEnumerable<Timetable> Timetables(Random random) => [new Sessions()];

    /// <summary>As docs/schedules.md has it.</summary>
    internal sealed class Sessions : Timetable
    {
        private readonly CronSchedule _opens = CronSchedule.Parse("30 9 * * 1-5", NewYork);
        private readonly CronSchedule _closes = CronSchedule.Parse("0 16 * * 1-5", NewYork);

        public override string Expression => "sessions 09:30-16:00 Mon-Fri";

        public override TimeZoneInfo TimeZone => NewYork;

        private static TimeZoneInfo NewYork => TimeZoneInfo.FindSystemTimeZoneById("America/New_York");

        public override DataInterval? StartingAtOrAfter(DateTimeOffset instant) =>
            _opens.AtOrAfter(instant) is { } start && _closes.Next(start) is { } end ? new DataInterval(start, end) : null;

        public override DataInterval? LatestComplete(DateTimeOffset instant) =>
            _closes.AtOrBefore(instant) is { } end && _opens.Previous(end) is { } start ? new DataInterval(start, end) : null;
    }
}
