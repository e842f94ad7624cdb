using Xunit;

namespace Tarn.Training.Tests;

public sealed class HeadGradientTests
{
    public static TheoryData<int, int[], int> Heads => new()
    {
        { 7, [], 2 }, { 70, [], 3 }, { 12, [9], 2 }, { 12, [40, 17], 4 }, { 66, [65], 20 },
    };

    [Theory]
    [MemberData(nameof(Heads))]
    public void The_gradient_is_the_slope_of_the_loss(int inputs, int[] hidden, int classes)
    {
        const int rows = 11;
        int[] sizes = [inputs, .. hidden, classes];
        var random = new SeededRandom(inputs, classes);
        var network = new HeadNetwork(inputs, hidden, classes, 2);
        var input = Numbers(random, rows * inputs);

        // Any weights of classes: what class weights, smoothing and mixup make of a label.
        var targets = Numbers(random, rows * classes).Select(static x => x * x).ToArray();
        foreach (ref var parameter in network.Parameters.AsSpan())
        {
            parameter = (float)(0.4 * random.NextNormal());
        }

        var gradient = new float[network.Parameters.Length];
        var loss = network.Loss(input, targets, rows, gradient);
        Assert.Equal(DoubleNetwork.Loss([.. network.Parameters.Select(static x => (double)x)], sizes, input, targets, rows), loss, 1e-5);
        for (var i = 0; i < gradient.Length; i += 1 + (gradient.Length / 300))
        {
            var slope = DoubleNetwork.Slope(network.Parameters, i, sizes, input, targets, rows);
            Assert.True(Math.Abs(slope - gradient[i]) < 2e-5 * (1 + Math.Abs(slope)), $"parameter {i} of {string.Join("-", sizes)}: {gradient[i]}, by differences {slope}");
        }
    }

    [Fact]
    public void Dropout_drops_its_share_keeps_the_mean_and_its_gradient_is_of_what_was_left()
    {
        // With one layer's outputs all positive the loss is smooth; the same seed drops the same values, so differences see the same function.
        var random = new SeededRandom(1);
        var network = new HeadNetwork(5, [400], 2, 1);
        foreach (ref var parameter in network.Parameters.AsSpan())
        {
            parameter = (float)Math.Abs(0.05 * random.NextNormal()) + 0.01f;
        }

        var input = Numbers(random, 4 * 5).Select(Math.Abs).ToArray();
        float[] targets = [1, 0, 0, 1, 1, 0, 0, 1];
        var gradient = new float[network.Parameters.Length];
        network.Loss(input, targets, 4, gradient, 0.4, new SeededRandom(6));
        foreach (var i in new[] { 0, 17, 399, 1200, 2050, 2399, 2400, 2700, 3199 })
        {
            var kept = network.Parameters[i];
            network.Parameters[i] = kept + 0.02f;
            var above = network.Loss(input, targets, 4, null, 0.4, new SeededRandom(6));
            network.Parameters[i] = kept - 0.02f;
            var below = network.Loss(input, targets, 4, null, 0.4, new SeededRandom(6));
            network.Parameters[i] = kept;
            Assert.Equal((above - below) / 0.04, gradient[i], 2e-4);
        }

        var perInput = gradient.AsSpan(0, 400).ToArray().Count(static g => g != 0);
        Assert.InRange(perInput, 300, 400);
    }

    private static float[] Numbers(SeededRandom random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)random.NextNormal())];
}
