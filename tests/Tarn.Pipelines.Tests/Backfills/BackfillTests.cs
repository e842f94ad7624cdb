using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

public class BackfillTests(ITestOutputHelper output)
{
    private static readonly Timetable Hourly = CronSchedule.Parse("@hourly");
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    private protected virtual int Rounds => 25;

    [Fact]
    public async Task Runs_are_made_in_order_as_far_as_the_limit_allows_and_the_last_ends_it()
    {
        await using var world = await WorldAsync();
        var (backfill, preview) = await world.CreateAsync(Request(0, 5));
        Assert.Equal((5, BackfillState.Running, 5), (backfill.Total, backfill.State, preview.Total));
        var step = await world.NextAsync(backfill.Id);
        Assert.Equal((2, false, 2, 3), (step.Made, step.More, step.Backfill.Active, step.Backfill.Remaining));
        Assert.Equal(0, (await world.NextAsync(backfill.Id)).Made);
        Assert.Equal(Hours(0, 1), await world.MadeAsync());
        for (var hour = 0; hour < 5; hour++)
        {
            Assert.False((await world.GetAsync(backfill.Id)).HasEnded);
            backfill = await world.EndAsync(backfill.Id, Start.AddHours(hour));
            await world.NextAsync(backfill.Id);
        }

        Assert.Equal((BackfillState.Success, 5, 5, world.Now), (backfill.State, backfill.Made, backfill.Succeeded, backfill.EndedAt));
        Assert.Equal(Hours(0, 1, 2, 3, 4), await world.MadeAsync());
        Assert.Equal(0, (await world.NextAsync(backfill.Id)).Made);
    }

    [Fact]
    public async Task Backwards_the_latest_is_first_and_a_run_that_failed_is_told_at_the_end()
    {
        await using var world = await WorldAsync();
        var (backfill, _) = await world.CreateAsync(Request(0, 3) with { RunBackwards = true, MaxActiveRuns = 1 });
        foreach (var hour in new[] { 2, 1, 0 })
        {
            Assert.Equal(1, (await world.NextAsync(backfill.Id)).Made);
            backfill = await world.EndAsync(backfill.Id, Start.AddHours(hour), hour == 1 ? RunState.Failed : RunState.Success);
        }

        Assert.Equal(Hours(2, 1, 0), await world.MadeAsync());
        Assert.Equal((BackfillState.Failed, 2, 1), (backfill.State, backfill.Succeeded, backfill.Failed));
    }

    [Fact]
    public async Task Two_that_have_not_ended_do_not_overlap()
    {
        await using var world = await WorldAsync();
        var (first, _) = await world.CreateAsync(Request(0, 5));
        var error = await Assert.ThrowsAsync<TarnException>(() => world.CreateAsync(Request(4, 8)));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
        Assert.Contains(first.Id, error.Message, StringComparison.Ordinal);
        await world.CreateAsync(Request(5, 8));
        await world.CreateAsync(Request(0, 5) with { Pipeline = "other" });
        await world.Store.WriteAsync((c, t) => Backfills.PauseAsync(c, t, first.Id));
        await Assert.ThrowsAsync<TarnException>(() => world.CreateAsync(Request(0, 1)));
        await world.Store.WriteAsync((c, t) => Backfills.CancelAsync(c, t, first.Id, world.Now));
        await world.CreateAsync(Request(0, 5));
    }

    [Fact]
    public async Task Paused_it_makes_no_runs_and_those_that_were_made_go_on()
    {
        await using var world = await WorldAsync();
        var (backfill, _) = await world.CreateAsync(Request(0, 3));
        await world.NextAsync(backfill.Id);
        Assert.Equal(BackfillState.Paused, (await world.Store.WriteAsync((c, t) => Backfills.PauseAsync(c, t, backfill.Id))).State);
        Assert.Empty(await world.Store.ReadAsync(static c => BackfillQueries.RunningAsync(c)));
        await world.EndAsync(backfill.Id, Start);
        Assert.Equal(0, (await world.NextAsync(backfill.Id)).Made);
        await world.Store.WriteAsync((c, t) => Backfills.ResumeAsync(c, t, backfill.Id));
        Assert.Equal([backfill.Id], (await world.Store.ReadAsync(static c => BackfillQueries.RunningAsync(c))).Select(static b => b.Id));
        Assert.Equal(1, (await world.NextAsync(backfill.Id)).Made);
        Assert.Equal(Hours(0, 1, 2), await world.MadeAsync());
    }

    [Fact]
    public async Task Cancelled_it_makes_no_runs_and_counts_those_that_end()
    {
        await using var world = await WorldAsync();
        var (backfill, _) = await world.CreateAsync(Request(0, 9));
        await world.NextAsync(backfill.Id);
        var cancelled = await world.Store.WriteAsync((c, t) => Backfills.CancelAsync(c, t, backfill.Id, world.Now));
        Assert.Equal((BackfillState.Cancelled, world.Now, 7), (cancelled.State, cancelled.EndedAt, cancelled.Remaining));
        await world.EndAsync(backfill.Id, Start, RunState.Cancelled);
        Assert.Equal((BackfillState.Cancelled, 1, 0), ((await world.EndAsync(backfill.Id, Start.AddHours(1))).State, (await world.GetAsync(backfill.Id)).Cancelled, (await world.NextAsync(backfill.Id)).Made));
        foreach (var move in new Func<System.Data.Common.DbConnection, System.Data.Common.DbTransaction, string, Task<BackfillSummary>>[] { Backfills.PauseAsync, Backfills.ResumeAsync })
        {
            var error = await Assert.ThrowsAsync<TarnException>(() => world.Store.WriteAsync((c, t) => move(c, t, backfill.Id)));
            Assert.Equal(ErrorKind.Conflict, error.Kind);
        }
    }

    [Fact]
    public async Task What_another_run_has_or_did_meanwhile_is_left_out()
    {
        await using var world = await WorldAsync();
        var (backfill, _) = await world.CreateAsync(Request(0, 6));
        await world.StartOtherAsync(Hourly.StartingAtOrAfter(Start)!.Value);
        await world.Store.WriteAsync((c, t) => IntervalStates.SetSpanAsync(c, t, BackfillWorld.Pipeline, Hourly, Start.AddHours(2), Start.AddHours(4), IntervalState.Failed));
        var step = await world.NextAsync(backfill.Id);
        Assert.Equal((2, 3, 1), (step.Made, step.Backfill.LeftOut, step.Backfill.Remaining));
        Assert.Equal(Hours(1, 4), await world.MadeAsync());
    }

    [Fact]
    public async Task Many_that_were_done_meanwhile_are_passed_over_in_steps()
    {
        await using var world = await WorldAsync();
        var (backfill, _) = await world.CreateAsync(Request(-5000, 3));
        await world.Store.WriteAsync((c, t) => IntervalStates.SetSpanAsync(c, t, BackfillWorld.Pipeline, Hourly, Start.AddHours(-5000), Start, IntervalState.Success));
        BackfillStep step;
        var steps = 0;
        do
        {
            step = await world.NextAsync(backfill.Id);
            steps++;
        }
        while (step.More);
        Assert.InRange(steps, 2, 100);
        Assert.Equal((5000, 1), (step.Backfill.LeftOut, step.Backfill.Remaining));
        Assert.Equal(Hours(0, 1), await world.MadeAsync());
    }

    [Fact]
    public async Task One_that_is_paused_when_nothing_is_left_ends_with_its_last_run()
    {
        await using var world = await WorldAsync();
        var (backfill, _) = await world.CreateAsync(Request(-100, 1) with { MaxActiveRuns = 1 });
        await world.Store.WriteAsync((c, t) => IntervalStates.SetSpanAsync(c, t, BackfillWorld.Pipeline, Hourly, Start.AddHours(-100), Start, IntervalState.Success));
        var step = await world.NextAsync(backfill.Id);
        Assert.Equal((1, 100, 101), (step.Made, step.Backfill.LeftOut, step.Backfill.Total));
        await world.Store.WriteAsync((c, t) => Backfills.PauseAsync(c, t, backfill.Id));
        Assert.Equal((BackfillState.Success, 101), ((await world.EndAsync(backfill.Id, Start)).State, (await world.GetAsync(backfill.Id)).Total));
    }

    [Fact]
    public async Task A_run_that_is_put_back_opens_it_again()
    {
        await using var world = await WorldAsync();
        var (backfill, _) = await world.CreateAsync(Request(0, 1));
        await world.NextAsync(backfill.Id);
        Assert.Equal(BackfillState.Failed, (await world.EndAsync(backfill.Id, Start, RunState.Failed)).State);
        var again = await world.Store.WriteAsync((c, t) => Backfills.RunRequeuedAsync(c, t, backfill.Id, RunState.Failed)) ?? backfill;
        Assert.Equal((BackfillState.Running, null, 1, 0), (again.State, again.EndedAt, again.Active, again.Failed));
        Assert.Equal(0, (await world.NextAsync(backfill.Id)).Made);
        var ended = await world.Store.WriteAsync((c, t) => Backfills.RunEndedAsync(c, t, backfill.Id, RunState.Success, world.Now)) ?? backfill;
        Assert.Equal((BackfillState.Success, 1), (ended.State, ended.Succeeded));
    }

    [Fact]
    public async Task With_nothing_to_run_it_has_ended_in_success()
    {
        await using var world = await WorldAsync();
        await world.Store.WriteAsync((c, t) => IntervalStates.SetSpanAsync(c, t, BackfillWorld.Pipeline, Hourly, Start, Start.AddHours(3), IntervalState.Success));
        var (backfill, preview) = await world.CreateAsync(Request(0, 3));
        Assert.Equal((BackfillState.Success, 0, world.Now, 3), (backfill.State, backfill.Total, backfill.EndedAt, preview.LeftOut.Success));
    }

    [Fact]
    public async Task After_a_change_of_the_timetable_its_intervals_in_what_was_decided_are_run()
    {
        await using var world = await WorldAsync();
        var (backfill, _) = await world.CreateAsync(Request(1, 9) with { MaxActiveRuns = 1000 });
        world.Timetable = IntervalSchedule.Every(TimeSpan.FromHours(3));
        var step = await world.NextAsync(backfill.Id);
        Assert.Equal(Hours(3, 6), await world.MadeAsync());
        Assert.Equal((2, 0), (step.Backfill.Total, step.Backfill.Remaining));
        await world.EndAsync(backfill.Id, Start.AddHours(3));
        Assert.Equal(BackfillState.Success, (await world.EndAsync(backfill.Id, Start.AddHours(6))).State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_change_to_a_finer_timetable_it_ends_when_none_of_its_intervals_are_left(bool backwards)
    {
        await using var world = await WorldAsync();
        var (backfill, _) = await world.CreateAsync(Request(0, 8) with { MaxActiveRuns = 4, RunBackwards = backwards });
        Assert.Equal(8, backfill.Total);
        world.Timetable = IntervalSchedule.Every(TimeSpan.FromMinutes(5));
        while (!(backfill = await world.GetAsync(backfill.Id)).HasEnded)
        {
            Assert.True(backfill.Total >= backfill.Made + backfill.LeftOut);
            await world.NextAsync(backfill.Id);
            foreach (var start in await world.ActiveAsync())
            {
                await world.EndAsync(backfill.Id, start);
            }
        }

        Assert.Equal((BackfillState.Success, 96, 96), (backfill.State, backfill.Total, backfill.Made));
        Assert.Equal(Enumerable.Range(0, 96).Select(static i => Start.AddMinutes(5 * i)), (await world.MadeAsync()).Order());
    }

    [Theory]
    [InlineData(5, 5, 1, null)]
    [InlineData(6, 5, 1, null)]
    [InlineData(0, 5, 0, "0")]
    [InlineData(0, 5, 1001, "1001")]
    public async Task Values_out_of_range_are_refused(int from, int to, int maxActiveRuns, string? value)
    {
        await using var world = await WorldAsync();
        var error = await Assert.ThrowsAsync<TarnException>(() => world.CreateAsync(Request(from, to) with { MaxActiveRuns = maxActiveRuns }));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        Assert.Equal(value ?? error.Value, error.Value);
    }

    [Fact]
    public async Task They_are_listed_newest_first_and_old_ones_are_forgotten()
    {
        await using var world = await WorldAsync();
        var (first, _) = await world.CreateAsync(Request(0, 1));
        world.Now = world.Now.AddHours(1);
        var (second, _) = await world.CreateAsync(Request(1, 2));
        await world.CreateAsync(Request(0, 1) with { Pipeline = "other" });
        Assert.Equal([second.Id, first.Id], (await world.Store.ReadAsync(static c => BackfillQueries.ListAsync(c, BackfillWorld.Pipeline))).Select(static b => b.Id));
        Assert.Equal(3, (await world.Store.ReadAsync(static c => BackfillQueries.ListAsync(c, null))).Count);
        await world.Store.WriteAsync((c, t) => Backfills.CancelAsync(c, t, first.Id, world.Now));
        Assert.Equal(1, await world.Store.WriteAsync((c, t) => Backfills.ForgetAsync(c, t, world.Now.AddSeconds(1))));
        var error = await Assert.ThrowsAsync<TarnException>(() => world.GetAsync(first.Id));
        Assert.Equal((ErrorKind.NotFound, first.Id), (error.Kind, error.Value));

        // Its runs can outlive it.
        Assert.Null(await world.Store.WriteAsync((c, t) => Backfills.RunEndedAsync(c, t, first.Id, RunState.Success, world.Now)));
        Assert.Null(await world.Store.WriteAsync((c, t) => Backfills.RunRequeuedAsync(c, t, first.Id, RunState.Failed)));
    }

    [Fact]
    public async Task Killed_at_any_step_nothing_is_lost_or_repeated()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var round = 0; round < Rounds; round++)
        {
            await using var world = await WorldAsync(IntervalStatesTests.RandomTimetable(random));
            var about = $"Seed {seed}, round {round}, {world.Timetable}";
            var intervals = world.Timetable.Between(Start.AddYears(-2), Start).Take(random.Next(1, 60)).ToArray();
            foreach (var interval in intervals.Where(_ => random.Next(3) == 0))
            {
                await world.Store.WriteAsync((c, t) => IntervalStates.SetAsync(c, t, BackfillWorld.Pipeline, world.Timetable, interval, (IntervalState)random.Next(1, 4)));
            }

            var (backfill, preview) = await world.CreateAsync(new BackfillRequest
            {
                Pipeline = BackfillWorld.Pipeline,
                From = intervals[0].Start,
                To = intervals[^1].End,
                Reprocess = (ReprocessBehavior)random.Next(3),
                MaxActiveRuns = random.Next(1, 6),
                RunBackwards = random.Next(2) == 0,
            });
            var expected = preview.Spans.SelectMany(s => world.Timetable.Between(s.Start, s.End)).Select(static i => i.Start).ToList();
            var failed = 0;
            for (var step = 0; step < 2000 && !(backfill = await world.GetAsync(backfill.Id)).HasEnded; step++)
            {
                failed += await StepAsync(world, backfill, random) ? 1 : 0;
                Assert.True((await world.ActiveAsync()).Count <= backfill.MaxActiveRuns, about);
            }

            expected = backfill.RunBackwards ? [.. Enumerable.Reverse(expected)] : expected;
            Assert.True(expected.SequenceEqual(await world.MadeAsync()), about);
            Assert.True(backfill.State == (failed > 0 ? BackfillState.Failed : BackfillState.Success), about);
            Assert.True((expected.Count, failed) == (backfill.Made, backfill.Failed) && backfill.Active == 0, about);
        }
    }

    [Fact]
    public async Task Five_years_of_five_minutes_are_planned_and_made_in_milliseconds()
    {
        await using var world = await WorldAsync(CronSchedule.Parse("*/5 * * * *", TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")));
        var from = Start.AddYears(-5);
        await world.Store.WriteAsync((c, t) => IntervalStates.SetSpanAsync(c, t, BackfillWorld.Pipeline, world.Timetable, from, Start, IntervalState.Success));
        var request = new BackfillRequest { Pipeline = BackfillWorld.Pipeline, From = from, To = Start, Reprocess = ReprocessBehavior.Completed };
        await Timing.TellAsync(output, "dry run", async _ =>
        {
            var preview = await world.Store.ReadAsync(c => BackfillQueries.PreviewAsync(c, null, request, world.Timetable, world.Now));
            Assert.Equal((525_888, 525_888, 1), (preview.Total, preview.ToRun.Success, preview.Spans.Count));
        });
        await world.Store.WriteAsync(async (c, t) =>
        {
            foreach (var interval in world.Timetable.Between(from, Start).Where((_, i) => i % 500 == 0))
            {
                await IntervalStates.SetAsync(c, t, BackfillWorld.Pipeline, world.Timetable, interval, IntervalState.Failed);
            }

            return 0;
        });
        await Timing.TellAsync(output, "dry run with 1,052 failed ones here and there", async _ =>
        {
            var preview = await world.Store.ReadAsync(c => BackfillQueries.PreviewAsync(c, null, request with { Reprocess = ReprocessBehavior.Failed }, world.Timetable, world.Now));
            Assert.Equal((1052, 1052, 524_836), (preview.Total, preview.Spans.Count, preview.LeftOut.Success));
        });
        await Timing.TellAsync(output, "making it, and 10 runs", async turn =>
        {
            var (backfill, _) = await world.CreateAsync(request with { Pipeline = $"{BackfillWorld.Pipeline}{turn}" });
            Assert.Equal(10, (await world.NextAsync(backfill.Id)).Made);
        });
    }

    /// <summary>Something that can happen; whether a run failed by it.</summary>
    private static async Task<bool> StepAsync(BackfillWorld world, BackfillSummary backfill, Random random)
    {
        switch (random.Next(10))
        {
            case 0:
                await Assert.ThrowsAsync<InvalidOperationException>(() => world.NextAsync(backfill.Id, failAfter: random.Next(4)));
                return false;
            case 1:
                await world.Store.KillAndOpenAsync();
                return false;
            case 2:
                await world.Store.WriteAsync((c, t) => backfill.State == BackfillState.Paused ? Backfills.ResumeAsync(c, t, backfill.Id) : Backfills.PauseAsync(c, t, backfill.Id));
                return false;
            case < 6:
                await world.NextAsync(backfill.Id);
                return false;
            default:
                var active = await world.ActiveAsync();
                var state = random.Next(20) == 0 ? RunState.Failed : RunState.Success;
                return active.Count > 0 && await world.EndAsync(backfill.Id, active[random.Next(active.Count)], state) is not null && state == RunState.Failed;
        }
    }

    private protected virtual Task<IntervalStore> StoreAsync() => IntervalStore.CreateAsync();

    private async Task<BackfillWorld> WorldAsync(Timetable? timetable = null) => new(await StoreAsync(), timetable ?? Hourly, Start.AddYears(1));

    private static BackfillRequest Request(int from, int to) =>
        new() { Pipeline = BackfillWorld.Pipeline, From = Start.AddHours(from), To = Start.AddHours(to), MaxActiveRuns = 2 };

    private static DateTimeOffset[] Hours(params int[] hours) => Array.ConvertAll(hours, static h => Start.AddHours(h));
}
