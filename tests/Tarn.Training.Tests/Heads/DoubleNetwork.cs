namespace Tarn.Training.Tests;

/// <summary>The loss of a head in double precision by plain loops, written apart from the one under test; its derivative by differences.</summary>
internal static class DoubleNetwork
{
    public static double Loss(double[] parameters, int[] sizes, float[] input, float[] targets, int rows)
    {
        var loss = 0.0;
        for (var r = 0; r < rows; r++)
        {
            var values = input.AsSpan(r * sizes[0], sizes[0]).ToArray().Select(static x => (double)x).ToArray();
            var at = 0;
            for (var l = 0; l + 1 < sizes.Length; l++)
            {
                var next = new double[sizes[l + 1]];
                for (var o = 0; o < next.Length; o++)
                {
                    next[o] = parameters[at + (sizes[l] * sizes[l + 1]) + o];
                    for (var i = 0; i < sizes[l]; i++)
                    {
                        next[o] += values[i] * parameters[at + (i * sizes[l + 1]) + o];
                    }

                    next[o] = l + 2 < sizes.Length ? Math.Max(0, next[o]) : next[o];
                }

                at += (sizes[l] + 1) * sizes[l + 1];
                values = next;
            }

            var log = Math.Log(values.Sum(Math.Exp));
            for (var c = 0; c < values.Length; c++)
            {
                loss -= targets[(r * values.Length) + c] * (values[c] - log);
            }
        }

        return loss / rows;
    }

    public static double Slope(float[] parameters, int index, int[] sizes, float[] input, float[] targets, int rows)
    {
        const double step = 1e-6;
        var moved = parameters.Select(static x => (double)x).ToArray();
        moved[index] = parameters[index] + step;
        var above = Loss(moved, sizes, input, targets, rows);
        moved[index] = parameters[index] - step;
        return (above - Loss(moved, sizes, input, targets, rows)) / (2 * step);
    }
}
