using Microsoft.Extensions.Logging.Abstractions;
using Pizza.Drawing;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Registry;
using Tarn.Training;

namespace Tarn.Bench;

/// <summary>A search of 50 trials over heads on the embeddings of 1,574 pictures, which are there already: as Pizza's pipeline makes it, its trials kept in the metadata store.</summary>
internal static class PizzaTuning
{
    private const int PerClass = 787;
    private const int Trials = 50;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var time = TimeProvider.System;
        var ids = IdSource.Create(time);
        await using var metadata = MetadataStore.Open(Path.Combine(folder, "meta.db"), time, NullLoggerFactory.Instance);
        var objects = new LocalObjectStore(Path.Combine(folder, "lake"), new LocalStoreOptions { Durable = false });
        await using var lake = new Lake.Lake(objects, null, time, ids, NullLoggerFactory.Instance);
        var registry = new ModelRegistry(metadata, objects, Path.Combine(folder, "scratch"), time, ids, NullLoggerFactory.Instance);
        await registry.OpenAsync();
        var pictures = Path.Combine(folder, "pictures");
        var drawn = new DrawnImages(1, PerClass);
        await drawn.DrawAsync(pictures, default);
        var dataset = new ImageDataset(lake, "silver.pictures", time, new ImageDatasetOptions { NearDistance = -1 });
        var import = await dataset.ImportAsync(ImageSource.Folder(pictures));
        var snapshot = await dataset.SnapshotAsync(import.Version);
        var plan = new ImageTrainingPlan { Model = "bench", Data = drawn.Description, IsSynthetic = true, Backbones = ["classical"], Trials = Trials };
        var parts = new ImageTrainingParts(lake, registry, metadata, BackboneCatalog.Open(Path.Combine(folder, "backbones")), time);
        var training = new ImageTraining(parts, dataset, plan, "bench", NullLogger.Instance);
        await training.EmbedAsync(snapshot);
        var choice = await training.TuneAsync(snapshot);
        return [Measurement.Under(FormattableString.Invariant($"{choice.Trials} trials on {snapshot.Images.Count} pictures, accuracy {choice.Accuracy:0.000}"), choice.Seconds, "s", 120)];
    }
}
