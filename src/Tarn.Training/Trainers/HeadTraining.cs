namespace Tarn.Training;

/// <summary>What trainers of heads have in common: they differ in what they export.</summary>
internal sealed class HeadTraining(HeadSpec spec, bool calibrate)
{
    public Task<TrainedModel<HeadData>> FitAsync(
        HeadData train, HeadData? validation, TrainerRun run, Func<TrainedHead, IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> export, CancellationToken cancellation) => Task.Run<TrainedModel<HeadData>>(
        () =>
        {
            var options = new HeadFitOptions
            {
                Threads = run.Threads,
                ResumeFrom = run.ResumeFrom is { } bytes ? HeadCheckpoint.FromBytes(bytes) : null,
                OnEpoch = run.OnStep is { } step ? progress => step(Step(progress)) : null,
            };
            var fit = new HeadTrainer(spec with { Seed = run.Seed }).Fit(train, validation, options, cancellation);
            var head = calibrate && validation is { Labels.Count: > 0 } ? TemperatureScaling.Calibrate(fit.Head, validation).Head : fit.Head;
            return new HeadModel(head, fit, export);
        },
        cancellation);

    private static TrainerStep Step(HeadProgress progress)
    {
        var epoch = progress.Epoch;
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["train_loss"] = epoch.TrainLoss, ["learning_rate"] = epoch.LearningRate };
        if (epoch.ValidationLoss is { } loss)
        {
            metrics["validation_loss"] = loss;
        }

        if (epoch.ValidationAccuracy is { } accuracy)
        {
            metrics["validation_accuracy"] = accuracy;
        }

        return new TrainerStep(epoch.Epoch, metrics, () => progress.Checkpoint().ToBytes());
    }
}

/// <summary>A trained head as a model.</summary>
public sealed class HeadModel : TrainedModel<HeadData>
{
    private readonly Func<TrainedHead, IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> _export;

    internal HeadModel(TrainedHead head, HeadFit fit, Func<TrainedHead, IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> export) => (Head, Fit, _export) = (head, fit, export);

    /// <summary>The head, calibrated where that was asked for.</summary>
    public TrainedHead Head { get; }

    /// <summary>How it came about; its head is the one before calibration.</summary>
    public HeadFit Fit { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Warnings => Fit.Warnings;

    /// <summary>What it says of rows.</summary>
    public PredictionSet Predict(HeadData rows) => new(Head.Predict(rows.Features), rows.Labels, rows.Classes, rowNames: rows.RowNames);

    /// <inheritdoc/>
    public override Task<ModelReport> EvaluateAsync(HeadData rows, CancellationToken cancellation = default) => Task.Run(
        () =>
        {
            var result = Evaluator.Evaluate(Predict(rows));
            var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal);
            foreach (var metric in result.Metrics)
            {
                if (metric.Value is { } value)
                {
                    metrics[NameOf(metric.Metric)] = value;
                }
            }

            return new ModelReport("classification", metrics, result);
        },
        cancellation);

    /// <inheritdoc/>
    public override Task<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> ExportAsync(CancellationToken cancellation = default) => Task.Run(() => _export(Head), cancellation);

    internal static string NameOf(Metric metric) => metric switch
    {
        Metric.Accuracy => "accuracy",
        Metric.BalancedAccuracy => "balanced_accuracy",
        Metric.MacroPrecision => "macro_precision",
        Metric.MacroRecall => "macro_recall",
        Metric.MacroF1 => "macro_f1",
        Metric.RocAuc => "roc_auc",
        Metric.AveragePrecision => "average_precision",
        Metric.LogLoss => "log_loss",
        Metric.Brier => "brier",
        Metric.CalibrationError => "calibration_error",
        _ => throw new InvalidOperationException($"The metric {metric} has no name."),
    };
}
