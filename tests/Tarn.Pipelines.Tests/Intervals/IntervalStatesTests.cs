using Dapper;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

public class IntervalStatesTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Start = new(2021, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset End = Start.AddYears(10);

    private protected virtual int Rounds => 25;

    [Fact]
    public async Task Ranges_say_of_each_interval_what_was_said_of_it_last()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var store = await StoreAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var pipeline = $"p{round}";
            var timetable = RandomTimetable(random);
            var intervals = timetable.Between(Start.AddHours(random.Next(50_000)), End).Take(random.Next(5, 120)).ToArray();
            var expected = intervals.ToDictionary(static i => i, static _ => IntervalState.None);
            for (var step = 0; step < 60; step++)
            {
                var state = (IntervalState)random.Next(random.Next(8) == 0 ? 0 : 1, 4);
                if (random.Next(8) == 0)
                {
                    var (a, b) = (random.Next(intervals.Length), random.Next(intervals.Length));
                    var (first, last) = (Math.Min(a, b), Math.Max(a, b));
                    var set = await store.WriteAsync((c, t) => IntervalStates.SetSpanAsync(c, t, pipeline, timetable, intervals[first].Start, intervals[last].End, state));
                    Assert.Equal(last - first + 1, set);
                    Array.ForEach(intervals[first..(last + 1)], i => expected[i] = state);
                }
                else
                {
                    var interval = random.Next(2) == 0 ? intervals[random.Next(intervals.Length)] : intervals.FirstOrDefault(i => expected[i] == IntervalState.None, intervals[0]);
                    Assert.True(await store.WriteAsync((c, t) => IntervalStates.SetAsync(c, t, pipeline, timetable, interval, state)));
                    expected[interval] = state;
                }

                var ranges = await store.ReadAsync(c => IntervalStates.ListAsync(c, null, pipeline, Start, End));
                AssertSame(Ranges(intervals, expected), ranges, $"seed {seed}, round {round}, step {step}, {timetable}");
                var one = intervals[random.Next(intervals.Length)];
                Assert.Equal(expected[one], await store.ReadAsync(c => IntervalStates.OfAsync(c, null, pipeline, one)));
            }

            await AssertPartsAsync(store, pipeline, expected, random);
        }
    }

    [Fact]
    public async Task After_a_change_of_the_timetable_an_interval_has_a_state_where_all_of_it_had_one()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var store = await StoreAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var pipeline = $"p{round}";
            var cells = new IntervalState[48];
            for (var change = 0; change < 2; change++)
            {
                var hours = new[] { 1, 2, 3, 4, 6 }[random.Next(5)];
                var timetable = IntervalSchedule.Every(TimeSpan.FromHours(hours), Start);
                if (change > 0)
                {
                    var kept = await StatesAsync(store, pipeline, timetable, hours);
                    Assert.True(Known(cells, hours).SequenceEqual(kept), $"Seed {seed}, round {round}");
                }

                for (var step = 0; step < 25; step++)
                {
                    var (index, state) = (random.Next(48 / hours), (IntervalState)random.Next(1, 4));
                    await store.WriteAsync((c, t) => IntervalStates.SetAsync(c, t, pipeline, timetable, At(index, hours), state));
                    cells.AsSpan(index * hours, hours).Fill(state);
                    var states = await StatesAsync(store, pipeline, timetable, hours);
                    Assert.True(Known(cells, hours).SequenceEqual(states), $"Seed {seed}, round {round}, change {change}, step {step}");
                }
            }
        }
    }

    [Fact]
    public async Task What_is_no_interval_of_the_timetable_is_not_kept()
    {
        await using var store = await StoreAsync();
        var odd = new DataInterval(Start.AddMinutes(1), Start.AddMinutes(6));
        Assert.False(await store.WriteAsync((c, t) => IntervalStates.SetAsync(c, t, "p", IntervalSchedule.Every(TimeSpan.FromMinutes(5)), odd, IntervalState.Success)));
        Assert.Empty(await store.ReadAsync(c => IntervalStates.ListAsync(c, null, "p", Start, End)));
    }

    [Fact]
    public async Task Runs_of_an_earlier_version_say_what_became_of_their_intervals()
    {
        await using var store = await StoreAsync(scripts: 1);
        var runs = new (string Pipeline, int From, int To, string State)[]
        {
            ("a", 0, 1, "success"), ("a", 1, 2, "failed"), ("a", 2, 3, "success"), ("a", 1, 2, "success"), ("a", 3, 4, "success"), ("a", 4, 5, "queued"),
            ("a", 6, 7, "success"), ("a", 8, 9, "cancelled"), ("a", 9, 9, "failed"), ("a", 8, 9, "running"), ("b", 3, 4, "success"), ("b", 3, 5, "failed"), ("b", 4, 5, "success"),
        };
        await store.WriteAsync((c, t) => c.ExecuteAsync(
            """
            INSERT INTO pipeline_run(id, pipeline, definition, trigger, state, logical_date, interval_start, interval_end, queued_at)
            VALUES (@id, @pipeline, '', 'manual', @state, @from, @from, @to, 0)
            """,
            runs.Select((r, i) => new
            {
                id = $"{i}",
                pipeline = r.Pipeline,
                state = r.State,
                from = Instant.ToMicroseconds(Start.AddHours(r.From)),
                to = Instant.ToMicroseconds(Start.AddHours(r.To)),
            }),
            t));
        await store.MigrateAsync();
        Assert.Equal(
            [new(IntervalState.Success, Start, Start.AddHours(4), 4), new(IntervalState.Success, Start.AddHours(6), Start.AddHours(7), 1), new(IntervalState.Cancelled, Start.AddHours(8), Start.AddHours(9), 1)],
            await store.ReadAsync(c => IntervalStates.ListAsync(c, null, "a", Start, End)));
        Assert.Equal([new IntervalRange(IntervalState.Failed, Start.AddHours(3), Start.AddHours(5), 1)], await store.ReadAsync(c => IntervalStates.ListAsync(c, null, "b", Start, End)));
    }

    [Fact]
    public async Task Five_years_of_five_minutes_are_one_row_and_anything_about_them_takes_milliseconds()
    {
        await using var store = await StoreAsync();
        var timetable = CronSchedule.Parse("*/5 * * * *", TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));
        await store.WriteAsync(async (c, t) =>
        {
            foreach (var interval in timetable.Between(Start, Start.AddDays(30)))
            {
                await IntervalStates.SetAsync(c, t, "p", timetable, interval, IntervalState.Success);
            }

            return await IntervalStates.SetSpanAsync(c, t, "p", timetable, Start.AddDays(30), Start.AddYears(5), IntervalState.Success);
        });
        var range = Assert.Single(await store.ReadAsync(c => IntervalStates.ListAsync(c, null, "p", Start, End)));
        Assert.Equal(new IntervalRange(IntervalState.Success, Start, Start.AddYears(5), 525_888), range);
        Assert.Equal(1, await store.ReadAsync(static c => c.QuerySingleAsync<long>("SELECT count(*) FROM pipeline_interval")));

        var middle = timetable.StartingAtOrAfter(Start.AddYears(2))!.Value;
        await Timing.TellAsync(output, "split", async _ =>
        {
            await store.WriteAsync((c, t) => IntervalStates.SetAsync(c, t, "p", timetable, middle, IntervalState.Failed));
            var ranges = await store.ReadAsync(c => IntervalStates.ListAsync(c, null, "p", Start, End));
            Assert.Equal([210_240, 1, 315_647], ranges.Select(static r => r.Intervals));
        });
        await Timing.TellAsync(output, "join", async _ =>
        {
            await store.WriteAsync((c, t) => IntervalStates.SetAsync(c, t, "p", timetable, middle, IntervalState.Success));
            Assert.Equal([range], await store.ReadAsync(c => IntervalStates.ListAsync(c, null, "p", Start, End)));
        });
        await Timing.TellAsync(output, "calendar of five years", async _ =>
        {
            var (first, last) = (new DateOnly(2021, 1, 1), new DateOnly(2025, 12, 31));
            var (from, to) = IntervalCalendar.Span(timetable.TimeZone, first, last);
            var ranges = await store.ReadAsync(c => IntervalStates.ListAsync(c, null, "p", from, to));
            var days = IntervalCalendar.Days(timetable, ranges, first, last, null, Start.AddYears(6));
            Assert.Equal((1826, 525_888 - 12, 12), (days.Count, days.Sum(static d => d.Succeeded), days.Sum(static d => d.NoRun)));
            Assert.Equal((276, 300, 276), (days.Single(static d => d.Date == new DateOnly(2021, 3, 28)).Intervals, days.Single(static d => d.Date == new DateOnly(2021, 10, 31)).Succeeded, days[0].Succeeded));
        });
    }

    private protected virtual Task<IntervalStore> StoreAsync(int scripts = int.MaxValue) => IntervalStore.CreateAsync(scripts: scripts);

    internal static Timetable RandomTimetable(Random random) => random.Next(5) switch
    {
        0 => new CustomTimetableTests.Sessions(),
        1 => IntervalSchedule.Every(TimeSpan.FromSeconds(random.Next(1, 200_000))),
        _ => CronSchedule.Parse(RandomCron.Expression(random), RandomCron.Zone(random)),
    };

    /// <summary>The ranges that intervals make, put together one by one.</summary>
    internal static List<IntervalRange> Ranges(IEnumerable<DataInterval> intervals, IReadOnlyDictionary<DataInterval, IntervalState> states)
    {
        var ranges = new List<IntervalRange>();
        var last = IntervalState.None;
        foreach (var interval in intervals)
        {
            if (states[interval] != IntervalState.None)
            {
                if (states[interval] == last)
                {
                    ranges[^1] = ranges[^1] with { End = interval.End, Intervals = ranges[^1].Intervals + 1 };
                }
                else
                {
                    ranges.Add(new IntervalRange(states[interval], interval.Start, interval.End, 1));
                }
            }

            last = states[interval];
        }

        return ranges;
    }

    private static async Task AssertPartsAsync(IntervalStore store, string pipeline, Dictionary<DataInterval, IntervalState> expected, Random random)
    {
        var all = Ranges(expected.Keys.Order(Comparer<DataInterval>.Create(static (a, b) => a.Start.CompareTo(b.Start))), expected);
        var (a, b) = (expected.Keys.ElementAt(random.Next(expected.Count)).Start, expected.Keys.ElementAt(random.Next(expected.Count)).Start.AddMinutes(1));
        Assert.Equal(all.Where(r => r.End > a && r.Start < b), await store.ReadAsync(c => IntervalStates.ListAsync(c, null, pipeline, a, b)));
        var counts = await store.ReadAsync(c => IntervalStates.CountsAsync(c, null, pipeline));
        Assert.Equal(
            new IntervalCounts(0, expected.Values.Count(static s => s == IntervalState.Success), expected.Values.Count(static s => s == IntervalState.Failed), expected.Values.Count(static s => s == IntervalState.Cancelled)),
            counts);
    }

    private static void AssertSame(IEnumerable<IntervalRange> expected, IEnumerable<IntervalRange> actual, string about) =>
        Assert.True(expected.SequenceEqual(actual), $"{about}:\nexpected {string.Join("\n", expected)}\nis {string.Join("\n", actual)}");

    private static DataInterval At(int index, int hours) => new(Start.AddHours(index * hours), Start.AddHours((index + 1) * hours));

    private static IntervalState[] Known(IntervalState[] cells, int hours) =>
        [.. cells.Chunk(hours).Select(static c => c.Distinct().Count() == 1 ? c[0] : IntervalState.None)];

    /// <summary>The state of each interval, as the plan of a backfill sees it.</summary>
    private static async Task<IntervalState[]> StatesAsync(IntervalStore store, string pipeline, Timetable timetable, int hours)
    {
        var ranges = await store.ReadAsync(c => IntervalStates.ListAsync(c, null, pipeline, Start, End));
        return
        [
            .. Enumerable.Range(0, 48 / hours).Select(i => At(i, hours)).Select(i =>
                ranges.FirstOrDefault(r => IntervalFit.Of(timetable, r.Start, r.End) is var (start, end) && start <= i.Start && end >= i.End)?.State ?? IntervalState.None),
        ];
    }
}
