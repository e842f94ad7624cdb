namespace Tarn.Training;

/// <summary>What an evaluation holds beside the metrics.</summary>
public sealed record EvaluationOptions
{
    /// <summary>How intervals are found; null for none. Default: 2,000 resamples, level 0.95.</summary>
    public BootstrapOptions? Bootstrap { get; init; } = new();

    /// <summary>Points of a curve at most, at least 2; default 500.</summary>
    public int CurvePoints { get; init; } = 500;

    /// <summary>Mistakes listed at most, at least 0; default 20.</summary>
    public int Mistakes { get; init; } = 20;
}

/// <summary>Evaluates predictions.</summary>
public static class Evaluator
{
    /// <summary>Every metric, class, curve and slice of predictions.</summary>
    public static EvaluationResult Evaluate(PredictionSet set, EvaluationOptions? options = null)
    {
        options ??= new EvaluationOptions();
        var metrics = Enum.GetValues<Metric>();
        var intervals = options.Bootstrap is { } bootstrap ? Bootstrap.Intervals(set, metrics, bootstrap) : new ConfidenceInterval?[metrics.Length];
        return new EvaluationResult(
            set.Count,
            [.. set.Classes],
            set.Threshold,
            [.. metrics.Select((metric, m) => new MetricResult(metric, set.Value(metric), intervals[m]))],
            [.. Enumerable.Range(0, set.Classes.Count).Select(c => Class(set, c, options.CurvePoints))],
            set.ConfusionMatrix(),
            set.Reliability(Metrics.Bins),
            Slices(set, options.Bootstrap?.Level ?? 0.95),
            Mistakes(set, options.Mistakes));
    }

    /// <summary>How each slice does, by dimension and value.</summary>
    /// <param name="set">The predictions.</param>
    /// <param name="level">How sure the interval of the accuracy is; default 0.95.</param>
    public static IReadOnlyList<SliceResult> Slices(PredictionSet set, double level = 0.95)
    {
        var results = new List<SliceResult>();
        var times = new int[set.Count];
        foreach (var (dimension, values) in set.Slices.OrderBy(static s => s.Key, StringComparer.Ordinal))
        {
            foreach (var slice in Enumerable.Range(0, set.Count).GroupBy(r => values[r], StringComparer.Ordinal).OrderBy(static g => g.Key, StringComparer.Ordinal))
            {
                Array.Clear(times);
                var (rows, right) = (0L, 0L);
                foreach (var row in slice)
                {
                    times[row] = 1;
                    rows++;
                    right += set.Predicted[row] == set.Labels[row] ? 1 : 0;
                }

                results.Add(new SliceResult(
                    dimension, slice.Key, rows, Bootstrap.Wilson(right, rows, level), Metrics.Of(set, Metric.BalancedAccuracy, times), Metrics.Of(set, Metric.MacroF1, times), Metrics.Of(set, Metric.LogLoss, times)));
            }
        }

        return results;
    }

    private static ClassResult Class(PredictionSet set, int c, int points)
    {
        var (hits, rows, predicted) = Metrics.Counts(Metrics.Confusion(set, default), set.Classes.Count, c);
        return new ClassResult(
            set.Classes[c], rows, predicted, Share(hits, predicted), Share(hits, rows), Share(2 * hits, rows + predicted), Defined(Ranking.Auc(set, c, null)),
            Defined(Ranking.AveragePrecision(set, c, null)), set.Roc(c, points), set.PrecisionRecall(c, points));
    }

    private static IReadOnlyList<Mistake> Mistakes(PredictionSet set, int most) =>
    [
        .. Enumerable.Range(0, set.Count)
            .Where(r => set.Predicted[r] != set.Labels[r])
            .OrderBy(r => set.Probabilities[r, set.Labels[r]])
            .Take(most)
            .Select(r => new Mistake(r, set.RowNames?[r], set.Classes[set.Labels[r]], set.Classes[set.Predicted[r]], set.Probabilities[r, set.Predicted[r]], set.Probabilities[r, set.Labels[r]])),
    ];

    private static double? Share(long part, long whole) => whole == 0 ? null : (double)part / whole;

    private static double? Defined(double value) => double.IsNaN(value) ? null : value;
}
