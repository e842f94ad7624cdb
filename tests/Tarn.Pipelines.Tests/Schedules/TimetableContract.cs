using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>What every timetable keeps to, the library's own and a user's. A test class derives from it and names its timetables and a span in which they have intervals.</summary>
public abstract class TimetableContract
{
    /// <summary>The timetables, each made anew, by a name for messages.</summary>
    protected abstract IEnumerable<Timetable> Timetables(Random random);

    /// <summary>The span that is looked at.</summary>
    protected virtual (DateTimeOffset From, DateTimeOffset To) Span => (new DateTimeOffset(2010, 6, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Intervals_are_in_order_in_UTC_whole_microseconds_and_do_not_overlap() => Each((timetable, random) =>
    {
        DataInterval? last = null;
        foreach (var interval in timetable.Between(Instant(random), Span.To).Take(500))
        {
            Assert.True(interval.Start < interval.End, $"{interval} is empty");
            Assert.True(last is null || interval.Start >= last.Value.End, $"{interval} begins before the end of {last}");
            Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (interval.Start.Offset, interval.End.Offset));
            Assert.Equal((0, 0), (interval.Start.Ticks % TimeSpan.TicksPerMicrosecond, interval.End.Ticks % TimeSpan.TicksPerMicrosecond));
            last = interval;
        }
    });

    [Fact]
    public void Forwards_and_backwards_are_about_the_same_intervals() => Each((timetable, random) =>
    {
        foreach (var interval in timetable.Between(Instant(random), Span.To).Take(200))
        {
            Assert.Equal(interval, timetable.StartingAtOrAfter(interval.Start));
            Assert.Equal(interval, timetable.LatestComplete(interval.End));
            Assert.NotEqual(interval, timetable.StartingAtOrAfter(interval.Start.AddTicks(1)));
            Assert.NotEqual(interval, timetable.LatestComplete(interval.End.AddTicks(-1)));
            Assert.Equal(interval, timetable.Containing(interval.Start));
            Assert.Equal(interval, timetable.Containing(interval.End.AddTicks(-1)));
            Assert.Equal(interval, timetable.LastStartingBefore(interval.Start.AddTicks(1)));
            if (timetable.Following(interval) is { } next)
            {
                Assert.Equal(timetable.StartingAtOrAfter(interval.End), next);
                Assert.Equal(interval, timetable.Preceding(next));
                Assert.Equal(interval, timetable.LatestComplete(next.Start));
                var gap = interval.End + ((next.Start - interval.End) / 2);
                Assert.Equal(next.Start > gap ? null : next, timetable.Containing(gap));
            }
        }
    });

    [Fact]
    public void Backwards_between_two_instants_is_the_reverse_of_forwards_and_the_count_is_theirs() => Each((timetable, random) =>
    {
        for (var i = 0; i < 20; i++)
        {
            var (from, to) = (Instant(random), Instant(random));
            if (timetable.Between(from, Span.To).Skip(random.Next(300)).Select(static d => (DateTimeOffset?)d.Start).FirstOrDefault() is { } near && near < to)
            {
                to = near.AddTicks(random.Next(-1, 2));
            }

            var intervals = timetable.Between(from, to).Take(5000).ToList();
            Assert.All(intervals, d => Assert.True(d.Start >= from && d.Start < to));
            if (intervals.Count < 5000)
            {
                Assert.Equal(intervals, timetable.Between(from, to, backwards: true).Reverse());
                Assert.Equal(intervals.Count, timetable.Count(from, to));
            }
        }
    });

    [Fact]
    public void Counts_of_parts_add_up_and_nothing_lies_in_an_empty_span() => Each((timetable, random) =>
    {
        var cuts = Enumerable.Range(0, 4).Select(_ => Instant(random)).Order().ToArray();
        Assert.Equal(timetable.Count(cuts[0], cuts[3]), timetable.Count(cuts[0], cuts[1]) + timetable.Count(cuts[1], cuts[2]) + timetable.Count(cuts[2], cuts[3]));
        Assert.Equal((0, 0), (timetable.Count(cuts[1], cuts[1]), timetable.Count(cuts[3], cuts[0])));
        Assert.Empty(timetable.Between(cuts[3], cuts[0]));
        Assert.Empty(timetable.Between(cuts[3], cuts[0], backwards: true));
    });

    [Fact]
    public void Every_instant_has_an_answer() => Each((timetable, _) =>
    {
        foreach (var instant in new[] { DateTimeOffset.MinValue, DateTimeOffset.UnixEpoch, Span.From, new DateTimeOffset(2099, 12, 31, 23, 59, 59, TimeSpan.Zero), DateTimeOffset.MaxValue })
        {
            Assert.True(timetable.StartingAtOrAfter(instant) is not { } next || next.Start >= instant);
            Assert.True(timetable.LatestComplete(instant) is not { } last || last.End <= instant);
            Assert.True(timetable.Containing(instant) is not { } around || around.Contains(instant));
        }

        if (timetable.StartingAtOrAfter(DateTimeOffset.MinValue) is { } first)
        {
            Assert.Null(timetable.LatestComplete(first.End.AddTicks(-1)));
            Assert.Null(timetable.Preceding(first));
        }

        if (timetable.LatestComplete(DateTimeOffset.MaxValue) is { } end)
        {
            Assert.Null(timetable.StartingAtOrAfter(end.Start.AddTicks(1)));
            Assert.Null(timetable.Following(end));
            Assert.Equal(1, timetable.Count(end.Start, DateTimeOffset.MaxValue));
        }
    });

    [Fact]
    public void The_instants_offset_does_not_matter() => Each((timetable, random) =>
    {
        var instant = Instant(random);
        var elsewhere = instant.ToOffset(TimeSpan.FromHours(-9.5));
        Assert.Equal(timetable.StartingAtOrAfter(instant), timetable.StartingAtOrAfter(elsewhere));
        Assert.Equal(timetable.LatestComplete(instant), timetable.LatestComplete(elsewhere));
        Assert.Equal(timetable.Count(instant, instant.AddDays(40)), timetable.Count(elsewhere, elsewhere.AddDays(40)));
    });

    protected void Each(Action<Timetable, Random> check)
    {
        var seed = Environment.TickCount;
        foreach (var timetable in Timetables(new Random(seed)))
        {
            try
            {
                check(timetable, new Random(seed));
            }
            catch (Exception error) when (error is Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"Seed {seed}, {timetable}: {error.Message}");
            }
        }
    }

    private DateTimeOffset Instant(Random random) => Span.From.AddSeconds(random.NextInt64((long)(Span.To - Span.From).TotalSeconds));
}
