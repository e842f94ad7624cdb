using System.Numerics.Tensors;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>A temperature that was found.</summary>
/// <param name="Temperature">What logits are to be divided by, 0.05 to 20.</param>
/// <param name="LossBefore">The mean of −ln p of the rows' classes at temperature 1.</param>
/// <param name="LossAfter">The same at this temperature, never higher.</param>
/// <param name="AtLimit">Whether the best temperature lies beyond the range: all rows are right, for example.</param>
public sealed record TemperatureFit(double Temperature, double LossBefore, double LossAfter, bool AtLimit);

/// <summary>Calibration by one number (Guo et al., 2017): the temperature at which the validation rows' log loss is least. Which class is likeliest stays as it is.</summary>
public static class TemperatureScaling
{
    private const double Least = 0.05;
    private const double Greatest = 20;

    /// <summary>Finds the temperature. The loss is convex in 1 ÷ temperature, so that its slope is bisected.</summary>
    /// <param name="logits">Scores before softmax, or logarithms of probabilities: a row each, of validation rows that were not trained on.</param>
    /// <param name="labels">The class of each row.</param>
    /// <exception cref="TarnException">There are no rows, as many labels as rows are not there, or a logit is NaN or infinite.</exception>
    public static TemperatureFit Fit(FloatMatrix logits, IReadOnlyList<int> labels)
    {
        if (logits.Rows == 0 || labels.Count != logits.Rows || labels.Any(l => l < 0 || l >= logits.Columns))
        {
            throw TarnException.InvalidInput("A temperature is found on at least one row, each with the number of its class.", $"{logits.Rows} rows, {labels.Count} labels");
        }

        logits.CheckFinite("logit");
        var (low, high) = (1 / Greatest, 1 / Least);
        var atLimit = Slope(logits, labels, low) >= 0 || Slope(logits, labels, high) <= 0;
        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = Slope(logits, labels, middle) < 0 ? (middle, high) : (low, middle);
        }

        // Where all temperatures are the same (every logit of a row equal), 1 is as good as any.
        var (before, after) = (Loss(logits, labels, 1), Loss(logits, labels, low));
        return after < before ? new TemperatureFit(1 / low, before, after, atLimit) : new TemperatureFit(1, before, before, false);
    }

    /// <summary>A head with the temperature that suits the validation rows.</summary>
    public static (TrainedHead Head, TemperatureFit Fit) Calibrate(TrainedHead head, HeadData validation)
    {
        var fit = Fit(head.Logits(validation.Features), validation.Labels);
        return (head.WithTemperature((float)fit.Temperature), fit);
    }

    private static double Loss(FloatMatrix logits, IReadOnlyList<int> labels, double inverse)
    {
        var sum = 0.0;
        for (var r = 0; r < logits.Rows; r++)
        {
            var row = logits.Row(r);
            double greatest = TensorPrimitives.Max<float>(row), total = 0;
            foreach (var z in row)
            {
                total += Math.Exp((z - greatest) * inverse);
            }

            sum += Math.Log(total) - ((row[labels[r]] - greatest) * inverse);
        }

        return sum / logits.Rows;
    }

    // The loss' derivative by the inverse temperature: the mean over rows of the expected logit less the class' own.
    private static double Slope(FloatMatrix logits, IReadOnlyList<int> labels, double inverse)
    {
        var sum = 0.0;
        for (var r = 0; r < logits.Rows; r++)
        {
            var row = logits.Row(r);
            double greatest = TensorPrimitives.Max<float>(row), total = 0, expected = 0;

            foreach (var z in row)
            {
                var weight = Math.Exp((z - greatest) * inverse);
                total += weight;
                expected += weight * (z - greatest);
            }

            sum += (expected / total) - (row[labels[r]] - greatest);
        }

        return sum;
    }
}
