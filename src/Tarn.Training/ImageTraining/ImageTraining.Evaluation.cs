using Tarn.Registry;

namespace Tarn.Training;

/// <summary>How a trained model did. Goes to JSON and back.</summary>
/// <param name="TrainingRun">The registry's training run.</param>
/// <param name="Accuracy">The accuracy on the test images, with its interval.</param>
/// <param name="Rows">Test images.</param>
/// <param name="Metrics">The metrics by name, as the training run has them.</param>
/// <param name="Threshold">The threshold that the validation images suggest, or null.</param>
/// <param name="GreatestDifference">By how much the exported model differs from the trainer at most.</param>
/// <param name="Warnings">What to know.</param>
public sealed record ImageEvaluation(
    string TrainingRun, ConfidenceInterval Accuracy, long Rows, IReadOnlyDictionary<string, double> Metrics, double? Threshold, double GreatestDifference, IReadOnlyList<string> Warnings);

/// <content>The test.</content>
public sealed partial class ImageTraining
{
    private const string PredictionsFile = "predictions.json";

    /// <summary>
    /// Judges the exported model by the test images, once: says so in the dataset's ledger, compares the model with the trainer on every image, and keeps evaluation, card, report
    /// and the dataset's page with the training run.
    /// </summary>
    /// <exception cref="Tarn.Core.TarnException">The exported model and the trainer disagree about an image.</exception>
    public Task<ImageEvaluation> EvaluateAsync(ImageDatasetSnapshot snapshot, ImageChoice choice, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(choice);
        return _record.WithinAsync(run => TestAsync(snapshot, choice, run, cancellation), cancellation);
    }

    private async Task<ImageEvaluation> TestAsync(ImageDatasetSnapshot snapshot, ImageChoice choice, TrainingRun run, CancellationToken cancellation)
    {
        var head = HeadFormat.FromBytes(await _record.ReadAsync(run, HeadFileName, cancellation).ConfigureAwait(false));
        var backbone = LoadChosen(choice);
        var features = await FeaturesAsync(snapshot, backbone, cancellation).ConfigureAwait(false);
        var validation = new PredictionSet(head.Predict(features.Validation.Features), features.Validation.Labels, snapshot.Classes);
        var threshold = snapshot.Classes.Count == 2 && validation.Labels.Distinct().Count() == 2
            ? ThresholdChoice.Choose(validation, new ThresholdRule { Goal = ThresholdGoal.Accuracy })
            : null;

        var use = await _dataset.UseTestAsync(snapshot, run.Id, "evaluation", cancellation).ConfigureAwait(false);
        var predictions = await TestPredictions.MakeAsync(snapshot, () => LoadModelAsync(run, cancellation), _parts.Time, cancellation).ConfigureAwait(false);
        var difference = predictions.CompareWith(head.Predict(features.Test.Features));
        var test = predictions.ToSet(snapshot, snapshot.Classes);
        var result = await Task.Run(() => Evaluator.Evaluate(test, new EvaluationOptions { Bootstrap = new BootstrapOptions { Seed = _plan.Seed } }), cancellation).ConfigureAwait(false);
        var card = new ModelCard
        {
            Model = _plan.Model,
            Description = Description(snapshot, choice),
            MadeAt = _parts.Time.GetUtcNow(),
            Classes = snapshot.Classes,
            Data = new CardData(
                snapshot.Table,
                snapshot.Version,
                _plan.Data,
                _plan.IsSynthetic,
                [.. snapshot.Classes.Select(c => new ClassCount(c, snapshot.Count(c, DatasetSplit.Train), snapshot.Count(c, DatasetSplit.Validation), snapshot.Count(c, DatasetSplit.Test)))],
                use.Use.Fingerprint,
                use.EarlierUses.Count),
            Training = new CardTraining(run.Id, _key, choice, backbone.Sha256, head.Temperature, _plan.Seed, difference, ImageModel.Tolerance, predictions.LatencyMilliseconds),
            Test = result.Metrics,
            Threshold = threshold,
            TestAccuracyAtThreshold = threshold is null ? null : test.WithThreshold(threshold.Threshold).Value(Metric.Accuracy),
            Warnings = Warnings(snapshot, use),
        };
        await _record.KeepAsync(run, PredictionsFile, predictions.ToJson(), cancellation).ConfigureAwait(false);
        await KeepTextAsync(run, "evaluation.json", result.ToJson(), cancellation).ConfigureAwait(false);
        await KeepTextAsync(run, ModelFolder + ModelCard.FileName, card.ToJson(), cancellation).ConfigureAwait(false);
        await KeepTextAsync(run, "report.html", await TrainingPage.MakeAsync(snapshot, card, result, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        var data = await _dataset.ReportAsync(snapshot.Version, cancellation).ConfigureAwait(false);
        await KeepTextAsync(run, "dataset.html", await DatasetPage.MakeAsync(_dataset, data, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        var metrics = result.Metrics.Where(static m => m.Value is not null).ToDictionary(static m => "test_" + HeadModel.NameOf(m.Metric), static m => m.Value!.Value, StringComparer.Ordinal);
        var accuracy = result.Metrics.First(static m => m.Metric == Metric.Accuracy).Interval!;
        await _record.MetricsAsync(
            run,
            metrics.Select(static m => (m.Key, m.Value, 0L)).Append(("test_accuracy_lower", accuracy.Lower, 0L)).Append(("test_accuracy_upper", accuracy.Upper, 0L)),
            cancellation).ConfigureAwait(false);
        TrainingProgressLog.Evaluated(_log, accuracy.Estimate, accuracy.Lower, accuracy.Upper, result.Rows, difference);
        foreach (var warning in card.Warnings)
        {
            TrainingProgressLog.Finding(_log, warning);
        }

        return new ImageEvaluation(run.Id, accuracy, result.Rows, metrics, threshold?.Threshold, difference, card.Warnings);
    }

    private async Task<ImageClassifier> LoadModelAsync(TrainingRun run, CancellationToken cancellation)
    {
        var model = await _record.ReadAsync(run, ModelFolder + ImageModelFiles.ModelName, cancellation).ConfigureAwait(false);
        var signature = await _record.ReadAsync(run, ModelFolder + ImageModelFiles.SignatureName, cancellation).ConfigureAwait(false);
        return await Task.Run(() => ImageClassifier.FromBytes(model, signature, $"{_plan.Model} (training run {run.Id})", threads: 1), cancellation).ConfigureAwait(false);
    }

    private Task KeepTextAsync(TrainingRun run, string path, string text, CancellationToken cancellation) => _record.KeepAsync(run, path, System.Text.Encoding.UTF8.GetBytes(text), cancellation);

    private string Description(ImageDatasetSnapshot snapshot, ImageChoice choice) =>
        $"{(_plan.IsSynthetic ? "Synthetic: trained and judged on drawn pictures, not on photographs. " : "")}Tells {string.Join(", ", snapshot.Classes)} apart; {choice.Backbone} with " +
        $"{(choice.Head.HiddenSizes.Count == 0 ? "a regression" : "a perceptron")}, {FormattableString.Invariant($"{snapshot.Table} version {snapshot.Version}")}.";

    private IReadOnlyList<string> Warnings(ImageDatasetSnapshot snapshot, TestUseResult use)
    {
        var warnings = new List<string>();
        if (_plan.IsSynthetic)
        {
            warnings.Add("The images were drawn by a program (synthetic): the figures say nothing of photographs.");
        }

        warnings.AddRange(use.Warning is { } used ? [used] : []);
        warnings.AddRange(snapshot.Classes.Where(c => snapshot.Count(c, DatasetSplit.Train) == 1).Select(static c => $"There is a single image of {c} to learn from."));
        warnings.AddRange(snapshot.Classes.Where(c => snapshot.Count(c, DatasetSplit.Test) == 0).Select(static c => $"There is no image of {c} to judge by: what is said of accuracy does not cover it."));
        return warnings;
    }
}
