using System.Numerics.Tensors;

namespace Tarn.Training;

/// <summary>L-BFGS with ten remembered steps (Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 7.5). Vectors are of floats, sums of doubles.</summary>
internal sealed class LbfgsOptimizer
{
    private const int Memory = 10;
    private readonly Func<float[], float[], double> _loss;

    /// <summary>Begins at a point, or goes on from remembered steps.</summary>
    /// <param name="loss">Gives the loss at a point and fills its gradient.</param>
    /// <param name="point">The start.</param>
    /// <param name="steps">Remembered steps, oldest first: what the point and what the gradient changed by.</param>
    public LbfgsOptimizer(Func<float[], float[], double> loss, float[] point, IEnumerable<(float[] Point, float[] Gradient)> steps)
    {
        _loss = loss;
        Point = point;
        Gradient = new float[point.Length];
        Loss = loss(point, Gradient);
        Steps = [.. steps];
    }

    /// <summary>Where it is.</summary>
    public float[] Point { get; private set; }

    /// <summary>The gradient there.</summary>
    public float[] Gradient { get; private set; }

    /// <summary>The loss there.</summary>
    public double Loss { get; private set; }

    /// <summary>Remembered steps, oldest first.</summary>
    public List<(float[] Point, float[] Gradient)> Steps { get; }

    /// <summary>Takes a step; false where there is none to take: the gradient is as good as 0, or no lower loss is found along it.</summary>
    public bool Step(double tolerance)
    {
        if (TensorPrimitives.MaxMagnitude<float>(Gradient) is var steepest && Math.Abs(steepest) <= tolerance)
        {
            return false;
        }

        var direction = Direction();
        var slope = Dot(direction, Gradient);
        if (!(slope < 0))
        {
            Steps.Clear();
            direction = Direction();
            slope = Dot(direction, Gradient);
        }

        var first = Steps.Count == 0 ? Math.Min(1, 1 / Math.Sqrt(-slope)) : 1;
        if (new WolfeSearch(_loss, Point, direction, Loss, slope).Find(first) is not { } found)
        {
            return false;
        }

        var (moved, turned) = (new float[Point.Length], new float[Point.Length]);
        TensorPrimitives.Subtract(found.Point, Point, moved);
        TensorPrimitives.Subtract(found.Gradient, Gradient, turned);
        if (Dot(moved, turned) > 1e-10 * Dot(turned, turned))
        {
            Steps.Add((moved, turned));
            if (Steps.Count > Memory)
            {
                Steps.RemoveAt(0);
            }
        }

        var gained = Loss - found.Loss;
        (Point, Gradient, Loss) = found;
        return gained > 1e-9 * Math.Max(1, Math.Abs(Loss));
    }

    /// <summary>A dot product summed in doubles over short stretches.</summary>
    public static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i += 256)
        {
            var length = Math.Min(256, x.Length - i);
            sum += TensorPrimitives.Dot(x.Slice(i, length), y.Slice(i, length));
        }

        return sum;
    }

    // −H · gradient by the two-loop recursion.
    private float[] Direction()
    {
        var direction = new float[Point.Length];
        TensorPrimitives.Negate(Gradient, direction);
        var alphas = new double[Steps.Count];
        for (var i = Steps.Count - 1; i >= 0; i--)
        {
            alphas[i] = Dot(Steps[i].Point, direction) / Dot(Steps[i].Point, Steps[i].Gradient);
            TensorPrimitives.MultiplyAdd(Steps[i].Gradient, (float)-alphas[i], direction, direction);
        }

        if (Steps.Count > 0)
        {
            var (moved, turned) = Steps[^1];
            TensorPrimitives.Multiply(direction, (float)(Dot(moved, turned) / Dot(turned, turned)), direction);
        }

        for (var i = 0; i < Steps.Count; i++)
        {
            var beta = Dot(Steps[i].Gradient, direction) / Dot(Steps[i].Point, Steps[i].Gradient);
            TensorPrimitives.MultiplyAdd(Steps[i].Point, (float)(alphas[i] - beta), direction, direction);
        }

        return direction;
    }
}
