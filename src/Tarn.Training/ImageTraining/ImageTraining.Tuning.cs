using Tarn.Core;

namespace Tarn.Training;

/// <content>The search.</content>
public sealed partial class ImageTraining
{
    /// <summary>
    /// Chooses backbone, views and head by the log loss on the validation images. Trials that an attempt before made are not made again; the choice is the one that an undisturbed search
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
                Trials = _plan.Trials == 0 ? backbones.Count : _plan.Trials,
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
            var accuracy = perBackbone.First(b => b.Backbone == chosen).ValidationAccuracy;
            TrainingProgressLog.Chosen(_log, found.Trials.Count, found.Resumed, chosen, best.Value!.Value, accuracy);
            return new ImageChoice
            {
                Backbone = chosen,
                BackboneHash = backbones[chosen].Hash,
                Views = HeadSearch.ViewsOf(best.Parameters, _plan),
                Head = HeadSearch.SpecOf(best.Parameters, _plan.Seed),
                ValidationLogLoss = best.Value!.Value,
                ValidationAccuracy = accuracy,
                Trials = found.Trials.Count,
                Failed = found.Trials.Count(static t => t.State == TrialState.Failed),
                Resumed = found.Resumed,
                Seconds = _parts.Time.GetElapsedTime(start).TotalSeconds,
                PerBackbone = perBackbone,
            };
        },
        cancellation);

    /// <summary>The head of a trial, calibrated, and its log loss on the validation images. A function of the trial's parameters, the plan and the images.</summary>
    private (TrainedHead Head, double Loss) Try(Dictionary<string, ImageFeatures> features, TrialParameters parameters, CancellationToken cancellation)
    {
        var of = features[HeadSearch.BackboneOf(parameters)];
        var options = new HeadFitOptions { Threads = Math.Max(1, Environment.ProcessorCount / _plan.Parallel) };
        var fit = new HeadTrainer(HeadSearch.SpecOf(parameters, _plan.Seed)).Fit(of.Train(HeadSearch.ViewsOf(parameters, _plan)), of.Validation, options, cancellation);
        var (head, temperature) = TemperatureScaling.Calibrate(fit.Head, of.Validation);
        return (head, temperature.LossAfter);
    }

    private List<BackboneTrial> PerBackbone(Dictionary<string, ImageFeatures> features, TunerResult found, CancellationToken cancellation) =>
    [
        .. from trial in found.Trials
           where trial.Value is not null
           group trial by HeadSearch.BackboneOf(trial.Parameters) into tried
           orderby tried.Key
           let best = tried.MinBy(static t => t.Value!.Value)!
           let validation = features[tried.Key].Validation
           let predictions = new PredictionSet(Try(features, best.Parameters, cancellation).Head.Predict(validation.Features), validation.Labels, validation.Classes)
           select new BackboneTrial(tried.Key, tried.Count(), best.Value!.Value, predictions.Value(Metric.Accuracy) ?? 0, best.Parameters.ToJson()),
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
