using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>What a seed alone decides, and so only where the store answers within a step.</summary>
public sealed class SimulationSeedTests
{
    private const int Steps = 60;

    /// <summary>Seeds that found faults: a run that is tried again used what a teardown had taken away; calls of a mapped task of such a run did not wait for what is before it; a skipped setup was done then; a sensor that was about to look when its run was cancelled kept an open attempt; a run whose process died after its time-out had cancelled its tasks ended as cancelled.</summary>
    [Theory]
    [InlineData(64)]
    [InlineData(104)]
    [InlineData(527)]
    [InlineData(832)]
    [InlineData(1237)]
    public void What_was_mended_stays_so(int seed) => SimulationTests.Simulate(seed, new SqliteWorldStore(), Steps);

    [Fact]
    public void The_same_seed_gives_the_same_history() => Assert.Equal(History(7), History(7));

    private static string History(int seed)
    {
        var text = new System.Text.StringBuilder();
        SimulationTests.Simulate(seed, new SqliteWorldStore(), Steps, world => text.AppendJoin('\n', world.Runs().Select(r => $"{r}")));
        return text.ToString();
    }
}
