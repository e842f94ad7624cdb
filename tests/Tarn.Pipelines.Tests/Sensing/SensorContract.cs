using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>A pipeline that is one ready sensor, which looks once a minute at something real.</summary>
public abstract class SensorContract : OrchestratorContract
{
    private protected static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private protected static PipelineDefinition Build(Delegate look, TimeSpan? timeout = null) =>
        PipelineWorld.Build("p", p => p.Schedule("@hourly").Retries(3, TimeSpan.Zero).Sensor("s", look, every: Minute, timeout: timeout));

    private protected static PipelineWorld Serve<T>(PipelineWorld world, T service)
        where T : class
    {
        world.Services.AddSingleton(service);
        return world;
    }

    private protected static string Trigger(PipelineWorld world, DateTimeOffset? logicalDate = null)
    {
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p", logicalDate)).Id;
        Looked(world, id);
        return id;
    }

    /// <summary>Lets a minute pass, and has the sensor look.</summary>
    private protected static AttemptState Look(PipelineWorld world, string id)
    {
        world.Advance(Minute);
        return Looked(world, id);
    }

    private protected static void AssertEnded(PipelineWorld world, string id, RunState state)
    {
        var run = world.Details(id);
        Assert.Equal(state, run.Run.State);
        Assert.Single(run.Tasks[0].Attempts);
    }

    /// <summary>The state of the sensor when it has looked.</summary>
    private static AttemptState Looked(PipelineWorld world, string id)
    {
        AttemptState state = default;
        world.IdleUntil(() =>
        {
            var run = world.Details(id);
            state = run.Tasks[0].State;
            return run.Run.HasEnded || state == AttemptState.Deferred;
        });
        return state;
    }
}
