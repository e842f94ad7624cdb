using System.Text.Json.Serialization;

namespace Tarn.Training;

/// <summary>A number that says how good predictions are. Averages over classes are unweighted (macro).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Metric>))]
public enum Metric
{
    /// <summary>The share of rows whose predicted class is theirs.</summary>
    Accuracy,

    /// <summary>The mean recall of the classes that have rows.</summary>
    BalancedAccuracy,

    /// <summary>The mean precision of the classes that have rows or predictions; 0 for a class that was never predicted.</summary>
    MacroPrecision,

    /// <summary>The mean recall of the classes that have rows or predictions; 0 for a class without rows.</summary>
    MacroRecall,

    /// <summary>The mean over the classes that have rows or predictions of 2 × true positives ÷ (rows + predictions).</summary>
    MacroF1,

    /// <summary>The probability that a row of the class scores above one of the others, ties counting half: of the second of two classes; of more, the mean over each against the rest.</summary>
    RocAuc,

    /// <summary>The area under precision by recall as a step function, Σ (Rₙ − Rₙ₋₁) Pₙ: of the second of two classes; of more, the mean over each against the rest.</summary>
    AveragePrecision,

    /// <summary>The mean of −ln p of the rows' own classes, p not below 10⁻¹⁵. Lower is better.</summary>
    LogLoss,

    /// <summary>The mean squared difference of probability and outcome (Brier, 1950): of the second of two classes, 0 to 1; of more, summed over the classes, 0 to 2. Lower is better.</summary>
    Brier,

    /// <summary>
    /// Expected calibration error: the rows' likeliest classes in 15 bins of equal width by probability; the mean over rows of how far the bin's accuracy is from its mean probability
    /// (Guo et al., 2017). Lower is better.
    /// </summary>
    CalibrationError,
}

/// <summary>Facts about metrics.</summary>
public static class MetricFacts
{
    /// <summary>Whether a higher value is a better one.</summary>
    public static bool HigherIsBetter(this Metric metric) => metric is not (Metric.LogLoss or Metric.Brier or Metric.CalibrationError);
}
