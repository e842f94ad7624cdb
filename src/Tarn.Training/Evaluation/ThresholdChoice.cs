using System.Text.Json.Serialization;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>What a threshold is to be best at.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ThresholdGoal>))]
public enum ThresholdGoal
{
    /// <summary>The highest F1 of the positive class.</summary>
    F1,

    /// <summary>The highest recall less false positive rate (Youden's J).</summary>
    Youden,

    /// <summary>The highest accuracy.</summary>
    Accuracy,

    /// <summary>The highest recall among thresholds of at least <see cref="ThresholdRule.AtLeast"/> precision.</summary>
    PrecisionAtLeast,

    /// <summary>The highest precision among thresholds of at least <see cref="ThresholdRule.AtLeast"/> recall.</summary>
    RecallAtLeast,

    /// <summary>The least cost of false positives and false negatives.</summary>
    Cost,
}

/// <summary>How a threshold is chosen.</summary>
public sealed record ThresholdRule
{
    /// <summary>What it is to be best at. Default F1.</summary>
    public ThresholdGoal Goal { get; init; } = ThresholdGoal.F1;

    /// <summary>The precision or recall that is asked for, 0 to 1; default 0.9.</summary>
    public double AtLeast { get; init; } = 0.9;

    /// <summary>What a false positive costs, at least 0; default 1.</summary>
    public double FalsePositiveCost { get; init; } = 1;

    /// <summary>What a false negative costs, at least 0; default 1.</summary>
    public double FalseNegativeCost { get; init; } = 1;
}

/// <summary>A threshold that was chosen, and how it does on the rows it was chosen on.</summary>
/// <param name="Threshold">A row is taken for the positive class from this probability on.</param>
/// <param name="Rule">The rule.</param>
/// <param name="Score">The rule's value: F1, J, accuracy, recall, precision, or the cost per row.</param>
/// <param name="Precision">Null where nothing is taken for the class.</param>
/// <param name="Recall">The share of the class that is found.</param>
/// <param name="FalsePositiveRate">The share of the other class that is taken for it.</param>
/// <param name="Attained">Whether a demand for precision or recall could be met; where not, the threshold comes as near as any.</param>
public sealed record ThresholdResult(double Threshold, ThresholdRule Rule, double Score, double? Precision, double Recall, double FalsePositiveRate, bool Attained);

/// <summary>Chooses the threshold between two classes, on validation rows; the test rows then tell how good it is.</summary>
public static class ThresholdChoice
{
    /// <summary>The best threshold: one between each two neighbouring probabilities is tried, and those below and above all. Of equally good ones the nearest to 0.5 is taken.</summary>
    /// <exception cref="TarnException">There are not two classes, or rows of only one.</exception>
    public static ThresholdResult Choose(PredictionSet validation, ThresholdRule? rule = null)
    {
        rule ??= new ThresholdRule();
        validation.CheckBinary();
        if (rule.AtLeast is not (>= 0 and <= 1) || !(rule.FalsePositiveCost >= 0) || !(rule.FalseNegativeCost >= 0))
        {
            throw TarnException.InvalidInput("A threshold's rule asks for 0 to 1, and costs are at least 0.", rule.ToString());
        }

        var candidates = new List<Candidate>();
        var (hits, misses, above) = (0L, 0L, 1.0);
        Ranking.Walk(validation, 1, null, (score, hit, miss) =>
        {
            var between = candidates.Count == 0 && score >= 1 ? Math.BitIncrement(1.0) : (above + score) / 2;
            candidates.Add(new Candidate(between, hits, misses));
            (hits, misses, above) = (hits + hit, misses + miss, score);
        });
        candidates.Add(new Candidate(0, hits, misses));
        if (hits == 0 || misses == 0)
        {
            throw TarnException.InvalidInput("A threshold is chosen on rows of both classes.", $"{hits} of {validation.Classes[1]}, {misses} of {validation.Classes[0]}", "Add rows of the other.");
        }

        var best = candidates.MaxBy(c => (c.Meets(rule, hits), c.Score(rule, hits, misses), -Math.Abs(c.Threshold - 0.5)))!;
        var value = best.Score(rule, hits, misses).First;
        return new ThresholdResult(
            best.Threshold, rule, rule.Goal == ThresholdGoal.Cost ? -value : value, best.Precision, (double)best.Hits / hits, (double)best.Misses / misses, best.Meets(rule, hits) >= 0);
    }

    private sealed record Candidate(double Threshold, long Hits, long Misses)
    {
        public double? Precision => Hits + Misses == 0 ? null : (double)Hits / (Hits + Misses);

        /// <summary>0 where the demand is met, else how much is missing, negative.</summary>
        public double Meets(ThresholdRule rule, long all) => rule.Goal switch
        {
            ThresholdGoal.PrecisionAtLeast => Math.Min(0, (Precision ?? 0) - rule.AtLeast),
            ThresholdGoal.RecallAtLeast => Math.Min(0, ((double)Hits / all) - rule.AtLeast),
            _ => 0,
        };

        public (double First, double Second) Score(ThresholdRule rule, long all, long others) => rule.Goal switch
        {
            ThresholdGoal.F1 => (2.0 * Hits / (all + Hits + Misses), 0),
            ThresholdGoal.Youden => (((double)Hits / all) - ((double)Misses / others), 0),
            ThresholdGoal.Accuracy => ((double)(Hits + others - Misses) / (all + others), 0),
            ThresholdGoal.PrecisionAtLeast => ((double)Hits / all, Precision ?? 0),
            ThresholdGoal.RecallAtLeast => (Precision ?? 0, (double)Hits / all),
            _ => (-((rule.FalsePositiveCost * Misses) + (rule.FalseNegativeCost * (all - Hits))) / (all + others), 0),
        };
    }
}
