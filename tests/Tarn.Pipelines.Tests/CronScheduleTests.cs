using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

public sealed class CronScheduleTests
{
    public static TheoryData<string> Zones => new(
        "UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Australia/Sydney", "America/Santiago", "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Apia");

    [Theory]
    [InlineData("61 * * * *")]
    [InlineData("* * * *")]
    [InlineData("0 0 0 * * ?")]
    [InlineData("@sometimes")]
    [InlineData("")]
    [InlineData("0 0 30 2 *")]
    public void Refuses_what_is_no_schedule_and_names_it(string expression)
    {
        var error = Assert.Throws<TarnException>(() => CronSchedule.Parse(expression));
        Assert.Equal((ErrorKind.InvalidInput, expression), (error.Kind, error.Value));
    }

    [Theory]
    [InlineData("*/5 * * * *", "2026-03-06T12:00:01Z", "2026-03-06T12:05:00Z")]
    [InlineData("50 23 * * *", "2026-03-06T12:00:00Z", "2026-03-06T23:50:00Z")]
    [InlineData("@daily", "2026-03-06T12:00:00Z", "2026-03-07T00:00:00Z")]
    [InlineData("@hourly", "2026-03-06T12:00:00Z", "2026-03-06T13:00:00Z")]
    [InlineData("@weekly", "2026-03-06T12:00:00Z", "2026-03-08T00:00:00Z")]
    [InlineData("@monthly", "2026-03-06T12:00:00Z", "2026-04-01T00:00:00Z")]
    [InlineData("@yearly", "2026-03-06T12:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("0 0 * JAN-MAR mon,Fri", "2026-03-06T12:00:00Z", "2026-03-09T00:00:00Z")]
    [InlineData("0 0 * * 7", "2026-03-06T12:00:00Z", "2026-03-08T00:00:00Z")]
    [InlineData("0 0 * * 0", "2026-03-06T12:00:00Z", "2026-03-08T00:00:00Z")]
    [InlineData("0 0 29 2 *", "2026-03-06T12:00:00Z", "2028-02-29T00:00:00Z")]
    public void Finds_the_next_time(string expression, string from, string expected) =>
        Assert.Equal(Time(expected), CronSchedule.Parse(expression).Next(Time(from)));

    [Fact]
    public void What_was_asked_before_does_not_change_an_answer()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var (expression, zone) = (RandomCron.Expression(random), RandomCron.Zone(random));
            var schedule = CronSchedule.Parse(expression, zone);
            var at = Time("2011-01-01T00:00:00Z").AddMinutes(random.Next(15 * 365 * 24 * 60));
            for (var asked = 0; asked < 200; asked++)
            {
                // Around what was asked before and around what was answered, sometimes far away.
                at = random.Next(20) == 0 ? Time("2011-01-01T00:00:00Z").AddMinutes(random.Next(15 * 365 * 24 * 60)) : at.AddTicks(random.Next(-1, 2)).AddMinutes(random.Next(-3, 4) * random.Next(0, 700));
                var (next, previous) = (schedule.Next(at), schedule.Previous(at));
                Assert.True(CronSchedule.Parse(expression, zone).Next(at) == next, $"Seed {seed}: {expression} in {zone.Id} after {at:O}: {next:O}");
                Assert.True(CronSchedule.Parse(expression, zone).Previous(at) == previous, $"Seed {seed}: {expression} in {zone.Id} before {at:O}: {previous:O}");
                at = random.Next(3) switch { 0 => next ?? at, 1 => previous ?? at, _ => at };
            }
        }
    }

    [Theory]
    [MemberData(nameof(Zones))]
    public void A_time_of_day_fires_once_a_day_through_years_of_clock_changes(string zone)
    {
        var timeZone = TimeZoneInfo.FindSystemTimeZoneById(zone);
        foreach (var (hour, minute) in new[] { (0, 0), (0, 30), (1, 30), (2, 0), (2, 30), (3, 0), (12, 15), (23, 50) })
        {
            var schedule = CronSchedule.Parse($"{minute} {hour} * * *", timeZone);
            var at = Time("2009-12-31T00:00:00Z");
            for (var day = TimeZoneInfo.ConvertTime(at, timeZone).Date; day.Year < 2028; day = day.AddDays(1))
            {
                if (Instant(day.AddHours(hour).AddMinutes(minute), timeZone) is { } expected && expected > at)
                {
                    at = schedule.Next(at)!.Value;
                    Assert.True(expected == at, $"{schedule}: {at:O}, not {expected:O}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Zones))]
    public void A_schedule_by_interval_fires_at_every_moment_that_the_clock_shows_it(string zone)
    {
        var timeZone = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var schedule = CronSchedule.Parse("*/15 * * * *", timeZone);
        for (var year = 2011; year < 2027; year += 3)
        {
            var end = Time($"{year + 1}-01-01T00:00:00Z");
            var at = schedule.AtOrAfter(Time($"{year}-01-01T00:00:00Z"))!.Value;
            for (var minute = at; minute < end; minute = minute.AddMinutes(15))
            {
                Assert.True(minute == at, $"{schedule}: {at:O}, not {minute:O}");
                at = schedule.Next(at)!.Value;
            }
        }
    }

    [Theory]
    [MemberData(nameof(Zones))]
    public void Intervals_lie_end_to_end_and_backwards_is_the_way_that_forwards_was(string zone)
    {
        var timeZone = TimeZoneInfo.FindSystemTimeZoneById(zone);
        foreach (var expression in new[] { "30 2 * * *", "0 */2 * * *", "*/20 1-3 * * *", "0 0 1 * *", "15 2 * * 0" })
        {
            var schedule = CronSchedule.Parse(expression, timeZone);
            var interval = schedule.StartingAtOrAfter(Time("2010-06-01T00:00:00Z"))!.Value;
            for (var i = 0; i < 3000 && interval.End.Year < 2028; i++)
            {
                Assert.True(interval.End > interval.Start);
                Assert.True(interval.Start == schedule.Previous(interval.End), $"{schedule}: before {interval.End:O} comes {schedule.Previous(interval.End):O}, not {interval.Start:O}");
                Assert.Equal(interval, schedule.LatestComplete(interval.End));
                Assert.Equal(interval, schedule.StartingAtOrAfter(interval.Start));
                var next = schedule.StartingAtOrAfter(interval.Start.AddTicks(1))!.Value;
                Assert.Equal(interval.End, next.Start);
                Assert.Equal(interval, schedule.LatestComplete(next.End.AddTicks(-1)));
                interval = next;
            }
        }
    }

    /// <summary>
    /// When a clock on the wall first shows a time; where it skips it, when it skips it; null where the whole day is skipped. Looked up minute by minute, from
    /// instants to readings, because the platform's own way from readings to instants errs at some changes.
    /// </summary>
    private static DateTimeOffset? Instant(DateTime local, TimeZoneInfo zone)
    {
        var reading = new DateTimeOffset(local, TimeSpan.Zero);
        var (before, after) = (zone.GetUtcOffset(reading.AddDays(-1)), zone.GetUtcOffset(reading.AddDays(1)));
        if (before == after)
        {
            return reading - before;
        }

        for (var at = reading.AddHours(-16); ; at = at.AddMinutes(1))
        {
            var shown = at + zone.GetUtcOffset(at);
            if (shown >= reading)
            {
                var skipped = shown - at.AddMinutes(-1) - zone.GetUtcOffset(at.AddMinutes(-1));
                return shown > reading && skipped > TimeSpan.FromHours(3.1) ? null : at;
            }
        }
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
