using System.Numerics;

namespace Tarn.Training;

/// <summary>Adam (Kingma and Ba, 2015; β₁ 0.9, β₂ 0.999, ε 10⁻⁸) with decoupled weight decay (Loshchilov and Hutter, 2019).</summary>
internal sealed class AdamOptimizer(float[] mean, float[] square, long steps)
{
    private const float MeanDecay = 0.9f;
    private const float SquareDecay = 0.999f;
    private const float Epsilon = 1e-8f;
    private const int Part = 1 << 15;

    /// <summary>The running mean of the gradient.</summary>
    public float[] Mean => mean;

    /// <summary>The running mean of its square.</summary>
    public float[] Square => square;

    /// <summary>How many steps were taken.</summary>
    public long Steps { get; private set; } = steps;

    /// <summary>Takes a step: all parameters go against the gradient, those of weights also towards 0.</summary>
    public void Step(HeadNetwork network, float[] gradient, double rate, double decay, int threads)
    {
        Steps++;
        var meanScale = (float)(1 / (1 - Math.Pow(MeanDecay, Steps)));
        var squareScale = (float)(1 / (1 - Math.Pow(SquareDecay, Steps)));
        var next = 0;
        for (var l = 0; l < network.Layers; l++)
        {
            var (start, end) = (network.WeightsOf(l).Start.Value, network.WeightsOf(l).End.Value);
            Span(next, start, 0);
            Span(start, end, (float)(rate * decay));
            next = end;
        }

        Span(next, network.Parameters.Length, 0);

        void Span(int start, int end, float pull)
        {
            var parts = (end - start + Part - 1) / Part;
            MatrixProduct.Split(parts, parts > 2 ? threads : 1, part =>
            {
                var from = start + (part * Part);
                var length = Math.Min(Part, end - from);
                Update(network.Parameters.AsSpan(from, length), gradient.AsSpan(from, length), mean.AsSpan(from, length), square.AsSpan(from, length), ((float)rate, pull, meanScale, squareScale));
            });
        }
    }

    private static void Update(Span<float> parameters, ReadOnlySpan<float> gradient, Span<float> mean, Span<float> square, (float Rate, float Pull, float MeanScale, float SquareScale) by)
    {
        var i = 0;
        for (; i <= parameters.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var g = new Vector<float>(gradient[i..]);
            var p = new Vector<float>(parameters[i..]);
            var m = (new Vector<float>(mean[i..]) * MeanDecay) + (g * (1 - MeanDecay));
            var v = (new Vector<float>(square[i..]) * SquareDecay) + (g * g * (1 - SquareDecay));
            m.CopyTo(mean[i..]);
            v.CopyTo(square[i..]);
            var root = Vector.SquareRoot(v * by.SquareScale) + new Vector<float>(Epsilon);
            (p - (m * by.MeanScale / root * by.Rate) - (p * by.Pull)).CopyTo(parameters[i..]);
        }

        for (; i < parameters.Length; i++)
        {
            var (g, p) = (gradient[i], parameters[i]);
            var m = (mean[i] * MeanDecay) + (g * (1 - MeanDecay));
            var v = (square[i] * SquareDecay) + (g * g * (1 - SquareDecay));
            (mean[i], square[i]) = (m, v);
            var root = MathF.Sqrt(v * by.SquareScale) + Epsilon;
            parameters[i] = p - (m * by.MeanScale / root * by.Rate) - (p * by.Pull);
        }
    }
}
