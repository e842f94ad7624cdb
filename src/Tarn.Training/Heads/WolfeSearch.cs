using System.Numerics.Tensors;

namespace Tarn.Training;

/// <summary>A step along a direction that keeps the strong Wolfe conditions (Nocedal and Wright, algorithms 3.5 and 3.6; c₁ 10⁻⁴, c₂ 0.9).</summary>
internal sealed class WolfeSearch(Func<float[], float[], double> loss, float[] start, float[] direction, double startLoss, double startSlope)
{
    private const double Enough = 1e-4;
    private const double Flat = 0.9;
    private const int Tries = 25;

    /// <summary>The point found with its loss and gradient; null where no lower one was found.</summary>
    public (float[] Point, float[] Gradient, double Loss)? Find(double first)
    {
        var before = new Probe(0, startLoss, startSlope, start, []);
        var at = first;
        for (var i = 0; i < Tries; i++)
        {
            var probe = Evaluate(at);
            if (!Sinks(probe) || (i > 0 && probe.Loss >= before.Loss))
            {
                return Zoom(before, probe, Tries - i);
            }

            if (IsFlat(probe))
            {
                return Result(probe);
            }

            if (probe.Slope >= 0)
            {
                return Zoom(probe, before, Tries - i);
            }

            before = probe;
            at *= 2;
        }

        return before.At > 0 ? Result(before) : null;
    }

    private (float[], float[], double)? Zoom(Probe low, Probe high, int tries)
    {
        for (var i = 0; i < tries; i++)
        {
            var probe = Evaluate(Between(low, high));
            if (!Sinks(probe) || probe.Loss >= low.Loss)
            {
                high = probe;
            }
            else
            {
                if (IsFlat(probe))
                {
                    return Result(probe);
                }

                if (probe.Slope * (high.At - low.At) >= 0)
                {
                    high = low;
                }

                low = probe;
            }

            if (Math.Abs(high.At - low.At) <= 1e-9 * Math.Max(1, low.At))
            {
                break;
            }
        }

        return low.At > 0 ? Result(low) : null;
    }

    // The minimum of the cubic through both ends, kept a tenth away from them; the middle where there is none.
    private static double Between(Probe low, Probe high)
    {
        var middle = (low.At + high.At) / 2;
        var bend = low.Slope + high.Slope - (3 * (low.Loss - high.Loss) / (low.At - high.At));
        var root = (bend * bend) - (low.Slope * high.Slope);
        if (!(root >= 0))
        {
            return middle;
        }

        root = Math.Sign(high.At - low.At) * Math.Sqrt(root);
        var at = high.At - ((high.At - low.At) * (high.Slope + root - bend) / (high.Slope - low.Slope + (2 * root)));
        var (least, most) = (Math.Min(low.At, high.At), Math.Max(low.At, high.At));
        var margin = 0.1 * (most - least);
        return double.IsFinite(at) ? Math.Clamp(at, least + margin, most - margin) : middle;
    }

    private bool Sinks(Probe probe) => probe.Loss <= startLoss + (Enough * probe.At * startSlope);

    private bool IsFlat(Probe probe) => Math.Abs(probe.Slope) <= -Flat * startSlope;

    private Probe Evaluate(double at)
    {
        var (point, gradient) = (new float[start.Length], new float[start.Length]);
        TensorPrimitives.MultiplyAdd(direction, (float)at, start, point);
        var value = loss(point, gradient);
        return new Probe(at, double.IsNaN(value) ? double.PositiveInfinity : value, LbfgsOptimizer.Dot(gradient, direction), point, gradient);
    }

    private static (float[], float[], double) Result(Probe probe) => (probe.Point, probe.Gradient, probe.Loss);

    private sealed record Probe(double At, double Loss, double Slope, float[] Point, float[] Gradient);
}
