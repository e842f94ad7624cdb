using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Pipelines;
using Tarn.Registry;
using Tarn.Training;

namespace Pizza.Pipeline;

/// <summary>What the tasks of the training pipeline do. Each may be cut off anywhere and made again: the run's id is the training's key.</summary>
internal sealed class TrainingTasks(PizzaOptions options, ImageOrigin origin, ImageTrainingParts parts)
{
    /// <summary>Takes the images in.</summary>
    public async Task<Ingested> IngestAsync(TaskContext run)
    {
        var (kind, place) = origin.Of(run.Parameter<string>("images"));
        var description = origin.Describe(kind, place);
        TrainingLog.Source(run.Log, description);
        var source = await origin.SourceAsync(kind, place, run.CancellationToken);
        var dataset = origin.Dataset(kind);
        var import = await dataset.ImportAsync(source, cancellationToken: run.CancellationToken);
        TrainingLog.Imported(run.Log, import.Seen, import.Added, import.Unchanged, import.Updated, import.Replaced, import.Refused.Count);
        foreach (var finding in import.Refused)
        {
            TrainingLog.Refused(run.Log, finding.Subject, finding.Reason, finding.Remedy ?? "");
        }

        run.Report("source", description);
        run.Report("synthetic", kind == OriginKind.Drawn);
        run.Report("seen", import.Seen);
        run.Report("added", import.Added);
        run.Report("refused", import.Refused.Count);
        return new Ingested(kind, description, dataset.Name, import.Version, import.Added + import.Updated + import.Replaced, import.Refused.Count);
    }

    /// <summary>Looks whether the images can be trained on. False where the run came by itself and there is nothing new to learn from.</summary>
    public async Task<bool> CheckAsync(TaskContext run, Ingested images)
    {
        var report = await Training(run, images).CheckAsync(images.Version, run.CancellationToken);
        run.Report("images", report.Images);
        run.Report("classes", string.Join(", ", report.Classes.Select(static c => $"{c.Label} {c.All}")));
        run.Report("quarantined", report.Quarantined);
        run.Report("findings", report.Findings.Count(static f => !f.IsQuarantined));
        if (run.Trigger is RunTrigger.Manual or RunTrigger.Backfill || !await IsTrainedOnAsync(images, run.CancellationToken))
        {
            return true;
        }

        TrainingLog.NothingNew(run.Log, images.Table, images.Version);
        run.Report("nothingNew", true);
        return false;
    }

    /// <summary>Tells how the images are split; the dataset has given each its split when it came.</summary>
    public async Task<SplitCounts> SplitAsync(TaskContext run, Ingested images)
    {
        var snapshot = await SnapshotAsync(images, run.CancellationToken);
        var counts = new SplitCounts(snapshot.Of(DatasetSplit.Train).Count, snapshot.Of(DatasetSplit.Validation).Count, snapshot.Of(DatasetSplit.Test).Count);
        run.Report("dataset", FormattableString.Invariant($"{images.Table} version {images.Version}"));
        run.Report("train", counts.Train);
        run.Report("validation", counts.Validation);
        run.Report("test", counts.Test);
        return counts;
    }

    /// <summary>Computes the embeddings that are missing.</summary>
    public async Task EmbedAsync(TaskContext run, Ingested images)
    {
        var snapshot = await SnapshotAsync(images, run.CancellationToken);
        foreach (var done in await Training(run, images).EmbedAsync(snapshot, run.CancellationToken))
        {
            run.Report(done.Backbone, FormattableString.Invariant($"{done.Computed} of {done.Rows} in {done.Seconds:0.0} s"));
        }
    }

    /// <summary>Chooses backbone, views and head.</summary>
    public async Task<ImageChoice> TuneAsync(TaskContext run, Ingested images)
    {
        var choice = await Training(run, images).TuneAsync(await SnapshotAsync(images, run.CancellationToken), run.CancellationToken);
        run.Report("backbone", choice.Backbone);
        run.Report("trials", choice.Trials);
        run.Report("accuracy", choice.Accuracy);
        run.Report("logLoss", choice.LogLoss);
        run.Report("seconds", Math.Round(choice.Seconds, 2));
        return choice;
    }

    /// <summary>Trains what was chosen.</summary>
    public async Task<string> TrainAsync(TaskContext run, Ingested images, ImageChoice choice)
    {
        var trainingRun = await Training(run, images).TrainAsync(await SnapshotAsync(images, run.CancellationToken), choice, run.CancellationToken);
        run.Report("trainingRun", trainingRun);
        return trainingRun;
    }

    /// <summary>Judges by the test images.</summary>
    public async Task<ImageEvaluation> EvaluateAsync(TaskContext run, Ingested images, ImageChoice choice)
    {
        var evaluation = await Training(run, images).EvaluateAsync(await SnapshotAsync(images, run.CancellationToken), choice, run.CancellationToken);
        run.Report("testAccuracy", evaluation.Accuracy.Estimate);
        run.Report("testAccuracyLower", evaluation.Accuracy.Lower);
        run.Report("testAccuracyUpper", evaluation.Accuracy.Upper);
        run.Report("testImages", evaluation.Rows);
        run.Report("greatestDifference", evaluation.GreatestDifference);
        return evaluation;
    }

    /// <summary>Registers the model, and judges it against the champion.</summary>
    public async Task<ImageVerdict> JudgeAsync(TaskContext run, Ingested images)
    {
        var verdict = await Training(run, images).JudgeAsync(await SnapshotAsync(images, run.CancellationToken), run.CancellationToken);
        run.Report("model", verdict.Model);
        run.Report("version", verdict.Version);
        run.Report("champion", verdict.Champion);
        run.Report("promote", verdict.Promote);
        run.Report("reason", verdict.Reason);
        return verdict;
    }

    /// <summary>Does what the gate decided.</summary>
    public async Task PromoteAsync(TaskContext run, Ingested images, ImageVerdict verdict)
    {
        var promoted = await Training(run, images).PromoteAsync(verdict, run.CancellationToken);
        run.Report("promoted", promoted);
    }

    private ImageTraining Training(TaskContext run, Ingested images) => new(parts, origin.Dataset(images.Origin), Plan(run, images), run.RunId, run.Log);

    private Task<ImageDatasetSnapshot> SnapshotAsync(Ingested images, CancellationToken cancellation) => origin.Dataset(images.Origin).SnapshotAsync(images.Version, cancellation);

    private ImageTrainingPlan Plan(TaskContext run, Ingested images)
    {
        var isTuned = run.Parameter<bool>("tune") || run.Parameter<int>("trials") > 0 || (run.Trigger is not (RunTrigger.Manual or RunTrigger.Backfill) && options.Tune);
        var backbones = run.Parameter<string>("backbones") is { Length: > 0 } named ? named.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : options.Backbones;
        return new ImageTrainingPlan
        {
            Model = PizzaSystem.ModelName,
            Data = images.Description,
            IsSynthetic = images.IsSynthetic,
            Backbones = backbones,
            Views = isTuned ? options.Views : 1,
            Trials = isTuned ? (run.Parameter<int>("trials") is var given and > 0 ? given : options.Trials) : 0,
            Parallel = options.Parallel,
            Seed = run.Parameter<int>("seed") is var seed and >= 0 ? seed : options.Seed,
            Gate = options.ToGate(),
            Who = PizzaSystem.PipelineName,
        };
    }

    /// <summary>Whether the newest version of the model was made of this very version of the dataset.</summary>
    private async Task<bool> IsTrainedOnAsync(Ingested images, CancellationToken cancellation)
    {
        try
        {
            var versions = await parts.Registry.Models.ListVersionsAsync(PizzaSystem.ModelName, cancellation);
            return versions.Count > 0 && versions[0].Tags.Any(t => t.Key == ModelCard.DatasetTag && t.Value == ModelCard.DatasetOf(images.Table, images.Version));
        }
        catch (TarnException error) when (error.Kind == ErrorKind.NotFound)
        {
            return false;
        }
    }
}
