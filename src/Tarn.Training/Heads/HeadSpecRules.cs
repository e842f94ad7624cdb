using System.Globalization;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>The ranges of a <see cref="HeadSpec"/>; all that is wrong is told at once.</summary>
internal static class HeadSpecRules
{
    public static void Check(HeadSpec spec, int classes)
    {
        var rules = new OptionRules();
        rules.Add(spec.HiddenSizes.Count <= 8 && spec.HiddenSizes.All(static s => s is >= 1 and <= 16_384), nameof(spec.HiddenSizes), string.Join("-", spec.HiddenSizes), "up to 8 layers of 1 to 16,384 units");
        rules.Add(spec.Dropout is >= 0 and <= 0.95, nameof(spec.Dropout), spec.Dropout, "0 to 0.95");
        rules.Add(spec.LearningRate is > 0 and <= 10, nameof(spec.LearningRate), spec.LearningRate, "over 0, up to 10");
        rules.Add(spec.BatchSize is >= 1 and <= 1_000_000, nameof(spec.BatchSize), spec.BatchSize, "1 to 1,000,000");
        rules.Add(spec.Epochs is >= 1 and <= 1_000_000, nameof(spec.Epochs), spec.Epochs, "1 to 1,000,000");
        rules.Add(spec.LabelSmoothing is >= 0 and < 1, nameof(spec.LabelSmoothing), spec.LabelSmoothing, "0 to under 1");
        rules.Add(spec.WeightDecay is >= 0 and <= 1000, nameof(spec.WeightDecay), spec.WeightDecay, "0 to 1,000");
        rules.Add(spec.Mixup is >= 0 and <= 10, nameof(spec.Mixup), spec.Mixup, "0 to 10");
        rules.Add(spec.EarlyStoppingPatience >= 0, nameof(spec.EarlyStoppingPatience), spec.EarlyStoppingPatience, "at least 0");
        rules.Add(spec.MinimumImprovement >= 0, nameof(spec.MinimumImprovement), spec.MinimumImprovement, "at least 0");
        rules.Add(spec.PlateauPatience >= 0, nameof(spec.PlateauPatience), spec.PlateauPatience, "at least 0");
        rules.Add(spec.PlateauFactor is > 0 and < 1, nameof(spec.PlateauFactor), spec.PlateauFactor, "over 0, under 1");
        rules.Add(spec.MinimumLearningRate >= 0, nameof(spec.MinimumLearningRate), spec.MinimumLearningRate, "at least 0");
        rules.Add(spec.GradientTolerance > 0, nameof(spec.GradientTolerance), spec.GradientTolerance, "over 0");
        rules.Add(spec.Dropout == 0 || spec.HiddenSizes.Count > 0, nameof(spec.Dropout), spec.Dropout, "only with hidden layers");
        if (spec.Optimizer == HeadOptimizer.Lbfgs)
        {
            rules.Add(spec.Dropout == 0, nameof(spec.Dropout), spec.Dropout, "0 with L-BFGS, whose loss must not be random");
            rules.Add(spec.Mixup == 0, nameof(spec.Mixup), spec.Mixup, "0 with L-BFGS, whose loss must not be random");
        }

        if (spec.ExplicitClassWeights is { } weights)
        {
            rules.Add(weights.Count == classes && weights.All(static w => w > 0 && double.IsFinite(w)), nameof(spec.ExplicitClassWeights), string.Join(", ", weights.Select(static w => w.ToString(CultureInfo.InvariantCulture))), $"{classes} weights over 0, one for each class");
        }

        OptionRules.Check(rules.Broken, "A head's specification keeps the ranges of its settings.", "Correct them and train again.");
    }
}
