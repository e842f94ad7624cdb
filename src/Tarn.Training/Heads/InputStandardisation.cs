using System.Numerics.Tensors;

namespace Tarn.Training;

/// <summary>Columns brought to mean 0 and deviation 1.</summary>
internal static class InputStandardisation
{
    /// <summary>Each column's mean and deviation (of the population), computed in double; 1 for the deviation of a column that never changes.</summary>
    public static (float[] Mean, float[] Scale) Measure(FloatMatrix features)
    {
        var (sums, squares) = (new double[features.Columns], new double[features.Columns]);
        var wide = new double[features.Columns];
        for (var r = 0; r < features.Rows; r++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(features.Row(r), wide);
            TensorPrimitives.Add(sums, wide, sums);
        }

        TensorPrimitives.Divide(sums, features.Rows, sums);
        for (var r = 0; r < features.Rows; r++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(features.Row(r), wide);
            TensorPrimitives.Subtract(wide, sums, wide);
            TensorPrimitives.MultiplyAdd(wide, wide, squares, squares);
        }

        var (mean, scale) = (new float[features.Columns], new float[features.Columns]);
        for (var c = 0; c < features.Columns; c++)
        {
            var deviation = Math.Sqrt(squares[c] / features.Rows);
            mean[c] = (float)sums[c];

            // What is only rounding around a constant must not be blown up.
            scale[c] = deviation > 1e-6 * Math.Max(Math.Abs(sums[c]), 1e-30) ? (float)deviation : 1;
        }

        return (mean, scale);
    }

    /// <summary>(features − mean) ÷ scale; the features themselves where both are null.</summary>
    public static FloatMatrix Apply(FloatMatrix features, float[]? mean, float[]? scale)
    {
        if (mean is null && scale is null)
        {
            return features;
        }

        var result = new FloatMatrix(features.Rows, features.Columns);
        for (var r = 0; r < features.Rows; r++)
        {
            var row = result.Row(r);
            features.Row(r).CopyTo(row);
            if (mean is not null)
            {
                TensorPrimitives.Subtract(row, mean, row);
            }

            if (scale is not null)
            {
                TensorPrimitives.Divide(row, scale, row);
            }
        }

        return result;
    }
}
