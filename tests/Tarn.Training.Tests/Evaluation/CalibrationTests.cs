using Tarn.Core;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class CalibrationTests
{
    [Fact]
    public void Temperature_undoes_the_scale_of_logits()
    {
        // Labels drawn from softmax(z); the head says 3 z.
        var random = new SeededRandom(1);
        var logits = new FloatMatrix(4000, 3);
        var labels = new int[4000];
        for (var r = 0; r < 4000; r++)
        {
            var z = new double[3].Select(_ => random.NextNormal()).ToArray();
            var total = z.Sum(Math.Exp);
            var draw = random.NextDouble() * total;
            labels[r] = draw < Math.Exp(z[0]) ? 0 : draw < Math.Exp(z[0]) + Math.Exp(z[1]) ? 1 : 2;
            for (var c = 0; c < 3; c++)
            {
                logits[r, c] = (float)(3 * z[c]);
            }
        }

        var fit = TemperatureScaling.Fit(logits, labels);
        Assert.InRange(fit.Temperature, 2.8, 3.2);
        Assert.True(fit.LossAfter < fit.LossBefore && !fit.AtLimit);

        // No temperature nearby is better.
        Assert.All(new[] { 0.98, 1.02 }, near => Assert.True(Loss(logits, labels, fit.Temperature * near) > fit.LossAfter));
        Assert.Equal(Loss(logits, labels, fit.Temperature), fit.LossAfter, 1e-6);
    }

    [Fact]
    public void A_calibrated_head_says_the_same_classes_with_better_probabilities()
    {
        var (train, validation, test) = (Blobs.Make(60, 40, 3, 1.5, 1), Blobs.Make(300, 40, 3, 1.5, 2), Blobs.Make(600, 40, 3, 1.5, 3));
        var head = new HeadSpec { Optimizer = HeadOptimizer.Lbfgs, WeightDecay = 0, EarlyStoppingPatience = 0 }.Fit(train).Head;
        var (calibrated, fit) = TemperatureScaling.Calibrate(head, validation);
        var (before, after) = (new PredictionSet(head.Predict(test.Features), test.Labels, test.Classes), new PredictionSet(calibrated.Predict(test.Features), test.Labels, test.Classes));
        Assert.True(fit.Temperature > 1.5);
        Assert.Equal(before.Value(Metric.Accuracy), after.Value(Metric.Accuracy));
        Assert.True(after.Value(Metric.LogLoss) < before.Value(Metric.LogLoss));
        Assert.True(after.Value(Metric.CalibrationError) < before.Value(Metric.CalibrationError));
    }

    [Fact]
    public void Where_all_rows_are_right_the_temperature_stops_at_its_limit()
    {
        var fit = TemperatureScaling.Fit(new FloatMatrix(2, 2, [1, 0, 0, 1]), [0, 1]);
        Assert.Equal((0.05, true), (Math.Round(fit.Temperature, 9), fit.AtLimit));
    }

    [Fact]
    public void Logits_that_say_nothing_stay_as_they_are() => Assert.Equal(1, TemperatureScaling.Fit(new FloatMatrix(3, 2), [0, 1, 1]).Temperature);

    [Theory]
    [InlineData(ThresholdGoal.F1)]
    [InlineData(ThresholdGoal.Youden)]
    [InlineData(ThresholdGoal.Accuracy)]
    [InlineData(ThresholdGoal.Cost)]
    public void No_other_threshold_is_better(ThresholdGoal goal)
    {
        var set = Made.Random(120, 2, 5, skill: 0.7);
        var rule = new ThresholdRule { Goal = goal, FalseNegativeCost = 3 };
        var chosen = ThresholdChoice.Choose(set, rule);
        Assert.Equal(Score(set, rule, chosen.Threshold), chosen.Score, 1e-12);
        for (var i = 0; i <= 200; i++)
        {
            var other = Score(set, rule, i / 200.0);
            Assert.True(goal == ThresholdGoal.Cost ? other >= chosen.Score - 1e-12 : other <= chosen.Score + 1e-12, $"{i / 200.0}: {other}, chosen {chosen}");
        }
    }

    [Fact]
    public void A_demand_for_precision_or_recall_is_met_at_the_best_of_the_other()
    {
        var set = Made.Binary([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [1, 1, 0, 1, 0, 0]);
        var precise = ThresholdChoice.Choose(set, new ThresholdRule { Goal = ThresholdGoal.PrecisionAtLeast, AtLeast = 0.7 });
        Assert.Equal((0.55, 1, 0.75, true), (Math.Round(precise.Threshold, 6), precise.Recall, precise.Precision, precise.Attained));
        var found = ThresholdChoice.Choose(set, new ThresholdRule { Goal = ThresholdGoal.RecallAtLeast, AtLeast = 0.6 });
        Assert.Equal((0.75, 1.0, true), (Math.Round(found.Threshold, 6), found.Precision, found.Attained));
        var never = ThresholdChoice.Choose(Made.Binary([0.9, 0.1], [0, 1]), new ThresholdRule { Goal = ThresholdGoal.PrecisionAtLeast, AtLeast = 0.9 });
        Assert.False(never.Attained);
        Assert.Throws<TarnException>(() => ThresholdChoice.Choose(Made.Binary([0.9, 0.1], [1, 1])));
        Assert.Throws<TarnException>(() => ThresholdChoice.Choose(Made.Random(10, 3, 1)));
    }

    [Fact]
    public void A_threshold_decides_what_rows_are_taken_for()
    {
        var set = Made.Binary([0.2, 0.4, 0.6], [0, 1, 1]);
        Assert.Equal(1, set.WithThreshold(0.3).Value(Metric.Accuracy));
        Assert.Equal(2 / 3.0, set.Value(Metric.Accuracy));
        Assert.Equal(1 / 3.0, set.WithThreshold(0.9).Value(Metric.Accuracy));
    }

    private static double Score(PredictionSet set, ThresholdRule rule, double threshold)
    {
        double hits = 0, misses = 0, all = set.Labels.Count(static l => l == 1);
        for (var r = 0; r < set.Count; r++)
        {
            var taken = set.Probabilities[r, 1] >= threshold;
            hits += taken && set.Labels[r] == 1 ? 1 : 0;
            misses += taken && set.Labels[r] == 0 ? 1 : 0;
        }

        var others = set.Count - all;
        return rule.Goal switch
        {
            ThresholdGoal.F1 => 2 * hits / (all + hits + misses),
            ThresholdGoal.Youden => (hits / all) - (misses / others),
            ThresholdGoal.Accuracy => (hits + others - misses) / set.Count,
            _ => ((rule.FalsePositiveCost * misses) + (rule.FalseNegativeCost * (all - hits))) / set.Count,
        };
    }

    private static double Loss(FloatMatrix logits, int[] labels, double temperature) => Enumerable.Range(0, logits.Rows).Average(r =>
    {
        var z = logits.Row(r).ToArray().Select(x => x / temperature).ToArray();
        return Math.Log(z.Sum(Math.Exp)) - z[labels[r]];
    });
}
