using Tarn.Core;
using Tarn.Registry;

namespace Tarn.Training;

/// <summary>What an <see cref="ImageTraining"/> works with.</summary>
/// <param name="Lake">The lake: of the dataset and of the embeddings that are kept.</param>
/// <param name="Registry">Where training runs and models go.</param>
/// <param name="Metadata">Where trials are kept, so that a search that was interrupted goes on.</param>
/// <param name="Backbones">The backbones.</param>
/// <param name="Time">The clock.</param>
public sealed record ImageTrainingParts(Lake.Lake Lake, ModelRegistry Registry, MetadataStore Metadata, BackboneCatalog Backbones, TimeProvider Time);
