using System.Text.Json;
using Tarn.Core;

namespace Tarn.Training;

/// <content>From a choice to the model's files.</content>
public sealed partial class ImageTraining
{
    private const string HeadFileName = "head.bin";
    private const string ModelFolder = "model/";

    /// <summary>
    /// Trains the chosen head, calibrates it by the validation images, and keeps it and the exported model with the training run.
    /// </summary>
    /// <returns>The training run's id in the registry.</returns>
    /// <exception cref="TarnException">The backbone's file is another one than the choice was made with, or the exported model disagrees with the head.</exception>
    public Task<string> TrainAsync(ImageDatasetSnapshot snapshot, ImageChoice choice, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(choice);
        return _record.WithinAsync(
            async run =>
            {
                TrainingProgressLog.Run(_log, run.Id, _plan.ExperimentName);
                var backbone = LoadChosen(choice);
                await _record.ParamsAsync(run, Params(snapshot, choice), cancellation).ConfigureAwait(false);
                await _parts.Registry.Runs.LogInputsAsync(
                    run.Id,
                    [new Registry.RunInput(snapshot.Table, FormattableString.Invariant($"version {snapshot.Version}"), "delta_table", snapshot.Table) { Tags = new Dictionary<string, string> { [Registry.RunTags.DataContext] = "training" } }],
                    cancellation).ConfigureAwait(false);
                var features = await FeaturesAsync(snapshot, backbone, cancellation).ConfigureAwait(false);
                var steps = new List<(string, double, long)>();
                var trainer = new ImageTrainer(backbone, choice.Head);
                var trained = (HeadModel)await trainer.FitAsync(
                    features.Train(choice.Views),
                    features.Validation,
                    new TrainerRun
                    {
                        Seed = choice.Head.Seed,
                        OnStep = step =>
                        {
                            steps.AddRange(step.Metrics.Select(m => (m.Key, m.Value, (long)step.Step)));
                            return true;
                        },
                    },
                    cancellation).ConfigureAwait(false);
                TrainingProgressLog.Trained(_log, trained.Fit.History.Count, trained.Fit.BestEpoch, trained.Head.Temperature);
                foreach (var warning in trained.Warnings)
                {
                    TrainingProgressLog.Finding(_log, warning);
                }

                await _record.MetricsAsync(run, steps, cancellation).ConfigureAwait(false);
                foreach (var (name, bytes) in await trained.ExportAsync(cancellation).ConfigureAwait(false))
                {
                    await _record.KeepAsync(run, ModelFolder + name, bytes, cancellation).ConfigureAwait(false);
                }

                await _record.KeepAsync(run, "choice.json", JsonSerializer.SerializeToUtf8Bytes(choice, ImageTrainingJson.Indented), cancellation).ConfigureAwait(false);
                await _record.KeepAsync(run, HeadFileName, HeadFormat.ToBytes(trained.Head), cancellation).ConfigureAwait(false);
                return run.Id;
            },
            cancellation);
    }

    private Backbone LoadChosen(ImageChoice choice)
    {
        var backbone = _parts.Backbones.Load(choice.Backbone);
        return backbone.Hash == choice.BackboneHash ? backbone : throw TarnException.Conflict(
            "A training goes on with the backbone that it began with.", $"{choice.Backbone} has the hash {backbone.Hash} now, and had {choice.BackboneHash}", "Put the file back, or begin a new training.");
    }

    private IEnumerable<(string Name, object Value)> Params(ImageDatasetSnapshot snapshot, ImageChoice choice)
    {
        yield return ("dataset", snapshot.Table);
        yield return ("dataset_version", snapshot.Version);
        yield return ("synthetic", RunRecord.Text(_plan.IsSynthetic));
        yield return ("classes", string.Join(", ", snapshot.Classes));
        yield return ("backbone", choice.Backbone);
        yield return ("backbone_hash", choice.BackboneHash);
        yield return ("views", choice.Views);
        yield return ("augmentation", choice.Views > 1 ? _plan.Augmentation.Key : "none");
        yield return ("trials", choice.Trials);
        yield return ("seed", _plan.Seed);
        yield return ("head", choice.Head.HiddenSizes.Count == 0 ? "regression" : "perceptron");
        yield return ("hidden", string.Join(", ", choice.Head.HiddenSizes));
        yield return ("dropout", choice.Head.Dropout);
        yield return ("optimizer", choice.Head.Optimizer);
        yield return ("learning_rate", choice.Head.LearningRate);
        yield return ("weight_decay", choice.Head.WeightDecay);
        yield return ("label_smoothing", choice.Head.LabelSmoothing);
    }
}
