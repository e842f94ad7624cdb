using Tarn.Core;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class EvaluatorTests
{
    [Fact]
    public void An_evaluation_goes_to_json_and_back()
    {
        var made = Made.Random(90, 3, 1);
        var set = new PredictionSet(
            made.Probabilities, made.Labels, made.Classes, new Dictionary<string, IReadOnlyList<string>> { ["camera"] = [.. Enumerable.Range(0, 90).Select(static i => i % 3 == 0 ? "old" : "new")] },
            [.. Enumerable.Range(0, 90).Select(static i => $"{i}.jpg")]);
        var result = Evaluator.Evaluate(set, new EvaluationOptions { Bootstrap = new BootstrapOptions { Resamples = 200 } });
        var json = result.ToJson();
        var read = EvaluationResult.FromJson(json);
        Assert.Equal(json, read.ToJson());
        Assert.Equal(result[Metric.RocAuc], read[Metric.RocAuc]);
        Assert.Equal(["new", "old"], read.Slices.Select(static s => s.Value));
        Assert.Equal(30, read.Slices[1].Rows);
        Assert.All(read.Metrics, static m => Assert.True(m.Interval!.Lower <= m.Value && m.Value <= m.Interval.Upper + 0.05, m.ToString()));
        Assert.Equal(20, read.WorstMistakes.Count);
        Assert.Equal($"{read.WorstMistakes[0].Row}.jpg", read.WorstMistakes[0].Name);
        Assert.True(read.WorstMistakes[0].ClassProbability <= read.WorstMistakes[19].ClassProbability);
        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<TarnException>(() => EvaluationResult.FromJson("{")).Kind);
    }

    [Fact]
    public void A_slice_is_evaluated_as_if_it_were_all_there_is()
    {
        var made = Made.Random(200, 2, 2);
        var camera = Enumerable.Range(0, 200).Select(static i => i % 7 == 0 ? "old" : "new").ToArray();
        var slices = Evaluator.Slices(new PredictionSet(made.Probabilities, made.Labels, made.Classes, new Dictionary<string, IReadOnlyList<string>> { ["camera"] = camera }));
        var rows = Enumerable.Range(0, 200).Where(i => camera[i] == "old").ToArray();
        var old = new PredictionSet(made.Probabilities.Select(rows), [.. rows.Select(r => made.Labels[r])], made.Classes);
        Assert.Equal(old.Value(Metric.Accuracy), slices[1].Accuracy.Estimate);
        Assert.Equal(old.Value(Metric.LogLoss)!.Value, slices[1].LogLoss, 1e-12);
        Assert.Equal(old.Value(Metric.MacroF1)!.Value, slices[1].MacroF1, 1e-12);
    }

    [Fact]
    public void What_is_no_prediction_is_refused_by_row()
    {
        Assert.StartsWith("row 1:", Assert.Throws<TarnException>(() => new PredictionSet(new FloatMatrix(2, 2, [0.5f, 0.5f, 0.9f, 0.9f]), [0, 1], ["a", "b"])).Value, StringComparison.Ordinal);
        Assert.StartsWith("row 0, column 1:", Assert.Throws<TarnException>(() => new PredictionSet(new FloatMatrix(1, 2, [0.5f, float.NaN]), [0], ["a", "b"])).Value, StringComparison.Ordinal);
        Assert.StartsWith("row 0 (x): 2", Assert.Throws<TarnException>(() => new PredictionSet(new FloatMatrix(1, 2, [0.5f, 0.5f]), [2], ["a", "b"], rowNames: ["x"])).Value, StringComparison.Ordinal);
        Assert.Throws<TarnException>(() => new PredictionSet(new FloatMatrix(0, 2), [], ["a", "b"]));
    }
}
