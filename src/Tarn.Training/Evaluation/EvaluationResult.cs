using System.Text.Json;

namespace Tarn.Training;

/// <summary>A metric's value.</summary>
/// <param name="Metric">Which.</param>
/// <param name="Value">Its value over all rows; null where it is not defined.</param>
/// <param name="Interval">Its interval, where one was asked for.</param>
public sealed record MetricResult(Metric Metric, double? Value, ConfidenceInterval? Interval);

/// <summary>How one class does.</summary>
/// <param name="Class">Its name.</param>
/// <param name="Rows">Rows of it.</param>
/// <param name="Predicted">Rows taken for it.</param>
/// <param name="Precision">The share of it among those taken for it; null where there are none.</param>
/// <param name="Recall">The share of it that is taken for it; null where there are no rows of it.</param>
/// <param name="F1">2 × hits ÷ (rows + predicted); null where both are 0.</param>
/// <param name="RocAuc">Of it against the rest; null where all rows are of it, or none.</param>
/// <param name="AveragePrecision">Of it against the rest; null where no row is of it.</param>
/// <param name="Roc">Its ROC curve.</param>
/// <param name="PrecisionRecall">Its precision-recall curve.</param>
public sealed record ClassResult(
    string Class, long Rows, long Predicted, double? Precision, double? Recall, double? F1, double? RocAuc, double? AveragePrecision,
    IReadOnlyList<RocPoint> Roc, IReadOnlyList<PrecisionRecallPoint> PrecisionRecall);

/// <summary>How the rows of one slice do.</summary>
/// <param name="Dimension">What the rows were sliced by: <c>camera</c>, for example.</param>
/// <param name="Value">Which slice.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Accuracy">Their accuracy with Wilson's interval.</param>
/// <param name="BalancedAccuracy">Over the classes that are in it.</param>
/// <param name="MacroF1">Over the classes that are in it.</param>
/// <param name="LogLoss">Their log loss.</param>
public sealed record SliceResult(string Dimension, string Value, long Rows, ConfidenceInterval Accuracy, double BalancedAccuracy, double MacroF1, double LogLoss);

/// <summary>A row that was taken for a wrong class.</summary>
/// <param name="Row">Its number, from 0.</param>
/// <param name="Name">What it is called, or null.</param>
/// <param name="Class">Its class.</param>
/// <param name="Predicted">What it was taken for.</param>
/// <param name="Probability">The probability of what it was taken for.</param>
/// <param name="ClassProbability">The probability of its own class.</param>
public sealed record Mistake(int Row, string? Name, string Class, string Predicted, double Probability, double ClassProbability);

/// <summary>How good a model's predictions are, whole, by class and by slice. Goes to JSON and back unchanged.</summary>
/// <param name="Rows">Rows looked at.</param>
/// <param name="Classes">The classes' names.</param>
/// <param name="Threshold">The threshold on the second class' probability; null: the likeliest class.</param>
/// <param name="Metrics">Every metric.</param>
/// <param name="PerClass">Each class, in the classes' order.</param>
/// <param name="Confusion">How often rows of each class (first index) were taken for each class (second).</param>
/// <param name="Reliability">The reliability diagram, 15 bins.</param>
/// <param name="Slices">Each slice, by dimension and value.</param>
/// <param name="WorstMistakes">The mistakes whose own class was least likely, worst first.</param>
public sealed record EvaluationResult(
    long Rows, IReadOnlyList<string> Classes, double? Threshold, IReadOnlyList<MetricResult> Metrics, IReadOnlyList<ClassResult> PerClass,
    IReadOnlyList<IReadOnlyList<long>> Confusion, IReadOnlyList<ReliabilityBin> Reliability, IReadOnlyList<SliceResult> Slices, IReadOnlyList<Mistake> WorstMistakes)
{
    /// <summary>A metric's value; null where it is not defined.</summary>
    public double? this[Metric metric] => Metrics.FirstOrDefault(m => m.Metric == metric)?.Value;

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, TrainingJson.Options);

    /// <summary>From the JSON of <see cref="ToJson"/>.</summary>
    /// <exception cref="Tarn.Core.TarnException">The text is not such JSON.</exception>
    public static EvaluationResult FromJson(string json) => TrainingJson.Read<EvaluationResult>(json, "evaluation");
}
