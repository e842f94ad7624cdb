using Tarn.Core;
using Tarn.Log;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Appends that fail before, after and half-way, processes that end then, and always the same: each prediction is in the topic once.</summary>
public sealed class PredictionPumpTests : IAsyncDisposable
{
    private readonly PredictionWorld _world = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(3, 3)]
    [InlineData(3, 4)]
    [InlineData(3, 5)]
    [InlineData(8, 6)]
    public async Task Faults_and_ends_of_the_process_lose_nothing_and_repeat_nothing(int partitions, int seed)
    {
        await _world.Topics.CreateTopicAsync("predictions", new TopicOptions { Partitions = partitions, Flush = FlushPolicy.None }, Cancellation);
        var random = new Random(seed);
        var (number, faults) = (0, 0);
        var topics = new FaultyTopicLog(_world.Topics, () => random.Next(3) == 0 ? (AppendFault)random.Next(4) : AppendFault.None);
        for (var process = 0; process < 12; process++)
        {
            await using var log = await _world.OpenAsync(topics: topics);
            for (var step = random.Next(1, 8); step > 0; step--)
            {
                for (var i = random.Next(200); i > 0; i--)
                {
                    Assert.True(PredictionWorld.Write(log, number++));
                }

                try
                {
                    await log.DrainAsync(Cancellation);
                }
                catch (TarnException)
                {
                    faults++;
                }
            }
        }

        await using var last = await _world.OpenAsync();
        await last.DrainAsync(Cancellation);
        Assert.True(faults > 5, $"seed {seed}: only {faults} faults");
        await _world.AssertOnceAsync(Enumerable.Range(0, number), $"seed {seed}, {faults} faults");
    }
}
