using Xunit;

namespace Tarn.Pipelines.Tests;

public sealed class BackfillPlanTests
{
    private static readonly Timetable Hourly = CronSchedule.Parse("@hourly");
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Later = Start.AddYears(1);

    private static readonly IntervalRange[] Ranges =
    [
        Range(IntervalState.Success, 0, 4),
        Range(IntervalState.Failed, 4, 5),
        Range(IntervalState.Success, 5, 8),
        Range(IntervalState.Cancelled, 10, 12),
    ];

    [Theory]
    [InlineData(ReprocessBehavior.None, "8-10 12-24", 14, 0, 0, 0)]
    [InlineData(ReprocessBehavior.Failed, "4-5 8-24", 14, 0, 1, 2)]
    [InlineData(ReprocessBehavior.Completed, "0-24", 14, 7, 1, 2)]
    public void What_is_run_follows_from_what_became_of_intervals_before(ReprocessBehavior reprocess, string spans, long none, long success, long failed, long cancelled)
    {
        var plan = BackfillPlan.Make(Hourly, Ranges, [], Request(0, 24, reprocess), Later);
        Assert.Equal(spans, Text(plan.Spans));
        Assert.Equal(new IntervalCounts(none, success, failed, cancelled), plan.ToRun);
        Assert.Equal(new IntervalCounts(14 - none, 7 - success, 1 - failed, 2 - cancelled), plan.LeftOut);
        Assert.Equal((plan.ToRun.Total, 0, null), (plan.Total, plan.Active, plan.FirstNotEnded));
        Assert.Equal((plan.Spans[0].Start, Start.AddHours(23)), (plan.First!.Value.Start, plan.Last!.Value.Start));
    }

    [Fact]
    public void Intervals_that_have_not_ended_are_left_out_and_named()
    {
        var plan = BackfillPlan.Make(Hourly, Ranges, [], Request(0, 24), Start.AddHours(14.5));
        Assert.Equal(("8-10 12-14", At(14, 15)), (Text(plan.Spans), plan.FirstNotEnded));
        Assert.Equal(("", At(20, 21)), (Text(BackfillPlan.Make(Hourly, Ranges, [], Request(20, 24), Start.AddHours(14.5)) is var none ? none.Spans : []), none.FirstNotEnded));
        Assert.Equal((0, null, null), (none.Total, none.First, none.Last));
        Assert.Null(BackfillPlan.Make(Hourly, Ranges, [], Request(0, 14), Start.AddHours(14)).FirstNotEnded);
    }

    [Fact]
    public void Intervals_of_which_a_run_is_active_are_left_out_and_counted()
    {
        var plan = BackfillPlan.Make(Hourly, Ranges, [At(13, 14), At(8, 9), At(30, 31), At(2, 3), At(13, 14)], Request(0, 24), Later);
        Assert.Equal(("9-10 12-13 14-24", 3), (Text(plan.Spans), plan.Active));
        Assert.Equal((new IntervalCounts(12, 0, 0, 0), 6), (plan.ToRun, plan.LeftOut.Success));

        // Runs of no interval of the timetable: by data that moved, of an earlier timetable.
        DataInterval[] others = [At(12, 14), At(13, 15), new(Start.AddHours(20.5), Start.AddHours(21.5)), new(Start.AddHours(22), Start.AddHours(22.5))];
        Assert.Equal(Text(BackfillPlan.Make(Hourly, Ranges, [], Request(0, 24), Later).Spans), Text(BackfillPlan.Make(Hourly, Ranges, others, Request(0, 24), Later).Spans));
    }

    [Fact]
    public void A_plan_is_what_intervals_taken_one_by_one_give()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var round = 0; round < 400; round++)
        {
            var timetable = IntervalStatesTests.RandomTimetable(random);
            var intervals = timetable.Between(Start.AddHours(-random.Next(90_000)), Later).Take(random.Next(2, 120)).ToArray();
            var state = IntervalState.None;
            var states = intervals.ToDictionary(static i => i, i => state = random.Next(4) == 0 ? (IntervalState)random.Next(4) : state);
            var active = intervals.Where(_ => random.Next(12) == 0).ToHashSet();
            DateTimeOffset Some() => intervals[random.Next(intervals.Length)].Start.AddSeconds(random.Next(-1, 2));
            var (a, b, now) = (Some(), Some(), random.Next(3) == 0 ? Some() : intervals[^1].End);
            var request = new BackfillRequest { Pipeline = "p", From = a < b ? a : b, To = (a < b ? b : a).AddSeconds(1), Reprocess = (ReprocessBehavior)random.Next(3) };
            var plan = BackfillPlan.Make(timetable, IntervalStatesTests.Ranges(intervals, states), active.OrderBy(_ => random.Next()), request, now);

            var about = $"Seed {seed}, round {round}, {timetable}, {request}, now {now:O}";
            var asked = intervals.Where(i => i.Start >= request.From && i.Start < request.To).ToArray();
            var possible = asked.Where(i => i.End <= now).ToArray();
            var run = possible.Where(i => !active.Contains(i) && request.Reprocess.Takes(states[i])).ToArray();
            Assert.True(run.SequenceEqual(plan.Spans.SelectMany(s => timetable.Between(s.Start, s.End))), about);
            Assert.True(plan.Spans.All(s => s.Intervals == timetable.Count(s.Start, s.End) && s.Intervals > 0), about);
            Assert.True(Counts(run, states) == plan.ToRun, about);
            Assert.True(Counts(possible.Where(i => !active.Contains(i)).Except(run), states) == plan.LeftOut, about);
            Assert.True(possible.Count(i => active.Contains(i)) == plan.Active, about);
            Assert.True((run.Length == 0 ? null : run[0]) == plan.First && (run.Length == 0 ? null : run[^1]) == plan.Last, about);
            Assert.True((asked.Length == possible.Length ? null : asked[possible.Length]) == plan.FirstNotEnded || asked.Length == 0, about);
        }
    }

    private static IntervalCounts Counts(IEnumerable<DataInterval> intervals, Dictionary<DataInterval, IntervalState> states) =>
        intervals.Aggregate(IntervalCounts.Zero, (counts, i) => counts.Plus(states[i], 1));

    private static BackfillRequest Request(int from, int to, ReprocessBehavior reprocess = ReprocessBehavior.None) =>
        new() { Pipeline = "p", From = Start.AddHours(from), To = Start.AddHours(to), Reprocess = reprocess };

    private static IntervalRange Range(IntervalState state, int from, int to) => new(state, Start.AddHours(from), Start.AddHours(to), to - from);

    private static DataInterval At(int from, int to) => new(Start.AddHours(from), Start.AddHours(to));

    private static string Text(IEnumerable<IntervalSpan> spans) => string.Join(' ', spans.Select(static s => $"{(s.Start - Start).TotalHours}-{(s.End - Start).TotalHours}"));
}
