using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests.Definition;

public sealed class GroupTests
{
    [Fact]
    public void What_is_after_a_group_is_after_its_last_tasks_and_what_a_group_is_after_its_first_tasks_wait_for()
    {
        var pipeline = PipelineWorld.Build("p", static p => p
            .Task("start", Nothing)
            .Group("g", static g => g
                .Task("a", Nothing)
                .Task("b", Nothing)
                .Task("c", Nothing, after: "a")
                .Setup("made", Nothing)
                .Teardown("gone", of: "made", run: Nothing, after: ["c"]), after: ["start"])
            .Task("end", Nothing, after: "g"));

        Assert.Equal(["start"], After(pipeline, "g.a"));
        Assert.Equal(["start"], After(pipeline, "g.b"));
        Assert.Equal(["g.a"], After(pipeline, "g.c"));
        Assert.Equal(["g.b", "g.c", "g.made"], After(pipeline, "end"));
        Assert.Equal(["g.c", "g.made"], After(pipeline, "g.gone"));
    }

    [Fact]
    public void Groups_within_groups_pass_on_what_they_wait_for()
    {
        var pipeline = PipelineWorld.Build("p", static p => p
            .Task("start", Nothing)
            .Group("outer", static o => o
                .Task("a", Nothing)
                .Group("inner", static i => i.Task("a", Nothing).Task("b", Nothing, after: "a"), after: ["a"])
                .Group("free", static f => f.Task("x", Nothing)), after: ["start"])
            .Task("end", Nothing, after: "outer")
            .Task("in-the-middle", Nothing, after: "outer.inner"));

        Assert.Equal(["start"], After(pipeline, "outer.a"));
        Assert.Equal(["outer.a"], After(pipeline, "outer.inner.a"));
        Assert.Equal(["outer.inner.a"], After(pipeline, "outer.inner.b"));
        Assert.Equal(["start"], After(pipeline, "outer.free.x"));
        Assert.Equal(["outer.free.x", "outer.inner.b"], After(pipeline, "end"));
        Assert.Equal(["outer.inner.b"], After(pipeline, "in-the-middle"));
        Assert.Equal("outer.inner", pipeline.Tasks.Single(static t => t.Name == "outer.inner.a").Group);
    }

    [Fact]
    public void Within_a_group_the_nearest_task_of_a_name_is_meant()
    {
        var pipeline = PipelineWorld.Build("p", static p => p
            .Task("list", static () => new[] { "far" })
            .Group("g", static g => g
                .Task("list", static () => new[] { 1 })
                .Map("each", over: "list", run: static ([Item] int item) => item)
                .Task("sum", static ([Result("each")] IReadOnlyList<int> all) => all.Sum())));

        Assert.Equal(["g.list"], After(pipeline, "g.each"));
        Assert.Equal("g.list", pipeline.Tasks.Single(static t => t.Name == "g.each").Over);
        Assert.Equal(["g.each"], After(pipeline, "g.sum"));
    }

    [Fact]
    public void A_circle_through_a_group_is_named()
    {
        var error = Assert.Throws<TarnException>(static () => PipelineWorld.Build("p", static p => p
            .Group("g", static g => g.Task("a", Nothing).Task("b", Nothing, after: "a"), after: ["c"])
            .Task("c", Nothing, after: "g")));

        Assert.Contains("in a circle: ", error.Message);
        Assert.All(["g.a", "g.b", "c"], name => Assert.Contains(name, error.Message));
    }

    private static string[] After(PipelineDefinition pipeline, string task) => [.. pipeline.Tasks.Single(t => t.Name == task).After.Order(StringComparer.Ordinal)];

    private static void Nothing()
    {
    }
}
