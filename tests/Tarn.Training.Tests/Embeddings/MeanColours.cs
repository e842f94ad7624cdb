using System.Collections.Concurrent;
using Tarn.Native;

namespace Tarn.Training.Tests;

/// <summary>A small embedder that is real: the mean colours of a picture's four quarters. It counts what it is asked, and may be told to fail or to stop.</summary>
internal sealed class MeanColours(string hash = "mean-1") : ImageEmbedder
{
    private int _images;

    public override string Name => "mean-colours";

    public override string Hash => hash;

    public override int Dimension => 12;

    public int Images => _images;

    public ConcurrentBag<int> Batches { get; } = [];

    /// <summary>Called before each batch with the number of images so far.</summary>
    public Action<int>? Before { get; init; }

    /// <summary>Pictures of this width get a number that is none.</summary>
    public int NotANumberAtWidth { get; init; } = -1;

    public override FloatMatrix Embed(IReadOnlyList<RgbImage> images)
    {
        Before?.Invoke(_images);
        Batches.Add(images.Count);
        Interlocked.Add(ref _images, images.Count);
        var rows = new FloatMatrix(images.Count, Dimension);
        for (var i = 0; i < images.Count; i++)
        {
            var image = images[i];
            var pixels = image.Pixels.Span;
            for (var p = 0; p < pixels.Length; p++)
            {
                var (x, y) = (p / 3 % image.Width, p / 3 / image.Width);
                rows[i, (p % 3) + (3 * (x * 2 / image.Width)) + (6 * (y * 2 / image.Height))] += pixels[p] * 4f / pixels.Length;
            }

            rows[i, 0] = image.Width == NotANumberAtWidth ? float.NaN : rows[i, 0];
        }

        return rows;
    }
}
