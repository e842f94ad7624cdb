using System.Globalization;
using Tarn.Core;

namespace Tarn.Native;

/// <summary>How a batch of images is decoded and resized.</summary>
public sealed record ImageBatchOptions
{
    /// <summary>Images that are worked on at once. Default 0: one for each core. Range 0 to 1024.</summary>
    public int Threads { get; init; }

    /// <summary>How pixels are computed. Default <see cref="ResizeFilter.BilinearAntialias"/>.</summary>
    public ResizeFilter Filter { get; init; } = ResizeFilter.BilinearAntialias;

    /// <summary>How each image is decoded.</summary>
    public ImageDecodeOptions Decode { get; init; } = ImageDecodeOptions.Default;
}

/// <summary>One image of a batch: the image, or why there is none.</summary>
/// <param name="Index">Its place in the batch.</param>
/// <param name="Image">The image, or null.</param>
/// <param name="Error">What was wrong with it, or null.</param>
public sealed record ImageBatchResult(int Index, RgbImage? Image, TarnException? Error);

/// <summary>Many images at once, on all cores. One that cannot be read is told in its place and stops nothing.</summary>
public static class ImageBatch
{
    /// <summary>Decodes and resizes a batch.</summary>
    /// <param name="count">How many images there are.</param>
    /// <param name="read">Gives the bytes of the image at an index; called from several threads. What it throws as a <see cref="TarnException"/> is that image's error.</param>
    /// <param name="width">Pixels in a row of each result.</param>
    /// <param name="height">Rows of each result.</param>
    /// <param name="options">Threads, filter, limits; null for the defaults.</param>
    /// <param name="cancellation">Stops the batch between two images.</param>
    /// <returns>A result for each image, in order.</returns>
    public static IReadOnlyList<ImageBatchResult> DecodeResized(
        int count, Func<int, ReadOnlyMemory<byte>> read, int width, int height, ImageBatchOptions? options = null, CancellationToken cancellation = default)
    {
        var results = new ImageBatchResult[count];
        DecodeResized(count, read, width, height, result => results[result.Index] = result, options, cancellation);
        return results;
    }

    /// <summary>Decodes and resizes a batch, and hands on each image as soon as it is there, so that they need not all be held at once.</summary>
    /// <param name="count">How many images there are.</param>
    /// <param name="read">Gives the bytes of the image at an index; called from several threads.</param>
    /// <param name="width">Pixels in a row of each result.</param>
    /// <param name="height">Rows of each result.</param>
    /// <param name="take">Takes a result; called from several threads, in any order.</param>
    /// <param name="options">Threads, filter, limits; null for the defaults.</param>
    /// <param name="cancellation">Stops the batch between two images.</param>
    public static void DecodeResized(
        int count, Func<int, ReadOnlyMemory<byte>> read, int width, int height, Action<ImageBatchResult> take, ImageBatchOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(take);
        options ??= new ImageBatchOptions();
        if (options.Threads is < 0 or > 1024)
        {
            throw TarnException.InvalidInput("A batch's threads are 0 (one for each core) to 1024.", options.Threads.ToString(CultureInfo.InvariantCulture));
        }

        _ = RgbImage.CheckSize(width, height);
        var parallel = new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = options.Threads == 0 ? Environment.ProcessorCount : options.Threads };
        Parallel.For(0, count, parallel, i => take(One(i, read, width, height, options)));
    }

    private static ImageBatchResult One(int index, Func<int, ReadOnlyMemory<byte>> read, int width, int height, ImageBatchOptions options)
    {
        try
        {
            return new ImageBatchResult(index, ImageCodec.DecodeResized(read(index).Span, width, height, options.Filter, options.Decode), null);
        }
        catch (TarnException error) when (error.Kind != ErrorKind.Unavailable)
        {
            return new ImageBatchResult(index, null, error);
        }
    }
}
