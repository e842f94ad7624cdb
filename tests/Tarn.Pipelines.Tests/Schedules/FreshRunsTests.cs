using Dapper;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>Scheduled runs start in the write that makes them, where nothing has to be asked first; all else waits its turn as before.</summary>
public sealed class FreshRunsTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 10, 2, 0, TimeSpan.Zero);

    [Fact]
    public void Runs_that_are_due_together_are_made_and_started_in_one_commit()
    {
        using var world = new PipelineWorld(start: Start);
        var pipelines = Enumerable.Range(0, 40).Select(i => PipelineWorld.Build($"p{i}", static p => p.Schedule("*/5 * * * *").Task("a", static () => { }).Task("b", static () => { }, "a"))).ToList();
        world.Options.DefaultPoolSlots = 50;
        var starts = new List<int>();
        world.Start(pipelines, scheduler: true, store => store.Intercept = _ =>
        {
            starts.Add(world.AttemptChanges.Count(static a => a.Task == "a" && a.State == AttemptState.Running));
            return Task.CompletedTask;
        });
        world.Idle();
        starts.Clear();
        world.AttemptChanges.Clear();

        world.Advance(TimeSpan.FromMinutes(5));

        // Before and after the commit that makes the runs; at the next one, all have started.
        Assert.Equal([0, 0, 40], starts.Take(3));
        Assert.Equal(80, world.Runs().Count(static r => r.State == RunState.Success));
        Assert.DoesNotContain(world.RunChanges, static r => r.Run.State == RunState.Queued);
    }

    [Fact]
    public void Very_many_that_are_due_together_are_made_in_several_writes_and_start_once()
    {
        using var world = new PipelineWorld(start: Start);
        world.Options.DefaultPoolSlots = 2_000;
        var made = new List<long>();
        var begun = 0;
        world.Start(
            Enumerable.Range(0, 1_100).Select(i => PipelineWorld.Build($"p{i}", p => p.Schedule("*/5 * * * *").Task("t", () => { begun++; }))),
            scheduler: true,
            store => store.Intercept = async moment =>
            {
                if (moment == CommitMoment.After)
                {
                    made.Add(await store.ReadAsync(static c => c.QuerySingleAsync<long>("SELECT count(*) FROM pipeline_run")));
                }
            });
        world.Idle();

        Assert.Equal(1_100, begun);
        Assert.Equal(1_100, world.Await(() => world.Store.ReadAsync(static c => c.QuerySingleAsync<long>("SELECT count(*) FROM pipeline_run WHERE state = 'success'"))));
        Assert.Equal([1_024, 1_100], made.Where(static count => count > 0).Distinct());
    }

    [Fact]
    public void What_a_fresh_run_stores_equals_what_a_queued_one_does()
    {
        using var world = new PipelineWorld(start: Start);
        world.Options.DefaultPoolSlots = 1;
        world.Start("p", static p => p.Schedule("*/5 * * * *").Task("a", static () => { }).Task("b", static () => { }).Task("c", static () => { }, ["a", "b"]), scheduler: true);
        world.Idle();
        var scheduled = world.Details(world.Runs().Single().Id);
        var manual = world.Run("p");
        Assert.Equal(Shape(manual), Shape(scheduled));
        Assert.All(scheduled.Tasks, static t => Assert.Single(t.Attempts));
    }

    [Fact]
    public void A_write_that_fails_half_way_gives_the_slots_back_and_is_tried_again()
    {
        using var world = new PipelineWorld(start: Start);
        world.Options.DefaultPoolSlots = 2;
        world.Start(Enumerable.Range(0, 200).Select(i => PipelineWorld.Build($"p{i}", static p => p.Schedule("*/5 * * * *").Task("t", static () => { }))), scheduler: true);
        world.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(200, world.Runs().Count(static r => r.State == RunState.Success));

        // The disk is full until the writer connects again.
        world.Await(() => world.Store.WriteAsync(async (connection, transaction) =>
        {
            var pages = await connection.QuerySingleAsync<int>("PRAGMA page_count", transaction: transaction);
            return await connection.ExecuteAsync($"PRAGMA max_page_count = {pages}", transaction: transaction);
        }));
        world.Advance(TimeSpan.FromMinutes(1));
        Assert.Contains(world.Log.Lines, static l => l.Event == 4060);

        world.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(400, world.Runs().Count(static r => r.State == RunState.Success));
    }

    [Fact]
    public void A_queued_run_of_the_same_pipeline_goes_first()
    {
        var order = new List<string>();
        using var world = new PipelineWorld(start: Start);
        var release = new TaskCompletionSource();
        world.Start("p", p => p.Schedule("*/5 * * * *").Task("t", async (TaskContext run) =>
        {
            order.Add($"{run.Trigger}");
            if (order.Count == 2)
            {
                await release.Task;
            }
        }), scheduler: true);
        world.Idle();
        world.Await(() => world.Orchestrator.TriggerAsync("p"));
        world.Idle();
        world.Await(() => world.Orchestrator.TriggerAsync("p"));
        world.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(["Scheduled", "Manual"], order);

        world.Context.Within(release.SetResult);
        world.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(["Scheduled", "Manual", "Manual", "Scheduled"], order);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_pipeline_that_has_to_ask_first_starts_through_the_queue(bool past, bool cached)
    {
        using var world = new PipelineWorld(start: Start);
        world.Start(
            "p",
            p => p.Schedule("*/5 * * * *").DependsOnPast(past).Task("t", static () => { }, after: (string[]?)null, configure: t =>
            {
                if (cached)
                {
                    t.Cache(TimeSpan.FromDays(1));
                }
            }),
            scheduler: true);
        world.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(2, world.Runs().Count(static r => r.State == RunState.Success));
        Assert.Equal(2, world.RunChanges.Count(static r => r.Run.State == RunState.Queued));
    }

    [Fact]
    public void Many_that_will_be_due_together_are_prepared_a_second_before()
    {
        using var world = new PipelineWorld(start: Start);
        world.Start(Enumerable.Range(0, 32).Select(i => PipelineWorld.Build($"p{i}", static p => p.Schedule("*/5 * * * *").Task("t", static () => { }))).Append(
            PipelineWorld.Build("alone", static p => p.Schedule("*/4 * * * *").Task("t", static () => { }))), scheduler: true);
        world.Advance(TimeSpan.FromSeconds(178));
        Assert.DoesNotContain(world.Log.Lines, static l => l.Event == Prepared);
        world.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(world.Log.Lines, static l => l.Event == Prepared);
        Assert.Equal(34, world.Runs().Count);

        world.Advance(TimeSpan.FromSeconds(1));
        var made = world.Runs().Take(32).ToList();
        Assert.All(made, static r => Assert.Equal((RunState.Success, RunTrigger.Scheduled, Start.AddMinutes(3), Start.AddMinutes(3)), (r.State, r.Trigger, r.QueuedAt, r.DataInterval.End)));
        Assert.Equal(32, made.Select(static r => r.Id).Distinct().Count());
    }

    [Fact]
    public void A_prepared_run_is_as_one_that_was_not()
    {
        Assert.Equal(Told(32), Told(1));

        static List<string> Told(int together)
        {
            using var world = new PipelineWorld(start: Start);
            world.Options.PreparedTogether = together;
            world.Start(
                [
                    PipelineWorld.Build("plain", static p => p.Schedule("*/5 * * * *").Parameter("size", 7).Task("a", static () => 1).Task("b", static () => { }, "a")),
                    PipelineWorld.Build("past", static p => p.Schedule("*/5 * * * *").DependsOnPast(true).Task("t", static () => { })),
                    PipelineWorld.Build("limited", static p => p.Schedule("*/5 * * * *").Timeout(TimeSpan.FromMinutes(1)).Task("t", static (TaskContext run) => Task.Delay(Timeout.InfiniteTimeSpan, run.CancellationToken))),
                ],
                scheduler: true);
            world.Advance(TimeSpan.FromMinutes(14));
            Assert.Equal(together == 1, world.Log.Lines.Any(static l => l.Event == Prepared));
            return [.. world.Runs().Select(r => string.Join(' ', [r.Pipeline, r.State, r.Trigger, r.LogicalDate, r.DataInterval, r.QueuedAt, r.StartedAt, r.EndedAt, r.Error, r.Parameters, .. Shape(world.Details(r.Id))])).Order()];
        }
    }

    [Theory]
    [InlineData("paused")]
    [InlineData("busy")]
    [InlineData("late")]
    [InlineData("early")]
    [InlineData("full")]
    public void What_happens_between_counts_for_a_prepared_run(string what)
    {
        using var world = new PipelineWorld(start: Start);
        world.Options.PreparedTogether = 2;
        world.Options.DefaultPoolSlots = 300;
        var release = new TaskCompletionSource();
        world.Start(
            [.. Names(what == "full" ? 200 : 2).Select(name => PipelineWorld.Build(name, p => p.Schedule("*/5 * * * *").CatchUp(false).Task("t", (TaskContext run) => run.Trigger == RunTrigger.Manual ? release.Task : Task.CompletedTask)))],
            scheduler: true);
        world.Advance(TimeSpan.FromSeconds(179));
        Assert.Single(world.Log.Lines, static l => l.Event == Prepared);
        switch (what)
        {
            case "paused":
                world.Await(() => world.Orchestrator.PauseAsync("p"));
                world.Advance(TimeSpan.FromMinutes(1));
                Assert.Equal(["q"], Due(world, minute: 5));
                world.Await(() => world.Orchestrator.ResumeAsync("p"));
                world.Idle();
                break;
            case "busy":
                world.Await(() => world.Orchestrator.TriggerAsync("p"));
                world.Advance(TimeSpan.FromMinutes(1));
                Assert.Equal("p", world.Runs().Single(static r => r.State == RunState.Queued).Pipeline);
                world.Context.Within(release.SetResult);
                world.Idle();
                break;
            case "late":
                // Without catching up, the interval that was prepared is passed over.
                world.Time.JumpTo(Start.AddMinutes(9));
                world.Advance(TimeSpan.FromMinutes(1));
                Assert.Empty(Due(world, minute: 5));
                Assert.Equal(["p", "q"], Due(world, minute: 10));
                return;
            case "early":
                world.Time.JumpTo(Start.AddMinutes(1));
                world.Advance(TimeSpan.FromMinutes(1));
                Assert.Empty(Due(world, minute: 5));
                world.Advance(TimeSpan.FromMinutes(1));
                break;
            case "full":
                world.Await(() => world.Store.WriteAsync(async (connection, transaction) =>
                {
                    var pages = await connection.QuerySingleAsync<int>("PRAGMA page_count", transaction: transaction);
                    return await connection.ExecuteAsync($"PRAGMA max_page_count = {pages}", transaction: transaction);
                }));
                world.Advance(TimeSpan.FromMinutes(1));
                Assert.Contains(world.Log.Lines, static l => l.Event == 4060);
                world.Advance(TimeSpan.FromMinutes(1));
                Assert.Equal(Names(200).Order(), Due(world, minute: 5).Order());
                Assert.Equal(400, world.Runs().Count(static r => r.State == RunState.Success));
                return;
        }

        Assert.Equal(["p", "q"], Due(world, minute: 5));
        Assert.All(world.Runs(), static r => Assert.Equal(RunState.Success, r.State));
        world.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(["p", "q"], Due(world, minute: 10));
    }

    [Fact]
    public void A_store_that_does_not_answer_while_runs_are_prepared_keeps_none_of_them()
    {
        using var world = new PipelineWorld(start: Start);
        world.Options.PreparedTogether = 2;
        world.Start(Names(2).Select(static name => PipelineWorld.Build(name, static p => p.Schedule("*/5 * * * *").Task("t", static () => { }))), scheduler: true);
        world.Advance(TimeSpan.FromSeconds(178));
        var asked = 0;
        var answer = new TaskCompletionSource();
        world.Store.InterceptRead = () =>
        {
            if (!Environment.StackTrace.Contains(nameof(Orchestrator.PrepareRunsAsync), StringComparison.Ordinal))
            {
                return Task.CompletedTask;
            }

            asked++;
            return answer.Task;
        };
        world.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, asked);
        Assert.DoesNotContain(world.Log.Lines, static l => l.Event is Prepared or NotPrepared);

        world.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(world.Log.Lines, static l => l.Event == NotPrepared);
        Assert.Equal(["p", "q"], Due(world, minute: 5));
        Assert.All(world.Runs().Take(2), static r => Assert.Equal((RunState.Success, r.DataInterval.End), (r.State, r.QueuedAt)));

        // What comes after all is for a moment that has passed.
        world.Store.InterceptRead = null;
        world.Context.Within(answer.SetResult);
        world.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(["p", "q"], Due(world, minute: 5));
        Assert.Equal(["p", "q"], Due(world, minute: 10));
        Assert.Single(world.Log.Lines, static l => l.Event == Prepared);
    }

    private const int Prepared = 4065;
    private const int NotPrepared = 4066;

    private static IEnumerable<string> Names(int count) => Enumerable.Range(0, count).Select(static i => i switch { 0 => "p", 1 => "q", _ => $"q{i}" });

    /// <summary>The pipelines whose schedule made a run for the interval that ended at that minute of the hour.</summary>
    private static IEnumerable<string> Due(PipelineWorld world, int minute) =>
        world.Runs().Where(r => r.Trigger != RunTrigger.Manual && r.DataInterval.End.Minute == minute).Select(static r => r.Pipeline).Order();

    private static IEnumerable<string> Shape(RunDetails run) =>
        run.Tasks.Select(static t => $"{t.Name} {t.State} {string.Join(',', t.After)} {string.Join(',', t.Attempts.Select(static a => $"{a.Number} {a.State} {a.EndedAt >= a.StartedAt}"))}");
}
