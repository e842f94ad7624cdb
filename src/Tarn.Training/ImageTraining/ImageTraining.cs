using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>
/// One training of an image model, in steps that each can be cut off anywhere and made again: check, embed, tune, train, evaluate, judge, promote. What was computed is found again: embeddings
/// in the lake, trials in the metadata store, the rest with the registry's training run, which the training's key names.
/// </summary>
/// <remarks>
/// What is chosen is decided by cross-validation over the images to learn from and to choose by; when training stops, the temperature and the threshold, by the latter. The test images are looked at once by a training, in
/// <see cref="EvaluateAsync"/>, and the dataset's ledger says who did so before. What is evaluated is the exported <c>model.onnx</c> on decoded files, and it must agree with the trainer on every one.
/// </remarks>
public sealed partial class ImageTraining
{
    private readonly ImageTrainingParts _parts;
    private readonly ImageDataset _dataset;
    private readonly ImageTrainingPlan _plan;
    private readonly string _key;
    private readonly ILogger _log;
    private readonly RunRecord _record;

    /// <summary>A training.</summary>
    /// <param name="parts">What it works with.</param>
    /// <param name="dataset">The images.</param>
    /// <param name="plan">What it is to do.</param>
    /// <param name="key">What names it: the same key goes on with the same training. Letters, digits, - and _, 100 at most; the id of a pipeline's run, for example.</param>
    /// <param name="log">Where it says how far it is.</param>
    /// <exception cref="TarnException">The plan or the key breaks a rule; all that do are named.</exception>
    public ImageTraining(ImageTrainingParts parts, ImageDataset dataset, ImageTrainingPlan plan, string key, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(plan);
        plan.Validate();
        RunRecord.CheckKey(key);
        (_parts, _dataset, _plan, _key, _log) = (parts, dataset, plan, key, log);
        _record = new RunRecord(parts.Registry, plan, key, parts.Time);
    }

    /// <summary>The backbones that are chosen from: those of the plan, else all whose files are here.</summary>
    /// <exception cref="TarnException">One of the plan is not in the catalogue, or its file is absent: the error says how to get it.</exception>
    public IReadOnlyList<string> Backbones()
    {
        var catalog = _parts.Backbones;
        if (_plan.Backbones.Count == 0)
        {
            return [.. catalog.Entries.Where(catalog.IsPresent).Select(static e => e.Name)];
        }

        foreach (var entry in _plan.Backbones.Select(catalog.Find))
        {
            if (!catalog.IsPresent(entry))
            {
                throw TarnException.NotFound($"The file of the backbone {entry.Name} is not here.", catalog.PathOf(entry), BackboneCatalog.HowToGet(entry));
            }
        }

        return [.. _plan.Backbones.Select(static b => b.ToLowerInvariant())];
    }

    /// <summary>Looks whether a version can be trained on, and says what was found: it needs two classes with images to learn from, and images to choose and to judge by.</summary>
    /// <param name="version">The version of the dataset's table.</param>
    /// <param name="cancellation">Cancels it.</param>
    /// <exception cref="TarnException">It cannot; the message says what is missing, of which class.</exception>
    public async Task<DatasetReport> CheckAsync(long version, CancellationToken cancellation = default)
    {
        var report = await _dataset.ReportAsync(version, cancellation).ConfigureAwait(false);
        int Sum(Func<ClassCount, int> count) => report.Classes.Sum(count);
        TrainingProgressLog.Dataset(
            _log, report.Table, version, Sum(static c => c.Train), Sum(static c => c.Validation), Sum(static c => c.Test), string.Join(", ", report.Classes.Select(static c => $"{c.Label} {c.All}")));
        foreach (var finding in report.Findings)
        {
            TrainingProgressLog.Finding(_log, $"{finding.Subject}: {finding.Reason}{(finding.IsQuarantined ? " (kept out)" : "")}");
        }

        var missing = report.Classes.Where(static c => c.Train == 0).Select(static c => $"no image of {c.Label} to learn from").ToList();
        missing.AddRange(report.Classes.Count < 2 ? [$"{report.Classes.Count} class(es)"] : []);
        missing.AddRange(Sum(static c => c.Validation) == 0 ? ["no image to choose by"] : []);
        missing.AddRange(Sum(static c => c.Test) == 0 ? ["no image to judge by"] : []);
        return missing.Count == 0 ? report : throw TarnException.InvalidInput(
            "A training needs two classes, images of each to learn from, and images to choose and to judge by.",
            $"{report.Table} version {version}: {string.Join("; ", missing)}",
            report.Quarantined > 0 ? $"Add images; {report.Quarantined} files were kept out, and the table {_dataset.Quarantine.Name} says why." : "Add images.");
    }

    /// <summary>Computes what is missing of the embeddings by each backbone.</summary>
    public async Task<IReadOnlyList<EmbeddedBackbone>> EmbedAsync(ImageDatasetSnapshot snapshot, CancellationToken cancellation = default)
    {
        var done = new List<EmbeddedBackbone>();
        foreach (var name in Backbones())
        {
            var start = _parts.Time.GetTimestamp();
            var features = await FeaturesAsync(snapshot, _parts.Backbones.Load(name), cancellation).ConfigureAwait(false);
            done.Add(new EmbeddedBackbone(name, features.Dimension, features.Rows, features.Computed, _parts.Time.GetElapsedTime(start).TotalSeconds));
        }

        return done;
    }

    private async Task<ImageFeatures> FeaturesAsync(ImageDatasetSnapshot snapshot, Backbone backbone, CancellationToken cancellation)
    {
        using var embedder = new BackboneEmbedder(backbone);
        var cache = new EmbeddingCache(_parts.Lake, _parts.Time);
        var lines = new EmbeddingLines(backbone.Entry.Name, _log, _parts.Time);
        var train = await cache.EmbedAsync(snapshot, snapshot.Of(DatasetSplit.Train), embedder, _plan.Views > 1 ? _plan.Augmentation : null, _plan.Views, lines, cancellation).ConfigureAwait(false);
        var validation = await cache.EmbedAsync(snapshot, snapshot.Of(DatasetSplit.Validation), embedder, progress: lines, cancellationToken: cancellation).ConfigureAwait(false);
        var test = await cache.EmbedAsync(snapshot, snapshot.Of(DatasetSplit.Test), embedder, progress: lines, cancellationToken: cancellation).ConfigureAwait(false);
        return new ImageFeatures(train, validation, test, snapshot.Classes);
    }
}
