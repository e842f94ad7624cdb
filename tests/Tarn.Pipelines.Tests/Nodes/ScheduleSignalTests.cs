using Tarn.Contracts;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>A schedule goes on at once where another node says that it may.</summary>
[Collection(PostgresStates.Name)]
public sealed class ScheduleSignalTests(PostgresCluster cluster)
{
    [Theory]
    [InlineData("p")]
    [InlineData(null)]
    public void A_pipeline_that_another_node_resumes_makes_its_run_at_once(string? told)
    {
        using var world = new PipelineWorld(store: new PostgresWorldStore(cluster));
        world.Start("p", static p => p.Schedule("*/5 * * * *").Task("t", static () => { }), scheduler: true);
        world.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(world.Runs());
        world.Await(() => world.Orchestrator.PauseAsync("p"));
        world.Advance(TimeSpan.FromMinutes(5));
        Assert.Single(world.Runs());

        // As another node does: this one hears of it through the store alone.
        var at = world.Time.GetUtcNow();
        if (told is null)
        {
            world.Await(() => world.Orchestrator.ResumeAsync("p"));
        }
        else
        {
            world.Await(() => world.Store.WriteAsync(async (connection, transaction) =>
            {
                await RunWrites.PauseAsync(connection, transaction, "p", paused: false);
                await world.Store.SignalAsync(connection, transaction, NodeSignals.Schedules, told);
                return true;
            }));
        }

        world.IdleUntil(() => world.Runs().Count == 2);
        Assert.Equal(at, world.Time.GetUtcNow());
    }
}
