using System.Globalization;
using System.Numerics.Tensors;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>Predictions for several views of an image made into one.</summary>
public static class TestTimeAugmentation
{
    /// <summary>The mean over the views of each image.</summary>
    /// <param name="probabilities">A row for each view, the views of an image one after another, as <see cref="EmbeddingSet"/> has them.</param>
    /// <param name="views">How many views an image has, at least 1.</param>
    /// <returns>A row for each image.</returns>
    /// <exception cref="TarnException">The rows are no whole number of images.</exception>
    public static FloatMatrix Mean(FloatMatrix probabilities, int views)
    {
        ArgumentNullException.ThrowIfNull(probabilities);
        if (views < 1 || probabilities.Rows % views != 0)
        {
            throw TarnException.InvalidInput("Each image has the same number of views.", string.Create(CultureInfo.InvariantCulture, $"{probabilities.Rows} rows of {views} views"));
        }

        var mean = new FloatMatrix(probabilities.Rows / views, probabilities.Columns);
        for (var i = 0; i < mean.Rows; i++)
        {
            var row = mean.Row(i);
            for (var v = 0; v < views; v++)
            {
                TensorPrimitives.Add(row, probabilities.Row((i * views) + v), row);
            }

            TensorPrimitives.Divide(row, views, row);
        }

        return mean;
    }
}
