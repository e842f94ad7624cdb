using Xunit;

namespace Tarn.Training.Tests;

public sealed class SeededRandomTests
{
    [Fact]
    public void A_stream_is_a_function_of_all_its_seeds()
    {
        Assert.Equal(new SeededRandom(1, 2).NextBits(), new SeededRandom(1, 2).NextBits());
        Assert.Equal(5, new[] { new SeededRandom(1), new SeededRandom(1, 2), new SeededRandom(2, 1), new SeededRandom(1, 2, 0), new SeededRandom() }.Select(static r => r.NextBits()).Distinct().Count());
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(1)]
    [InlineData(4)]
    public void Beta_has_its_mean_and_variance(double alpha)
    {
        var random = new SeededRandom(3);
        var values = Enumerable.Range(0, 20_000).Select(_ => random.NextBeta(alpha)).ToList();
        var mean = values.Average();
        Assert.Equal(0.5, mean, 0.01);
        Assert.Equal(1 / (4 * ((2 * alpha) + 1)), values.Average(v => (v - mean) * (v - mean)), 0.005);
    }

    [Fact]
    public void Normal_has_its_mean_variance_and_tails()
    {
        var random = new SeededRandom(4);
        var values = Enumerable.Range(0, 50_000).Select(_ => random.NextNormal()).ToList();
        Assert.Equal(0, values.Average(), 0.02);
        Assert.Equal(1, values.Average(static v => v * v), 0.03);
        Assert.Equal(0.0455, values.Count(static v => Math.Abs(v) > 2) / 50_000.0, 0.005);
    }

    [Fact]
    public void Bounded_integers_and_shuffles_are_even()
    {
        var random = new SeededRandom(5);
        var counts = new int[6];
        for (var i = 0; i < 60_000; i++)
        {
            int[] items = [0, 1, 2];
            random.Shuffle(items.AsSpan());
            counts[(items[0] * 2) + (items[1] > items[2] ? 1 : 0)]++;
        }

        Assert.All(counts, static c => Assert.InRange(c, 9_500, 10_500));
    }
}
