namespace Tarn.Training;

/// <summary>Metrics of predictions. Each is computed over rows that count a whole number of times, so that a resample or a slice needs no copy.</summary>
public static class Metrics
{
    internal const int Bins = 15;
    private const double LeastProbability = 1e-15;

    /// <summary>A metric's value; null where it is not defined: of the area under a curve, where all rows are of one class.</summary>
    public static double? Value(this PredictionSet set, Metric metric) => Of(set, metric, default) is var value && double.IsNaN(value) ? null : value;

    /// <summary>How often rows of each class (first index) were taken for each class (second).</summary>
    public static IReadOnlyList<IReadOnlyList<long>> ConfusionMatrix(this PredictionSet set)
    {
        var counts = Confusion(set, default);
        var classes = set.Classes.Count;
        return [.. Enumerable.Range(0, classes).Select(t => (IReadOnlyList<long>)[.. Enumerable.Range(0, classes).Select(p => counts[(t * classes) + p])])];
    }

    /// <summary>A metric over rows that count as often as <paramref name="times"/> says (empty: once each); NaN where it is not defined.</summary>
    internal static double Of(PredictionSet set, Metric metric, ReadOnlySpan<int> times) => metric switch
    {
        Metric.LogLoss => Mean(set, times, LogLoss),
        Metric.Brier => Mean(set, times, Brier),
        Metric.CalibrationError => Calibration.Error(Calibration.Bin(set, Bins, times)),
        Metric.RocAuc => Judged(set, times, Ranking.Auc),
        Metric.AveragePrecision => Judged(set, times, Ranking.AveragePrecision),
        _ => OfConfusion(metric, Confusion(set, times), set.Classes.Count),
    };

    internal static long[] Confusion(PredictionSet set, ReadOnlySpan<int> times)
    {
        var classes = set.Classes.Count;
        var counts = new long[classes * classes];
        for (var r = 0; r < set.Count; r++)
        {
            counts[(set.Labels[r] * classes) + set.Predicted[r]] += times.IsEmpty ? 1 : times[r];
        }

        return counts;
    }

    internal static (long True, long Rows, long Predicted) Counts(long[] confusion, int classes, int of)
    {
        var (rows, predicted) = (0L, 0L);
        for (var c = 0; c < classes; c++)
        {
            rows += confusion[(of * classes) + c];
            predicted += confusion[(c * classes) + of];
        }

        return (confusion[(of * classes) + of], rows, predicted);
    }

    private static double OfConfusion(Metric metric, long[] confusion, int classes)
    {
        double sum = 0, right = 0, all = 0;
        var counted = 0;
        for (var c = 0; c < classes; c++)
        {
            var (hit, rows, predicted) = Counts(confusion, classes, c);
            right += hit;
            all += rows;
            if (rows > 0 || (predicted > 0 && metric != Metric.BalancedAccuracy))
            {
                counted++;
                sum += metric switch
                {
                    Metric.MacroPrecision => predicted == 0 ? 0 : (double)hit / predicted,
                    Metric.MacroF1 => 2.0 * hit / (rows + predicted),
                    _ => rows == 0 ? 0 : (double)hit / rows,
                };
            }
        }

        return metric == Metric.Accuracy ? right / all : sum / counted;
    }

    private static double Judged(PredictionSet set, ReadOnlySpan<int> times, Func<PredictionSet, int, int[]?, double> area)
    {
        var copied = times.IsEmpty ? null : times.ToArray();
        double sum = 0;
        var counted = 0;
        foreach (var c in set.Judged)
        {
            var value = area(set, c, copied);
            if (!double.IsNaN(value))
            {
                sum += value;
                counted++;
            }
        }

        return counted == 0 ? double.NaN : sum / counted;
    }

    private static double Mean(PredictionSet set, ReadOnlySpan<int> times, Func<PredictionSet, int, double> value)
    {
        double sum = 0, count = 0;
        for (var r = 0; r < set.Count; r++)
        {
            var n = times.IsEmpty ? 1 : times[r];
            if (n > 0)
            {
                sum += n * value(set, r);
                count += n;
            }
        }

        return sum / count;
    }

    private static double LogLoss(PredictionSet set, int row) => -Math.Log(Math.Clamp(set.Probabilities[row, set.Labels[row]], LeastProbability, 1));

    private static double Brier(PredictionSet set, int row)
    {
        var sum = 0.0;
        var probabilities = set.Probabilities.Row(row);
        for (var c = 0; c < probabilities.Length; c++)
        {
            var off = probabilities[c] - (c == set.Labels[row] ? 1.0 : 0);
            sum += off * off;
        }

        return set.Classes.Count == 2 ? sum / 2 : sum;
    }
}
