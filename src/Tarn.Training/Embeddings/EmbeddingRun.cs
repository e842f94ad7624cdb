using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics.Tensors;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>Computes the embeddings that are missing: a batch on each core, from the file to the numbers, and commits them as they come.</summary>
internal sealed class EmbeddingRun(LakeTable table, EmbeddingWork work, EmbeddingOptions options, TimeProvider time, IProgress<EmbeddingProgress>? progress)
{
    /// <summary>A batch is given over before its pictures take more than this: 96 MB decoded.</summary>
    private const long MostPixels = 32_000_000;

    private readonly ConcurrentQueue<string> _failures = new();
    private readonly Lock _gate = new();
    private readonly int _kept = work.Rows.Rows - work.Missing;
    private List<EmbeddingRow> _rows = [];
    private Task _commit = Task.CompletedTask;
    private long _committed;
    private int _computed;

    public int Computed => _computed;

    public async Task RunAsync(ImageDatasetSnapshot dataset, CancellationToken cancellationToken)
    {
        _committed = time.GetTimestamp();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.EffectiveThreads, CancellationToken = cancellationToken };
        try
        {
            await Parallel.ForEachAsync(BatchesAsync(dataset, cancellationToken), parallel, async (files, stop) =>
            {
                Compute(dataset, files, stop);
                await CommitWhereDueAsync().ConfigureAwait(false);
            }).ConfigureAwait(false);
        }
        finally
        {
            // Also where the work was cancelled or failed: what is computed is kept.
            await CommitRestAsync().ConfigureAwait(false);
        }

        if (!_failures.IsEmpty)
        {
            throw TarnException.InvalidInput(
                "Every image gives an embedding.",
                string.Create(CultureInfo.InvariantCulture, $"{_failures.Count} do not: {string.Join("; ", _failures.Order(StringComparer.Ordinal).Take(10))}{(_failures.Count > 10 ? " …" : "")}"),
                "Put the files in order, or import again without them. The others are kept.");
        }
    }

    /// <summary>Images with about a batch of views that are missing.</summary>
    private async IAsyncEnumerable<List<DatasetFile>> BatchesAsync(ImageDatasetSnapshot dataset, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (batch, views) = (new List<DatasetFile>(), 0);
        await foreach (var file in dataset.FilesAsync(work.MissingImages, cancellationToken).ConfigureAwait(false))
        {
            batch.Add(file);
            views += work.MissingViews(file.Image).Count();
            if (views >= options.BatchSize)
            {
                yield return batch;
                (batch, views) = ([], 0);
            }
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    private void Compute(ImageDatasetSnapshot dataset, List<DatasetFile> files, CancellationToken stop)
    {
        var (views, images, pixels) = (new List<(DatasetImage Image, int View)>(), new List<RgbImage>(), 0L);
        foreach (var file in files)
        {
            stop.ThrowIfCancellationRequested();
            RgbImage image;
            try
            {
                image = ImageCodec.Decode(file.Read(), new ImageDecodeOptions { Limits = dataset.Options.Limits });
            }
            catch (TarnException error) when (error.Kind != ErrorKind.Unavailable)
            {
                _failures.Enqueue($"{file.Image.Path}: {error.Message}");
                continue;
            }

            foreach (var view in work.MissingViews(file.Image))
            {
                if (images.Count == options.BatchSize || (images.Count > 0 && pixels + ((long)image.Width * image.Height) > MostPixels))
                {
                    Embed(views, images);
                    (views, images, pixels) = ([], [], 0);
                }

                images.Add(work.Augmenter.View(image, file.Image.Sha256, view));
                views.Add((file.Image, view));
                pixels += (long)image.Width * image.Height;
            }
        }

        if (images.Count > 0)
        {
            stop.ThrowIfCancellationRequested();
            Embed(views, images);
        }
    }

    private void Embed(List<(DatasetImage Image, int View)> views, List<RgbImage> images)
    {
        var matrix = work.Embedder.Embed(images);
        if (matrix.Rows != images.Count || matrix.Columns != work.Embedder.Dimension)
        {
            throw TarnException.InvalidInput($"Embedder {work.Embedder.Name} gives {work.Embedder.Dimension} numbers for each image.", $"{matrix.Rows} × {matrix.Columns} for {images.Count} images");
        }

        var now = time.GetUtcNow();
        var rows = new List<EmbeddingRow>(views.Count);
        for (var i = 0; i < views.Count; i++)
        {
            var (image, view) = views[i];
            if (!TensorPrimitives.IsFiniteAll<float>(matrix.Row(i)))
            {
                _failures.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{image.Path}, view {view}: {work.Embedder.Name} gives numbers that are not finite"));
                continue;
            }

            work.Take(image.Sha256, view, matrix.Row(i));
            rows.Add(new EmbeddingRow
            {
                ImageSha256 = image.Sha256,
                Augmentation = view == 0 ? "" : work.AugmentationKey,
                ViewNumber = view,
                BackboneHash = work.Embedder.Hash,
                Backbone = work.Embedder.Name,
                Embedding = EmbeddingRow.Pack(matrix.Row(i)),
                MadeAt = now,
            });
        }

        EmbeddingProgress state;
        lock (_gate)
        {
            _rows.AddRange(rows);
            _computed += rows.Count;
            state = new EmbeddingProgress(_kept + _computed, work.Rows.Rows, _kept);
        }

        progress?.Report(state);
    }

    /// <summary>Begins a commit where one is due, while the computing goes on; one at a time. A commit that failed ends the work.</summary>
    private Task CommitWhereDueAsync()
    {
        lock (_gate)
        {
            if (!_commit.IsCompletedSuccessfully)
            {
                return _commit.IsCompleted ? _commit : Task.CompletedTask;
            }

            if (_rows.Count > 0 && (_rows.Count >= options.CommitRows || time.GetElapsedTime(_committed) >= options.CommitEvery))
            {
                _commit = CommitAsync();
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>Commits what is left, after the commit that is on its way.</summary>
    private async Task CommitRestAsync()
    {
        await _commit.ConfigureAwait(false);
        await CommitAsync().ConfigureAwait(false);
    }

    /// <summary>Takes the rows so far, and commits them on a thread of its own. Not to be cancelled half-way: they are out of the list.</summary>
    private Task CommitAsync()
    {
        List<EmbeddingRow> rows;
        lock (_gate)
        {
            (rows, _rows) = (_rows, []);
            _committed = time.GetTimestamp();
        }

        return rows.Count == 0
            ? Task.CompletedTask
            : Task.Run(() => table.AppendAsync(rows, new WriteOptions { Operation = "EMBED" }, CancellationToken.None), CancellationToken.None);
    }
}
