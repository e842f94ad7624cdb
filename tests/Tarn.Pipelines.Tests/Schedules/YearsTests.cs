using System.Diagnostics;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>Years of schedule against a clock on the wall that is read minute by minute, and counts against what is counted one by one.</summary>
public sealed class YearsTests(ITestOutputHelper output)
{
    public static TheoryData<string> Zones => [.. RandomCron.Zones];

    [Theory]
    [MemberData(nameof(Zones))]
    public void Years_of_random_schedules_are_what_a_clock_on_the_wall_shows(string zone)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var timeZone = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var started = Stopwatch.GetTimestamp();
        var checkedTimes = 0;
        foreach (var year in new[] { 2009, 2024 })
        {
            var (from, to) = (new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(year + 3, 1, 1, 0, 0, 0, TimeSpan.Zero));
            string[] expressions = [.. Enumerable.Range(0, 8).Select(_ => RandomCron.Expression(random)), "30 2 * * *", "0 0 * * *", "0,30 1,2 * * *", "*/5 * * * *"];
            var expected = Walk(timeZone, expressions, from, to);
            for (var i = 0; i < expressions.Length; i++)
            {
                var schedule = CronSchedule.Parse(expressions[i], timeZone);
                var starts = schedule.Between(from, to).Select(static d => d.Start).ToList();
                var about = $"{schedule}, seed {seed}";
                Assert.True(expected[i].SequenceEqual(starts), $"{about}: {Difference(expected[i], starts)}");
                Assert.True(starts.SequenceEqual(schedule.Between(from, to, backwards: true).Select(static d => d.Start).Reverse()), $"{about}, backwards");
                Assert.True(expected[i].Count == schedule.Count(from, to), $"{about}: {schedule.Count(from, to)}, not {expected[i].Count}");
                checkedTimes += starts.Count;
            }
        }

        output.WriteLine($"{checkedTimes:N0} times in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
    }

    [Fact]
    public void Counting_is_enumerating_for_random_expressions_zones_and_spans()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var i = 0; i < 1500; i++)
        {
            var schedule = CronSchedule.Parse(RandomCron.Expression(random), RandomCron.Zone(random));
            var from = new DateTimeOffset(1990, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(random.NextInt64(40L * 365 * 1440)).AddTicks(random.Next(2));
            var to = from.AddMinutes(random.Next(1, random.Next(2, 60 * 1440)));
            Assert.True(schedule.Between(from, to).Count() == schedule.Count(from, to), $"Seed {seed}: {schedule} from {from:O} to {to:O}: {schedule.Count(from, to)}, not {schedule.Between(from, to).Count()}");
        }
    }

    [Fact]
    public void Counting_is_enumerating_around_every_change_of_the_clock_of_every_zone()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        foreach (var timeZone in TimeZoneInfo.GetSystemTimeZones())
        {
            var clock = new WallClock(timeZone);
            var last = new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
            for (var change = clock.FirstChange(DateTimeOffset.UnixEpoch, last); change is { } at; change = clock.FirstChange(at, last))
            {
                foreach (var expression in new[] { "30 2 * * *", "0 0 * * *", "0,15,30,45 0,1,2,3 * * *", "*/15 * * * *", RandomCron.Expression(random) })
                {
                    var schedule = CronSchedule.Parse(expression, timeZone);
                    var (from, to) = (at.AddMinutes(random.Next(-240, 60)), at.AddMinutes(random.Next(0, 240)));
                    Assert.True(
                        schedule.Between(from, to).Count() == schedule.Count(from, to),
                        $"Seed {seed}: {schedule} from {from:O} to {to:O}: {schedule.Count(from, to)}, not {schedule.Between(from, to).Count()}");
                }
            }
        }
    }

    [Fact]
    public void Five_years_of_five_minutes_are_counted_in_milliseconds()
    {
        var from = new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero);
        foreach (var zone in RandomCron.Zones)
        {
            var schedule = CronSchedule.Parse("*/5 * * * *", TimeZoneInfo.FindSystemTimeZoneById(zone));
            Assert.Equal(12, schedule.Count(from, from.AddHours(1)));
            var best = TimeSpan.MaxValue;
            for (var i = 0; i < 5; i++)
            {
                var started = Stopwatch.GetTimestamp();
                Assert.Equal(525_888, schedule.Count(from, from.AddYears(5)));
                best = TimeSpan.FromTicks(Math.Min(best.Ticks, Stopwatch.GetElapsedTime(started).Ticks));
            }

            output.WriteLine($"{zone}: {best.TotalMilliseconds:F2} ms");
            Assert.True(best < TimeSpan.FromMilliseconds(50), $"{zone}: {best.TotalMilliseconds} ms");
        }
    }

    /// <summary>
    /// When each expression fires: by interval, whenever the clock shows one of its times; a time of day, when the clock first shows it or moves over it, unless it moves
    /// more than three hours.
    /// </summary>
    private static List<DateTimeOffset>[] Walk(TimeZoneInfo zone, string[] expressions, DateTimeOffset from, DateTimeOffset to)
    {
        var rules = Array.ConvertAll(expressions, RandomCron.Read);
        var fired = Array.ConvertAll(expressions, static _ => new List<DateTimeOffset>());
        var latest = DateTime.MinValue;
        for (var at = from.AddDays(-2); at < to; at = at.AddMinutes(1))
        {
            var shown = (at + zone.GetUtcOffset(at)).DateTime;
            var first = latest == DateTime.MinValue || shown - latest > TimeSpan.FromHours(3.1) ? shown : latest.AddMinutes(1);
            for (var i = 0; i < rules.Length; i++)
            {
                if (at >= from && (rules[i].ByInterval ? Matches(rules[i], shown) : Any(rules[i], first, shown)))
                {
                    fired[i].Add(at);
                }
            }

            latest = shown > latest ? shown : latest;
        }

        return fired;
    }

    private static bool Any((bool[] Minutes, Func<DateTime, bool> Days, bool ByInterval) rule, DateTime first, DateTime last)
    {
        for (var reading = first; reading <= last; reading = reading.AddMinutes(1))
        {
            if (Matches(rule, reading))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Matches((bool[] Minutes, Func<DateTime, bool> Days, bool ByInterval) rule, DateTime reading) =>
        rule.Minutes[(reading.Hour * 60) + reading.Minute] && rule.Days(reading);

    private static string Difference(List<DateTimeOffset> expected, List<DateTimeOffset> actual)
    {
        var index = Enumerable.Range(0, Math.Min(expected.Count, actual.Count)).FirstOrDefault(i => expected[i] != actual[i], Math.Min(expected.Count, actual.Count));
        return $"time {index} is {(index < actual.Count ? actual[index] : null):O}, not {(index < expected.Count ? expected[index] : null):O}";
    }
}
