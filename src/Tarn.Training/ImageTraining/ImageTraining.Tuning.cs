using Tarn.Core;

namespace Tarn.Training;

/// <content>The search.</content>
public sealed partial class ImageTraining
{
    /// <summary>
    /// Chooses backbone, views and head by their cross-validated log loss over the images to learn from and to choose by. Trials that an attempt before made are not made again; the choice is the one that an undisturbed search
    /// makes.
    /// </summary>
    /// <exception cref="TarnException">Every trial failed; the first reason is told.</exception>
    public Task<ImageChoice> TuneAsync(ImageDatasetSnapshot snapshot, CancellationToken cancellation = default) => _record.WithinAsync(
        async run =>
        {
            var backbones = Backbones().ToDictionary(static n => n, _parts.Backbones.Load, StringComparer.Ordinal);
            var features = new Dictionary<string, ImageFeatures>(StringComparer.Ordinal);
            foreach (var (name, backbone) in backbones)
            {
                features[name] = await FeaturesAsync(snapshot, backbone, cancellation).ConfigureAwait(false);
            }

            var options = new TunerOptions
            {
                Method = _plan.Trials == 0 ? TunerMethod.Grid : TunerMethod.Tpe,
                Goal = TunerGoal.Minimise,
                Trials = HeadSearch.Trials(backbones.Count, _plan),
                Parallel = _plan.Parallel,
                Seed = _plan.Seed,
            };
            var start = _parts.Time.GetTimestamp();
            var tuner = new Tuner(HeadSearch.Space([.. backbones.Keys], _plan), options, TrialStore.In(_parts.Metadata), $"image-training {_plan.Model} {_key}");
            var found = await tuner.RunAsync((trial, stop) => Task.Run(() => Try(features, trial.Parameters, stop).Loss, stop), cancellation, Say).ConfigureAwait(false);
            var best = found.Best ?? throw TarnException.InvalidInput("At least one trial gives a head.", found.Trials[0].Reason, "See the log of the training.");
            await _record.MetricsAsync(run, found.Trials.Where(static t => t.Value is not null).Select(static t => ("trial_log_loss", t.Value!.Value, (long)t.Number)), cancellation).ConfigureAwait(false);
            var perBackbone = await Task.Run(() => PerBackbone(features, found, cancellation), cancellation).ConfigureAwait(false);
            var chosen = HeadSearch.BackboneOf(best.Parameters);
            var accuracy = perBackbone.First(b => b.Backbone == chosen).Accuracy;
            TrainingProgressLog.Chosen(_log, found.Trials.Count, found.Resumed, chosen, best.Value!.Value, accuracy);
            return new ImageChoice
            {
                Backbone = chosen,
                BackboneHash = backbones[chosen].Hash,
                Views = HeadSearch.ViewsOf(best.Parameters, _plan),
                Head = HeadSearch.SpecOf(best.Parameters, _plan.Seed),
                LogLoss = best.Value!.Value,
                Accuracy = accuracy,
                Trials = found.Trials.Count,
                Failed = found.Trials.Count(static t => t.State == TrialState.Failed),
                Resumed = found.Resumed,
                Seconds = _parts.Time.GetElapsedTime(start).TotalSeconds,
                PerBackbone = perBackbone,
            };
        },
        cancellation);

    /// <summary>How a trial does on the images that its heads did not learn from, each calibrated: a function of the trial's parameters, the plan and the images.</summary>
    private (double Loss, double Accuracy) Try(Dictionary<string, ImageFeatures> features, TrialParameters parameters, CancellationToken cancellation)
    {
        var of = features[HeadSearch.BackboneOf(parameters)];
        var options = new HeadFitOptions { Threads = Math.Max(1, Environment.ProcessorCount / _plan.Parallel) };
        var trainer = new HeadTrainer(HeadSearch.SpecOf(parameters, _plan.Seed));
        var (rows, loss, right) = (0, 0.0, 0.0);
        for (var fold = 0; fold < _plan.Folds; fold++)
        {
            var (outside, inside) = of.Fold(fold, _plan.Folds, HeadSearch.ViewsOf(parameters, _plan));
            if (inside.Labels.Count > 0)
            {
                var (head, temperature) = TemperatureScaling.Calibrate(trainer.Fit(outside, inside, options, cancellation).Head, inside);
                rows += inside.Labels.Count;
                loss += temperature.LossAfter * inside.Labels.Count;
                right += (new PredictionSet(head.Predict(inside.Features), inside.Labels, inside.Classes).Value(Metric.Accuracy) ?? 0) * inside.Labels.Count;
            }
        }

        return rows > 0 ? (loss / rows, right / rows) : throw TarnException.InvalidInput("A search needs two images of some class that do not belong together.", $"{of.Rows} images", "Add images.");
    }

    private List<BackboneTrial> PerBackbone(Dictionary<string, ImageFeatures> features, TunerResult found, CancellationToken cancellation) =>
    [
        .. from trial in found.Trials
           where trial.Value is not null
           group trial by HeadSearch.BackboneOf(trial.Parameters) into tried
           orderby tried.Key
           let best = tried.MinBy(static t => t.Value!.Value)!
           select new BackboneTrial(tried.Key, tried.Count(), best.Value!.Value, Try(features, best.Parameters, cancellation).Accuracy, best.Parameters.ToJson()),
    ];

    private void Say(TrialEvaluation trial)
    {
        if (trial.Value is { } value)
        {
            TrainingProgressLog.Trial(_log, trial.Trial, value, trial.Parameters.ToJson());
        }
        else
        {
            TrainingProgressLog.TrialFailed(_log, trial.Trial, trial.Reason, trial.Parameters.ToJson());
        }
    }
}
