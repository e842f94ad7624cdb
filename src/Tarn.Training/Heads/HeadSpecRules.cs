using System.Globalization;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>The ranges of a <see cref="HeadSpec"/>; all that is wrong is told at once.</summary>
internal static class HeadSpecRules
{
    public static void Check(HeadSpec spec, int classes)
    {
        var errors = new List<string>();
        void Rule(bool holds, string name, object? value, string rule)
        {
            if (!holds)
            {
                errors.Add(string.Create(CultureInfo.InvariantCulture, $"{name} = {value}: {rule}"));
            }
        }

        Rule(spec.HiddenSizes.Count <= 8 && spec.HiddenSizes.All(static s => s is >= 1 and <= 16_384), nameof(spec.HiddenSizes), string.Join("-", spec.HiddenSizes), "up to 8 layers of 1 to 16,384 units");
        Rule(spec.Dropout is >= 0 and <= 0.95, nameof(spec.Dropout), spec.Dropout, "0 to 0.95");
        Rule(spec.LearningRate is > 0 and <= 10, nameof(spec.LearningRate), spec.LearningRate, "over 0, up to 10");
        Rule(spec.BatchSize is >= 1 and <= 1_000_000, nameof(spec.BatchSize), spec.BatchSize, "1 to 1,000,000");
        Rule(spec.Epochs is >= 1 and <= 1_000_000, nameof(spec.Epochs), spec.Epochs, "1 to 1,000,000");
        Rule(spec.LabelSmoothing is >= 0 and < 1, nameof(spec.LabelSmoothing), spec.LabelSmoothing, "0 to under 1");
        Rule(spec.WeightDecay is >= 0 and <= 1000, nameof(spec.WeightDecay), spec.WeightDecay, "0 to 1,000");
        Rule(spec.Mixup is >= 0 and <= 10, nameof(spec.Mixup), spec.Mixup, "0 to 10");
        Rule(spec.EarlyStoppingPatience >= 0, nameof(spec.EarlyStoppingPatience), spec.EarlyStoppingPatience, "at least 0");
        Rule(spec.MinimumImprovement >= 0, nameof(spec.MinimumImprovement), spec.MinimumImprovement, "at least 0");
        Rule(spec.PlateauPatience >= 0, nameof(spec.PlateauPatience), spec.PlateauPatience, "at least 0");
        Rule(spec.PlateauFactor is > 0 and < 1, nameof(spec.PlateauFactor), spec.PlateauFactor, "over 0, under 1");
        Rule(spec.MinimumLearningRate >= 0, nameof(spec.MinimumLearningRate), spec.MinimumLearningRate, "at least 0");
        Rule(spec.GradientTolerance > 0, nameof(spec.GradientTolerance), spec.GradientTolerance, "over 0");
        Rule(spec.Dropout == 0 || spec.HiddenSizes.Count > 0, nameof(spec.Dropout), spec.Dropout, "only with hidden layers");
        if (spec.Optimizer == HeadOptimizer.Lbfgs)
        {
            Rule(spec.Dropout == 0, nameof(spec.Dropout), spec.Dropout, "0 with L-BFGS, whose loss must not be random");
            Rule(spec.Mixup == 0, nameof(spec.Mixup), spec.Mixup, "0 with L-BFGS, whose loss must not be random");
        }

        if (spec.ExplicitClassWeights is { } weights)
        {
            Rule(weights.Count == classes && weights.All(static w => w > 0 && double.IsFinite(w)), nameof(spec.ExplicitClassWeights), string.Join(", ", weights.Select(static w => w.ToString(CultureInfo.InvariantCulture))), $"{classes} weights over 0, one for each class");
        }

        if (errors.Count > 0)
        {
            throw TarnException.InvalidInput("A head's specification keeps the ranges of its settings.", string.Join("; ", errors), "Correct them and train again.");
        }
    }
}
