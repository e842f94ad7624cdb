using System.Globalization;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>What embeddings are wanted, and which of them are there. Rows are filled from several threads, each its own.</summary>
internal sealed class EmbeddingWork
{
    private readonly Dictionary<string, int> _places;
    private readonly byte[]?[] _loaded;
    private readonly bool[] _has;

    public EmbeddingWork(IReadOnlyList<DatasetImage> images, int views, ImageEmbedder embedder, AugmentationSpec augmentation)
    {
        (Images, Views, Embedder) = (images, views, embedder);
        Augmenter = new Augmenter(augmentation);
        AugmentationKey = augmentation.Key;
        Rows = new FloatMatrix(images.Count * views, embedder.Dimension);
        _has = new bool[Rows.Rows];
        _loaded = new byte[]?[Rows.Rows];
        _places = new Dictionary<string, int>(images.Count, StringComparer.Ordinal);
        for (var i = 0; i < images.Count; i++)
        {
            if (!_places.TryAdd(images[i].Sha256, i))
            {
                throw TarnException.InvalidInput("An image is asked for once.", images[i].Path);
            }
        }

        Missing = Rows.Rows;
    }

    public IReadOnlyList<DatasetImage> Images { get; }

    public int Views { get; }

    public ImageEmbedder Embedder { get; }

    public Augmenter Augmenter { get; }

    public string AugmentationKey { get; }

    public FloatMatrix Rows { get; }

    /// <summary>How many are not there.</summary>
    public int Missing { get; private set; }

    public IReadOnlyList<DatasetImage> MissingImages => [.. Images.Where(i => MissingViews(i).Any())];

    public IEnumerable<int> MissingViews(DatasetImage image) => Enumerable.Range(0, Views).Where(v => !_has[(_places[image.Sha256] * Views) + v]);

    /// <summary>Takes an embedding that is kept. Where two were kept for one, by runs at the same time, always the same of them counts.</summary>
    public void Take(string sha256, int view, byte[] bytes)
    {
        var row = (_places[sha256] * Views) + view;
        if (bytes.Length != Embedder.Dimension * sizeof(float))
        {
            throw TarnException.Corrupt(
                $"A kept embedding of {Embedder.Name} has {Embedder.Dimension} numbers.", string.Create(CultureInfo.InvariantCulture, $"{bytes.Length} bytes for {sha256}, view {view}"), "Delete its row: it is computed again.");
        }

        if (_loaded[row] is { } other && other.AsSpan().SequenceCompareTo(bytes) <= 0)
        {
            return;
        }

        Missing -= _has[row] ? 0 : 1;
        (_loaded[row], _has[row]) = (bytes, true);
        EmbeddingRow.Unpack(bytes, Rows.Row(row));
    }

    /// <summary>Takes an embedding that was computed.</summary>
    public void Take(string sha256, int view, ReadOnlySpan<float> values) => values.CopyTo(Rows.Row((_places[sha256] * Views) + view));
}
