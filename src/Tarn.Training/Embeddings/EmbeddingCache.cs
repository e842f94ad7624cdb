using System.Globalization;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Training;

/// <summary>
/// Embeddings of images in a table of the lake, each computed once for an image (its hash), a view (the augmentation's key and its number) and a backbone (its hash). What is
/// committed stays: a run that is killed or cancelled goes on from there the next time. Safe for use from several threads; two that compute the same at once both keep it.
/// </summary>
public sealed class EmbeddingCache
{
    private readonly Tarn.Lake.Lake _lake;
    private readonly TimeProvider _time;
    private readonly EmbeddingOptions _options;

    /// <summary>Opens a cache; the first use creates its table.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="time">The clock of commits.</param>
    /// <param name="table">The table's name, <c>layer.name</c>.</param>
    /// <param name="options">How embeddings are computed; null for the defaults.</param>
    /// <exception cref="TarnException">The name is none of a table, or options are out of their ranges.</exception>
    public EmbeddingCache(Tarn.Lake.Lake lake, TimeProvider time, string table = "gold.image_embeddings", EmbeddingOptions? options = null)
    {
        _options = options ?? new EmbeddingOptions();
        _options.Validate();
        (_lake, _time, Table) = (lake, time, lake.Table(table));
    }

    /// <summary>The table.</summary>
    public LakeTable Table { get; }

    /// <summary>The embeddings of images: those that are kept, and, computed now, the others.</summary>
    /// <param name="dataset">The dataset's version that the images are of.</param>
    /// <param name="images">Which images.</param>
    /// <param name="embedder">What makes the numbers.</param>
    /// <param name="augmentation">What views are like; null for the image itself.</param>
    /// <param name="views">How many views of each image, the image itself (view 0) among them. Default 1.</param>
    /// <param name="progress">Told after each batch; null for nobody.</param>
    /// <param name="cancellationToken">Ends the work; what is computed by then is kept.</param>
    /// <exception cref="TarnException">Files cannot be read, or give numbers that are not finite: all of them are named, after the others were computed and kept.</exception>
    public async Task<EmbeddingSet> EmbedAsync(
        ImageDatasetSnapshot dataset,
        IReadOnlyList<DatasetImage> images,
        ImageEmbedder embedder,
        AugmentationSpec? augmentation = null,
        int views = 1,
        IProgress<EmbeddingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(embedder);
        if (views is < 1 or > 1024 || (views > 1 && augmentation is null))
        {
            throw TarnException.InvalidInput("An image has 1 to 1,024 views, and more than one only by an augmentation.", views.ToString(CultureInfo.InvariantCulture));
        }

        var wanted = new EmbeddingWork(images, views, embedder, augmentation ?? AugmentationSpec.None);

        // Each embedding is kept by its own key; a task that is tried again must not take its first commit for the one of the attempt before.
        using var alone = LakeWriteScope.Suspend();
        await _lake.EnsureTableAsync(TableDefinition.Of<EmbeddingRow>(Table.Name) with { PartitionBy = ["backbone_hash"] }, cancellationToken).ConfigureAwait(false);
        await LoadAsync(wanted, cancellationToken).ConfigureAwait(false);
        var run = new EmbeddingRun(Table, wanted, _options, _time, progress);
        if (wanted.Missing > 0)
        {
            await run.RunAsync(dataset, cancellationToken).ConfigureAwait(false);
        }

        return new EmbeddingSet(images, views, wanted.Rows, run.Computed);
    }

    private async Task LoadAsync(EmbeddingWork wanted, CancellationToken cancellationToken)
    {
        var parameters = new Dictionary<string, object?>
        {
            ["backbone"] = wanted.Embedder.Hash,
            ["augmentation"] = wanted.AugmentationKey,
            ["views"] = wanted.Views,
            ["images"] = wanted.Images.Select(static i => i.Sha256).ToList(),
        };
        var sql = $"""
            SELECT image_sha256, view_number, embedding FROM {Table.Name}
            WHERE backbone_hash = $backbone AND view_number < $views AND (view_number = 0 OR augmentation = $augmentation) AND image_sha256 IN (SELECT unnest($images))
            """;
        await using var result = await _lake.Sql.QueryAsync(sql, new QueryOptions { Parameters = parameters }, cancellationToken).ConfigureAwait(false);
        await foreach (var row in result.RowsAsync(cancellationToken).ConfigureAwait(false))
        {
            wanted.Take((string)row[0]!, (int)row[1]!, (byte[])row[2]!);
        }
    }
}
