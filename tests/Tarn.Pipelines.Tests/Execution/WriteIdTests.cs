using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Tarn.Pipelines.Tests.Execution;

/// <summary>What the table writes of attempts carry: one thing for what is the same work, different ones for what may be done at the same time.</summary>
public class WriteIdTests : OrchestratorContract
{
    [Fact]
    public void Sub_pipelines_at_the_same_time_write_each_for_itself()
    {
        using var world = NewWorld();
        var orders = Record(world);
        world.Start(
            PipelineWorld.Build("parent", static p => p.Schedule("@hourly")
                .SubPipeline("eu", "child", Of("region", "eu"))
                .SubPipeline("us", "child", Of("region", "us"))
                .SubPipeline("again", "child", Of("region", "us"))),
            Child(static p => p.Parameter("region", "none")));
        Assert.Equal(RunState.Success, world.Run("parent").Run.State);

        Assert.Equal(3, orders.Select(static o => o.WriteId).Distinct().Count());
        Assert.All(orders, static o => Assert.Matches("^child/20260302T090000-20260302T100000/t/of parent\\.(eu|us|again)/with [0-9a-f]{16}$", o.WriteId));
    }

    [Fact]
    public void A_sub_pipeline_that_a_retry_calls_again_is_a_later_run_and_writes_anew()
    {
        using var world = NewWorld();
        var fails = 1;
        var orders = Record(world, () => fails-- > 0);
        world.Start(
            PipelineWorld.Build("top", static p => p.Schedule("@hourly").SubPipeline("middle", "middle")),
            PipelineWorld.Build("middle", static p => p.Retries(1, TimeSpan.FromMinutes(1)).SubPipeline("sub", "child")),
            Child());
        Assert.Equal(RunState.Success, world.Run("top").Run.State);

        // What its tasks take may have changed: what the first call wrote says nothing of the second.
        Assert.Equal(2, orders.Count);
        Assert.Equal(orders[0].WriteId, orders[1].WriteId);
        Assert.EndsWith("/t/of top.middle>middle.sub", orders[0].WriteId, StringComparison.Ordinal);
        Assert.True(orders[1].WriteVersion > orders[0].WriteVersion);
    }

    [Fact]
    public void A_setup_that_is_done_again_with_a_run_that_is_tried_again_writes_again_and_the_work_does_not()
    {
        using var world = NewWorld();
        var fails = false;
        List<AttemptOrder> orders = [];
        orders = Record(world, () => fails && orders[^1].Name == "work");
        static Action<TaskSettings> Recorded() => static t => t.Executor("recorder");
        world.Start("p", p => p.Schedule("@hourly")
            .Setup("stage", static () => { }, configure: Recorded())
            .Task("work", static () => { }, after: ["stage"], configure: Recorded())
            .Teardown("clear", "stage", static () => { }, after: ["work"], configure: Recorded()));
        fails = true;
        var run = world.Run("p").Run;
        Assert.Equal(RunState.Failed, run.State);
        fails = false;
        world.Await(() => world.Orchestrator.RetryAsync(run.Id));
        Assert.Equal(RunState.Success, world.Finish(run.Id).Run.State);
        Assert.Equal(["stage", "work", "clear", "stage", "work", "clear"], orders.Select(static o => o.Name));
        Assert.Equal([false, true, false], Enumerable.Range(0, 3).Select(i => orders[i].WriteId == orders[i + 3].WriteId));
        Assert.Single(orders.Select(static o => o.WriteVersion).Distinct());
    }

    [Fact]
    public void Runs_of_one_interval_that_differ_in_parameters_write_each_for_itself_and_others_after_each_other()
    {
        using var world = NewWorld();
        var orders = Record(world);
        world.Start(Child(static p => p.Schedule("@hourly").Parameter("region", "none")));
        world.Run("child");
        world.Run("child");
        world.Finish(world.Await(() => world.Orchestrator.TriggerAsync("child", null, System.Text.Json.JsonSerializer.SerializeToElement(Of("region", "eu")))).Id);
        Assert.Equal(orders[0].WriteId, orders[1].WriteId);
        Assert.NotEqual(orders[0].WriteId, orders[2].WriteId);
        Assert.Equal(orders.Select(static o => o.WriteVersion).Order(), orders.Select(static o => o.WriteVersion));
        Assert.Equal(3, orders.Select(static o => o.WriteVersion).Distinct().Count());
    }

    private static Dictionary<string, object?> Of(string name, object value) => new() { [name] = value };

    private static PipelineDefinition Child(Action<PipelineBuilder>? more = null) => PipelineWorld.Build("child", p =>
    {
        more?.Invoke(p);
        p.Task("t", static () => { }, after: (string[]?)null, configure: static t => t.Executor("recorder"));
    });

    private static List<AttemptOrder> Record(PipelineWorld world, Func<bool>? fails = null)
    {
        var recorder = new Recorder(fails);
        world.Services.AddSingleton<TaskExecutor>(recorder);
        return recorder.Orders;
    }

    private sealed class Recorder(Func<bool>? fails) : TaskExecutor
    {
        public override string Name => "recorder";

        public List<AttemptOrder> Orders { get; } = [];

        public override Task<AttemptReport> ExecuteAsync(AttemptOrder order, AttemptListener listener, CancellationToken cancellation)
        {
            Orders.Add(order);
            return Task.FromResult(fails?.Invoke() == true ? new AttemptReport { Ending = AttemptEnding.Failed, Error = "down" } : AttemptReport.Success(null));
        }
    }
}
