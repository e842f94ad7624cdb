using Xunit;

namespace Tarn.Training.Tests;

public sealed class MetricsTests
{
    // By hand: of 4 yes, 3 are found (0.9, 0.8, 0.6; not 0.3); of 4 no, 1 is taken for yes (0.7).
    private static readonly PredictionSet Eight = Made.Binary([0.9, 0.8, 0.6, 0.3, 0.7, 0.4, 0.2, 0.1], [1, 1, 1, 1, 0, 0, 0, 0]);

    [Fact]
    public void Eight_rows_by_hand()
    {
        Assert.Equal(6 / 8.0, Eight.Value(Metric.Accuracy));
        Assert.Equal((0.75 + 0.75) / 2, Eight.Value(Metric.BalancedAccuracy));
        Assert.Equal((0.75 + 0.75) / 2, Eight.Value(Metric.MacroPrecision));
        Assert.Equal(0.75, Eight.Value(Metric.MacroF1));

        // Of 16 pairs of a yes and a no, the yes is above in 4 + 4 + 3 + 2.
        Assert.Equal(13 / 16.0, Eight.Value(Metric.RocAuc)!.Value, 1e-12);

        // Precision at each yes, in order: 1/1, 2/2, 3/4, 4/6.
        Assert.Equal((1 + 1 + 0.75 + (4 / 6.0)) / 4, Eight.Value(Metric.AveragePrecision)!.Value, 1e-12);
        Assert.Equal(-(Math.Log(0.9) + Math.Log(0.8) + Math.Log(0.6) + Math.Log(0.3) + Math.Log(0.3) + Math.Log(0.6) + Math.Log(0.8) + Math.Log(0.9)) / 8, Eight.Value(Metric.LogLoss)!.Value, 1e-6);
        Assert.Equal((0.01 + 0.04 + 0.16 + 0.49 + 0.49 + 0.16 + 0.04 + 0.01) / 8, Eight.Value(Metric.Brier)!.Value, 1e-6);

        // Confidences 0.9 0.8 0.6 0.7(wrong) 0.7(wrong) 0.6 0.8 0.9, two in each bin.
        Assert.Equal(((0.1 * 2) + (0.2 * 2) + (0.4 * 2) + (0.7 * 2)) / 8, Eight.Value(Metric.CalibrationError)!.Value, 1e-6);
        Assert.Equal([3L, 1], Eight.ConfusionMatrix()[0]);
        Assert.Equal([1L, 3], Eight.ConfusionMatrix()[1]);
    }

    [Fact]
    public void Three_classes_by_hand_with_one_that_was_never_predicted()
    {
        var set = new PredictionSet(
            new FloatMatrix(4, 3, [0.8f, 0.1f, 0.1f, 0.2f, 0.7f, 0.1f, 0.5f, 0.3f, 0.2f, 0.1f, 0.6f, 0.3f]), [0, 1, 2, 2], ["a", "b", "c"]);
        Assert.Equal(0.5, set.Value(Metric.Accuracy));
        Assert.Equal((1 + 1 + 0) / 3.0, set.Value(Metric.BalancedAccuracy));
        Assert.Equal((0.5 + 0.5 + 0) / 3.0, set.Value(Metric.MacroPrecision));
        Assert.Equal(((2 / 3.0) + (2 / 3.0) + 0) / 3, set.Value(Metric.MacroF1)!.Value, 1e-12);
        Assert.Equal((0.04 + 0.01 + 0.01 + 0.04 + 0.09 + 0.01 + 0.25 + 0.09 + 0.64 + 0.01 + 0.36 + 0.49) / 4, set.Value(Metric.Brier)!.Value, 1e-6);
        Assert.Null(Evaluator.Evaluate(set, new EvaluationOptions { Bootstrap = null }).PerClass[2].Precision);
    }

    [Theory]
    [InlineData(60, 2)]
    [InlineData(200, 3)]
    [InlineData(150, 5)]
    public void Areas_and_means_are_those_of_their_definitions(int rows, int classes)
    {
        var set = Made.Random(rows, classes, rows);
        var judged = classes == 2 ? [1] : Enumerable.Range(0, classes).ToArray();
        Assert.Equal(judged.Average(c => PairsInOrder(set, c)), set.Value(Metric.RocAuc)!.Value, 1e-9);
        Assert.Equal(judged.Average(c => StepArea(set, c)), set.Value(Metric.AveragePrecision)!.Value, 1e-9);
        Assert.Equal(Enumerable.Range(0, rows).Average(r => -Math.Log(set.Probabilities[r, set.Labels[r]])), set.Value(Metric.LogLoss)!.Value, 1e-9);
        Assert.Equal(Enumerable.Range(0, classes).Average(c => Enumerable.Range(0, rows).Where(r => set.Labels[r] == c).Average(r => Top(set, r) == c ? 1.0 : 0)), set.Value(Metric.BalancedAccuracy)!.Value, 1e-9);
        var bins = Enumerable.Range(0, rows).GroupBy(r => (int)Math.Ceiling((double)set.Probabilities[r, Top(set, r)] * 15));
        Assert.Equal(
            bins.Sum(b => b.Count() / (double)rows * Math.Abs(b.Average(r => Top(set, r) == set.Labels[r] ? 1.0 : 0) - b.Average(r => set.Probabilities[r, Top(set, r)]))),
            set.Value(Metric.CalibrationError)!.Value, 1e-6);
    }

    [Fact]
    public void A_row_that_counts_twice_is_as_good_as_two_rows()
    {
        var set = Made.Random(40, 3, 3);
        var times = Enumerable.Range(0, 40).Select(static r => r % 4).ToArray();
        var rows = Enumerable.Range(0, 40).SelectMany(r => Enumerable.Repeat(r, times[r])).ToArray();
        var copied = new PredictionSet(set.Probabilities.Select(rows), [.. rows.Select(r => set.Labels[r])], set.Classes);
        foreach (var metric in Enum.GetValues<Metric>())
        {
            Assert.Equal(copied.Value(metric)!.Value, Metrics.Of(set, metric, times), 1e-9);
        }
    }

    [Fact]
    public void Areas_are_not_defined_where_all_rows_are_of_one_class()
    {
        var set = Made.Binary([0.2, 0.9], [0, 0]);
        Assert.Null(set.Value(Metric.RocAuc));
        Assert.Null(set.Value(Metric.AveragePrecision));
        Assert.Equal(0.5, set.Value(Metric.BalancedAccuracy));
        Assert.Empty(set.Roc(1));
    }

    [Fact]
    public void Certain_and_wrong_costs_much_but_not_infinitely() =>
        Assert.Equal(-Math.Log(1e-15), Made.Binary([0], [1]).Value(Metric.LogLoss)!.Value, 1e-9);

    [Fact]
    public void A_curve_ends_where_it_must_and_holds_its_area()
    {
        var set = Made.Random(300, 2, 11);
        var roc = set.Roc(1);
        Assert.Equal((0.0, 0.0, 1.0, 1.0), (roc[0].FalsePositiveRate, roc[0].TruePositiveRate, roc[^1].FalsePositiveRate, roc[^1].TruePositiveRate));
        var area = roc.Zip(roc.Skip(1), static (a, b) => (b.FalsePositiveRate - a.FalsePositiveRate) * (a.TruePositiveRate + b.TruePositiveRate) / 2).Sum();
        Assert.Equal(set.Value(Metric.RocAuc)!.Value, area, 1e-9);
        var curve = set.PrecisionRecall(1);
        var steps = curve.Select((p, i) => (p.Recall - (i == 0 ? 0 : curve[i - 1].Recall)) * p.Precision).Sum();
        Assert.Equal(set.Value(Metric.AveragePrecision)!.Value, steps, 1e-9);
        Assert.Equal(10, set.PrecisionRecall(1, 10).Count);
        Assert.Equal(1, set.PrecisionRecall(1, 10)[^1].Recall);
    }

    private static int Top(PredictionSet set, int row)
    {
        var top = 0;
        for (var c = 1; c < set.Classes.Count; c++)
        {
            top = set.Probabilities[row, c] > set.Probabilities[row, top] ? c : top;
        }

        return top;
    }

    private static double PairsInOrder(PredictionSet set, int c)
    {
        var (sum, pairs) = (0.0, 0);
        for (var i = 0; i < set.Count; i++)
        {
            for (var j = 0; j < set.Count; j++)
            {
                if (set.Labels[i] == c && set.Labels[j] != c)
                {
                    pairs++;
                    sum += set.Probabilities[i, c] > set.Probabilities[j, c] ? 1 : set.Probabilities[i, c] == set.Probabilities[j, c] ? 0.5 : 0;
                }
            }
        }

        return sum / pairs;
    }

    private static double StepArea(PredictionSet set, int c)
    {
        var (area, before, all) = (0.0, 0.0, set.Labels.Count(l => l == c));
        foreach (var threshold in Enumerable.Range(0, set.Count).Select(r => set.Probabilities[r, c]).Distinct().OrderDescending())
        {
            var taken = Enumerable.Range(0, set.Count).Where(r => set.Probabilities[r, c] >= threshold).ToList();
            var hits = taken.Count(r => set.Labels[r] == c);
            area += (((double)hits / all) - before) * hits / taken.Count;
            before = (double)hits / all;
        }

        return area;
    }
}
