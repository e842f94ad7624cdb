using System.Text.Json;
using Xunit;

namespace Tarn.Pipelines.Tests.Execution;

public class CacheTests : OrchestratorContract
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 10, 2, 0, TimeSpan.Zero);

    [Fact]
    public void Each_part_of_the_input_changes_the_key_and_nothing_else_does()
    {
        var run = new RunRow { Seq = 1, Id = "a", IntervalStart = 1, IntervalEnd = 2 };
        var input = Input("1", "2", """{"n":3,"m":4}""");
        var policy = new CachePolicy(TimeSpan.FromDays(1));
        var key = Key("p", "t", run, policy, input);

        Assert.Equal(key, Key("p", "t", new RunRow { Seq = 2, Id = "b", IntervalStart = 1, IntervalEnd = 2 }, policy with { For = TimeSpan.FromDays(2) }, Input("1", "2", """{"n":3,"m":5}""")));
        string[] others =
        [
            key,
            Key("q", "t", run, policy, input),
            Key("p", "u", run, policy, input),
            Key("p", "t", run, policy with { Version = "2" }, input),
            Key("p", "t", run, policy with { Version = "3" }, input),
            Key("p", "t", run, policy with { PerInterval = false }, input),
            Key("p", "t", new RunRow { IntervalStart = 1, IntervalEnd = 3 }, policy, input),
            Key("p", "t", new RunRow { IntervalStart = 0, IntervalEnd = 2 }, policy, input),
            Key("p", "t", run, policy, Input("2", "2", """{"n":3}""")),
            Key("p", "t", run, policy, Input(null, "2", """{"n":3}""")),
            Key("p", "t", run, policy, Input("1", "3", """{"n":3}""")),
            Key("p", "t", run, policy, Input("1", null, """{"n":3}""")),
            Key("p", "t", run, policy, Input("1", "2", """{"n":4}""")),
            Key("p", "t", run, policy, Input("1", "2", null)),
        ];
        Assert.Equal(others.Length, others.Distinct().Count());
        Assert.Equal(
            Key("p", "t", run, policy with { PerInterval = false }, input),
            Key("p", "t", new RunRow { IntervalStart = 8, IntervalEnd = 9 }, policy with { PerInterval = false }, input));

        static AttemptInput Input(string? result, string? item, string? parameters) =>
            new(result is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["before"] = result }, item, parameters);
    }

    [Fact]
    public void A_result_is_served_until_it_expires_and_makes_no_attempt()
    {
        using var world = NewWorld();
        var (calls, taken) = (0, new List<int>());
        world.Start("p", p => p
            .Task("t", () => ++calls, configure: static t => t.Cache(TimeSpan.FromHours(1), perInterval: false))
            .Task("u", ([Result("t")] int n) => taken.Add(n)));

        var first = world.Run("p");
        world.Advance(TimeSpan.FromMinutes(59));
        var served = world.Run("p").Tasks[0];
        world.Advance(TimeSpan.FromMinutes(1));
        var again = world.Run("p").Tasks[0];

        Assert.Equal((AttemptState.Success, 0), (served.State, served.Attempts.Count));
        Assert.Contains(first.Run.Id, served.Note);
        Assert.Single(again.Attempts);
        Assert.Equal([1, 1, 2], taken);
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public void The_data_interval_is_part_of_the_input_where_it_is_said(bool perInterval, int expected)
    {
        using var world = NewWorld();
        var calls = 0;
        world.Start("p", p => p.Schedule("@hourly").Task("t", () => ++calls, configure: t => t.Cache(TimeSpan.FromDays(1), perInterval: perInterval)));

        world.Run("p", Start);
        world.Run("p", Start);
        world.Run("p", Start.AddHours(-1));

        Assert.Equal(expected, calls);
    }

    [Fact]
    public void Parameters_that_the_code_takes_are_part_of_the_input()
    {
        using var world = NewWorld();
        var calls = new List<int>();
        world.Start("p", p => p.Parameter("n", 0).Parameter("other", 0).Task(
            "t",
            ([Parameter] int n) =>
            {
                calls.Add(n);
                return n;
            },
            configure: static t => t.Cache(TimeSpan.FromDays(1), perInterval: false)));

        foreach (var text in new[] { """{"n":1}""", """{"n":1,"other":5}""", """{"n":2}""", "{}" })
        {
            using var given = JsonDocument.Parse(text);
            world.Finish(world.Await(() => world.Orchestrator.TriggerAsync("p", null, given.RootElement)).Id);
        }

        Assert.Equal([1, 2, 0], calls);
    }

    [Fact]
    public void A_backfill_computes_anew_also_in_the_sub_pipelines_that_it_calls_and_what_it_returns_is_used_from_then_on()
    {
        using var world = NewWorld();
        var (calls, taken) = (0, new List<int>());
        world.Start(
            [
                PipelineWorld.Build("top", static p => p.Schedule("@hourly").CatchUp(false).SubPipeline("sub", "p")),
                PipelineWorld.Build("p", p => p
                    .Task("t", () => ++calls, configure: static t => t.Cache(TimeSpan.FromDays(1)))
                    .Task("u", ([Result("t")] int n) => taken.Add(n))),
            ],
            scheduler: true);
        var end = new DateTimeOffset(Start.Year, Start.Month, Start.Day, Start.Hour, 0, 0, TimeSpan.Zero);
        world.Run("top", Start);
        world.Run("top", Start);
        Assert.Equal([1, 1, 1], taken);

        world.Await(() => world.Orchestrator.CreateBackfillAsync(new BackfillRequest { Pipeline = "top", From = end.AddHours(-1), To = end, Reprocess = ReprocessBehavior.Completed }));
        world.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal([1, 1, 1, 2], taken);
        world.Run("top", Start);
        Assert.Equal([1, 1, 1, 2, 2], taken);
    }

    [Fact]
    public void Code_that_returns_nothing_is_not_called_again_either()
    {
        using var world = NewWorld();
        var calls = 0;
        world.Start("p", p => p.Task("t", void () => calls++, configure: static t => t.Cache(TimeSpan.FromDays(1), perInterval: false)));

        Assert.Equal([AttemptState.Success, AttemptState.Success], new[] { 1, 2 }.Select(_ => world.Run("p").Tasks[0].State).ToList());
        Assert.Equal(1, calls);
    }

    [Fact]
    public void Failures_and_skips_are_not_kept()
    {
        using var world = NewWorld();
        var calls = 0;
        world.Start("p", p => p.Task(
            "t",
            int () => ++calls switch
            {
                1 => throw new IOException("down"),
                2 => throw TaskException.Skip("nothing"),
                _ => calls,
            },
            configure: static t => t.Cache(TimeSpan.FromDays(1), perInterval: false)));

        Assert.Equal(
            [AttemptState.Failed, AttemptState.Skipped, AttemptState.Success, AttemptState.Success],
            Enumerable.Range(0, 4).Select(_ => world.Run("p").Tasks[0].State).ToList());
        Assert.Equal(3, calls);
    }

    [Fact]
    public void Each_item_of_a_mapped_task_is_served_by_itself()
    {
        using var world = NewWorld();
        var (calls, items, sums) = (new List<int>(), new List<int> { 1, 2 }, new List<int>());
        world.Start("p", p => p
            .Task("list", () => items)
            .Map("double", over: "list", run: ([Item] int n) =>
            {
                calls.Add(n);
                return 2 * n;
            }, configure: static t => t.Cache(TimeSpan.FromDays(1), perInterval: false))
            .Task("sum", ([Result("double")] IReadOnlyList<int> all) => sums.Add(all.Sum())));

        world.Run("p");
        items.Add(3);
        world.Run("p");

        Assert.Equal([1, 2, 3], calls.Order());
        Assert.Equal([6, 12], sums);
    }

    private static string Key(string pipeline, string task, RunRow run, CachePolicy policy, AttemptInput input)
    {
        var definition = PipelineWorld.Build(pipeline, p => p.Parameter("n", 0).Parameter("m", 0)
            .Task("before", static () => new[] { 0 })
            .Map(task, over: "before", run: static ([Item] int i, [Result("before")] int[] b, [Parameter] int n) => i));
        return TaskCache.KeyOf(definition, run, new TaskNode(definition.Tasks[1], new TaskRow { Name = task, State = "queued" }), policy, input);
    }
}
