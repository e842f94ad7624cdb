using Tarn.Core;

namespace Tarn.Training;

/// <summary>What a challenger must show to take the champion's place.</summary>
public sealed record GateOptions
{
    /// <summary>The metric in which the challenger must be better. Default accuracy.</summary>
    public Metric Metric { get; init; } = Metric.Accuracy;

    /// <summary>By how much it must be better at least, in the metric's own units; at least 0, default 0.005.</summary>
    public double MinimumGain { get; init; } = 0.005;

    /// <summary>Whether the whole interval of the gain (paired bootstrap) must lie above 0. Default true.</summary>
    public bool RequireInterval { get; init; } = true;

    /// <summary>Whether McNemar's exact test must say that the challenger is right more often, not by chance. Default true.</summary>
    public bool RequireMcNemar { get; init; } = true;

    /// <summary>The p-value that the test may have at most, over 0 and under 1; default 0.05.</summary>
    public double Significance { get; init; } = 0.05;

    /// <summary>How intervals are drawn; the level is also that of the first model's.</summary>
    public BootstrapOptions Bootstrap { get; init; } = new();

    /// <summary>By how much the challenger's calibration error may be above the champion's; null: not looked at. Default 0.02.</summary>
    public double? MaximumCalibrationLoss { get; init; } = 0.02;

    /// <summary>The calibration error that a challenger may have at most, champion or not; null: any. Default null.</summary>
    public double? MaximumCalibrationError { get; init; }

    /// <summary>The accuracy that every slice must have at least; null: any. Default null.</summary>
    public double? SliceFloor { get; init; }

    /// <summary>By how much a slice's accuracy may be under the champion's; null: not looked at. Default 0.05.</summary>
    public double? MaximumSliceLoss { get; init; } = 0.05;

    /// <summary>Slices of fewer rows are not looked at, at least 1; default 30.</summary>
    public int MinimumSliceRows { get; init; } = 30;

    /// <summary>The latency that a challenger may have at most, in milliseconds; null: any. Default null.</summary>
    public double? MaximumLatency { get; init; }

    /// <summary>How many times the champion's latency the challenger's may be; null: not looked at. Default null.</summary>
    public double? MaximumLatencyRatio { get; init; }

    internal void Check()
    {
        var rules = new OptionRules();
        rules.Add(MinimumGain >= 0, nameof(MinimumGain), MinimumGain, "at least 0");
        rules.Add(Significance is > 0 and < 1, nameof(Significance), Significance, "over 0, under 1");
        rules.Add(MaximumCalibrationLoss is null or >= 0, nameof(MaximumCalibrationLoss), MaximumCalibrationLoss, "at least 0");
        rules.Add(MaximumCalibrationError is null or (>= 0 and <= 1), nameof(MaximumCalibrationError), MaximumCalibrationError, "0 to 1");
        rules.Add(SliceFloor is null or (>= 0 and <= 1), nameof(SliceFloor), SliceFloor, "0 to 1");
        rules.Add(MaximumSliceLoss is null or (>= 0 and <= 1), nameof(MaximumSliceLoss), MaximumSliceLoss, "0 to 1");
        rules.Add(MinimumSliceRows >= 1, nameof(MinimumSliceRows), MinimumSliceRows, "at least 1");
        rules.Add(MaximumLatency is null or > 0, nameof(MaximumLatency), MaximumLatency, "over 0");
        rules.Add(MaximumLatencyRatio is null or > 0, nameof(MaximumLatencyRatio), MaximumLatencyRatio, "over 0");
        OptionRules.Check(rules.Broken, "A gate's options keep their ranges.");

        Bootstrap.Check();
    }
}

/// <summary>A model before the gate.</summary>
/// <param name="Version">Which, for the verdict: <c>pizza 3</c>, for example.</param>
/// <param name="Predictions">What it says of the test rows.</param>
/// <param name="LatencyMilliseconds">How long a prediction takes, measured the same way for both models (the 95th percentile, say); null where it was not measured.</param>
public sealed record GateCandidate(string Version, PredictionSet Predictions, double? LatencyMilliseconds = null);
