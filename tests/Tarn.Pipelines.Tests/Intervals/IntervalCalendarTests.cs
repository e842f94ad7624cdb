using Xunit;

namespace Tarn.Pipelines.Tests;

public sealed class IntervalCalendarTests
{
    [Fact]
    public void Days_are_those_of_intervals_counted_one_by_one()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var round = 0; round < 60; round++)
        {
            var timetable = IntervalStatesTests.RandomTimetable(random);
            var zone = RandomCron.Zone(random);
            var first = new DateOnly(2010, 6, 1).AddDays(random.Next(5500));
            var last = first.AddDays(random.Next(60));
            var (from, to) = IntervalCalendar.Span(zone, first, last);
            var intervals = timetable.Between(from, to).Take(5000).ToArray();
            if (intervals.Length == 5000)
            {
                continue;
            }

            var state = IntervalState.None;
            var now = from + ((to - from) * (random.NextDouble() * 1.5));
            var states = intervals.ToDictionary(
                static i => i,
                i => i.End > now ? IntervalState.None : state = random.Next(4) == 0 ? (IntervalState)random.Next(4) : state);
            var days = IntervalCalendar.Days(timetable, IntervalStatesTests.Ranges(intervals, states), first, last, zone, now);
            var expected = intervals.GroupBy(i => DateOnly.FromDateTime((i.Start + zone.GetUtcOffset(i.Start)).DateTime)).ToDictionary(static g => g.Key);
            Assert.All(expected.Keys, d => Assert.Contains(days, x => x.Date == d));
            foreach (var day in days)
            {
                var ones = expected.TryGetValue(day.Date, out var group) ? group.ToArray() : [];
                long Count(IntervalState s) => ones.Count(i => states[i] == s);
                var reference = new CalendarDay(
                    day.Date,
                    ones.Length,
                    Count(IntervalState.Success),
                    Count(IntervalState.Failed),
                    Count(IntervalState.Cancelled),
                    ones.Count(i => states[i] == IntervalState.None && i.End <= now),
                    ones.Count(i => i.End > now));
                Assert.True(reference == day, $"Seed {seed}, round {round}, {timetable}, {zone.Id}, {now:O}: {day}, not {reference}");
            }
        }
    }

    [Fact]
    public void A_day_that_a_zone_left_out_is_not_there()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Pacific/Apia");
        var hourly = CronSchedule.Parse("0 * * * *", zone);
        var days = IntervalCalendar.Days(hourly, [], new DateOnly(2011, 12, 28), new DateOnly(2012, 1, 1), null, new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal([28, 29, 31, 1], days.Select(static d => d.Date.Day));
        Assert.All(days, static d => Assert.Equal((24, 24), (d.Intervals, d.NoRun)));
    }
}
