using Tarn.Core;

namespace Tarn.Training;

/// <summary>A value with the range in which the true one lies, as far as the rows can tell.</summary>
/// <param name="Estimate">The value over all rows.</param>
/// <param name="Lower">The lower end.</param>
/// <param name="Upper">The upper end.</param>
/// <param name="Level">How sure: 0.95, for example.</param>
/// <param name="Method">How it was found: <c>bootstrap percentile</c>, <c>stratified bootstrap percentile</c>, <c>Wilson</c>.</param>
/// <param name="Resamples">How many resamples gave a value; 0 where there were none to draw.</param>
public sealed record ConfidenceInterval(double Estimate, double Lower, double Upper, double Level, string Method, int Resamples);

/// <summary>How resamples are drawn.</summary>
public sealed record BootstrapOptions
{
    /// <summary>How many, 100 to 1,000,000; default 2,000.</summary>
    public int Resamples { get; init; } = 2000;

    /// <summary>How sure the interval is, over 0.5 and under 1; default 0.95.</summary>
    public double Level { get; init; } = 0.95;

    /// <summary>Whether each class keeps its number of rows in every resample. Default false.</summary>
    public bool Stratified { get; init; }

    /// <summary>What resamples are drawn from; default 0.</summary>
    public long Seed { get; init; }

    internal void Check()
    {
        if (Resamples is < 100 or > 1_000_000 || Level is not (> 0.5 and < 1))
        {
            throw TarnException.InvalidInput("A bootstrap draws 100 to 1,000,000 resamples for a level over 0.5 and under 1.", $"{Resamples} resamples, level {Level}");
        }
    }
}

/// <summary>
/// Confidence intervals by resampling rows with replacement (Efron, 1979), percentile method. Resample number i is a function of the seed and i, so that results do not depend on threads,
/// and metrics and models are compared on the same resamples.
/// </summary>
public static class Bootstrap
{
    /// <summary>The interval of each metric; null where the metric is not defined over all rows.</summary>
    public static IReadOnlyList<ConfidenceInterval?> Intervals(PredictionSet set, IReadOnlyList<Metric> metrics, BootstrapOptions? options = null)
    {
        options ??= new BootstrapOptions();
        var draws = Draw(set, options, (times, values) =>
        {
            for (var m = 0; m < metrics.Count; m++)
            {
                values[m] = Metrics.Of(set, metrics[m], times);
            }
        }, metrics.Count);
        return [.. metrics.Select((metric, m) => set.Value(metric) is { } value ? Percentile(value, draws[m], options) : null)];
    }

    /// <summary>
    /// The interval of how much better <paramref name="challenger"/> is than <paramref name="champion"/> on the same rows (paired: both see each resample): positive where it is better,
    /// whichever way the metric counts. Null where the metric is not defined.
    /// </summary>
    /// <exception cref="TarnException">The predictions are not of the same rows.</exception>
    public static ConfidenceInterval? Gain(PredictionSet challenger, PredictionSet champion, Metric metric, BootstrapOptions? options = null)
    {
        options ??= new BootstrapOptions();
        CheckPaired(challenger, champion);
        var sign = metric.HigherIsBetter() ? 1 : -1;
        var draws = Draw(challenger, options, (times, values) => values[0] = sign * (Metrics.Of(challenger, metric, times) - Metrics.Of(champion, metric, times)), 1);
        return challenger.Value(metric) is { } ours && champion.Value(metric) is { } theirs ? Percentile(sign * (ours - theirs), draws[0], options) : null;
    }

    /// <summary>Wilson's interval of a share (1927).</summary>
    internal static ConfidenceInterval Wilson(long hits, long rows, double level)
    {
        var z = Normal.Quantile(0.5 + (level / 2));
        var (share, square) = ((double)hits / rows, z * z / rows);
        var middle = (share + (square / 2)) / (1 + square);
        var half = z * Math.Sqrt((share * (1 - share) / rows) + (square / (4 * rows))) / (1 + square);
        return new ConfidenceInterval(share, Math.Max(0, middle - half), Math.Min(1, middle + half), level, "Wilson", 0);
    }

    internal static void CheckPaired(PredictionSet one, PredictionSet other)
    {
        if (!one.Labels.SequenceEqual(other.Labels) || !one.Classes.SequenceEqual(other.Classes, StringComparer.Ordinal)
            || (one.RowNames is not null && other.RowNames is not null && !one.RowNames.SequenceEqual(other.RowNames, StringComparer.Ordinal)))
        {
            throw TarnException.InvalidInput(
                "Two models are compared on the same rows in the same order.", $"{one.Count} rows of {string.Join(", ", one.Classes)}; {other.Count} rows of {string.Join(", ", other.Classes)}", "Let both predict one test set.");
        }
    }

    private delegate void Resample(ReadOnlySpan<int> times, Span<double> values);

    private static double[][] Draw(PredictionSet set, BootstrapOptions options, Resample measure, int count)
    {
        options.Check();
        var strata = options.Stratified
            ? [.. Enumerable.Range(0, set.Count).GroupBy(r => set.Labels[r]).OrderBy(static g => g.Key).Select(static g => g.ToArray())]
            : new[] { Enumerable.Range(0, set.Count).ToArray() };
        var draws = Enumerable.Range(0, count).Select(_ => new double[options.Resamples]).ToArray();
        _ = set.Order(0);
        Parallel.For(0, options.Resamples, () => (Times: new int[set.Count], Values: new double[count]), (i, _, local) =>
        {
            Array.Clear(local.Times);
            var random = new SeededRandom(options.Seed, i);
            foreach (var rows in strata)
            {
                for (var n = 0; n < rows.Length; n++)
                {
                    local.Times[rows[random.NextInt(rows.Length)]]++;
                }
            }

            measure(local.Times, local.Values);
            for (var m = 0; m < count; m++)
            {
                draws[m][i] = local.Values[m];
            }

            return local;
        }, static _ => { });
        return draws;
    }

    private static ConfidenceInterval Percentile(double estimate, double[] draws, BootstrapOptions options)
    {
        var sorted = draws.Where(double.IsFinite).Order().ToArray();
        var method = options.Stratified ? "stratified bootstrap percentile" : "bootstrap percentile";
        return sorted.Length == 0
            ? new ConfidenceInterval(estimate, estimate, estimate, options.Level, method, 0)
            : new ConfidenceInterval(estimate, Quantile(sorted, (1 - options.Level) / 2), Quantile(sorted, (1 + options.Level) / 2), options.Level, method, sorted.Length);
    }

    private static double Quantile(double[] sorted, double q)
    {
        var at = q * (sorted.Length - 1);
        var below = (int)at;
        return below + 1 == sorted.Length ? sorted[below] : sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below]));
    }
}
