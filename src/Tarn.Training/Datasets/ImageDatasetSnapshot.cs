using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>A dataset at one version of its table: what a training run names and reads. Immutable.</summary>
public sealed class ImageDatasetSnapshot
{
    private readonly ImageTables? _tables;
    private readonly ImageDatasetOptions _options;

    internal ImageDatasetSnapshot(ImageTables? tables, string table, long version, IEnumerable<DatasetImage> images, ImageDatasetOptions options)
    {
        (_tables, _options, Table, Version) = (tables, options, table, version);
        Images = [.. images.OrderBy(static i => i.Sha256, StringComparer.Ordinal)];
        Classes = [.. Images.Select(static i => i.Label).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    internal ImageDatasetOptions Options => _options;

    /// <summary>The dataset's table.</summary>
    public string Table { get; }

    /// <summary>The table's version.</summary>
    public long Version { get; }

    /// <summary>The images, in the order of their hashes: an order that is the same everywhere and has nothing to do with their classes.</summary>
    public IReadOnlyList<DatasetImage> Images { get; }

    /// <summary>The classes, in ordinal order.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>The images of a split, in the order of their hashes.</summary>
    public IReadOnlyList<DatasetImage> Of(DatasetSplit split) => [.. Images.Where(i => i.Split == split)];

    /// <summary>How many images a class has in a split.</summary>
    public int Count(string label, DatasetSplit split) => Images.Count(i => i.Split == split && i.Label == label);

    /// <summary>
    /// The files of images, in no order. Files are read when their bytes are asked for, from any thread; bytes that are kept in the table come with their rows.
    /// </summary>
    /// <param name="images">Which images, of this version.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="TarnException">The table lacks bytes of an image that has no file.</exception>
    public async IAsyncEnumerable<DatasetFile> FilesAsync(IReadOnlyCollection<DatasetImage> images, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var kept = new Dictionary<string, DatasetImage>(StringComparer.Ordinal);
        foreach (var image in images)
        {
            // Without a stored folder the bytes can only be in the table; with one they are there too where the dataset keeps them, and the file need not be.
            if (image.Root is null || (_options.KeepContent && _options.Root is null))
            {
                kept[image.Sha256] = image;
            }
            else
            {
                yield return new DatasetFile(image, () => ReadFile(image));
            }
        }

        if (kept.Count == 0)
        {
            yield break;
        }

        if (_tables is not null)
        {
            await foreach (var (sha256, content) in _tables.ContentAsync(Version, kept.Keys, cancellationToken).ConfigureAwait(false))
            {
                if (kept.Remove(sha256, out var image))
                {
                    yield return new DatasetFile(image, () => Checked(image, content, $"table {Table}"));
                }
            }
        }

        foreach (var image in kept.Values)
        {
            yield return new DatasetFile(image, () => image.Root is null
                ? throw TarnException.Corrupt($"An image without a file has its bytes in table {Table}.", $"{image.Path} ({image.Sha256})", "Import it again.")
                : ReadFile(image));
        }
    }

    /// <summary>The image of a hash; null where this version has none.</summary>
    /// <param name="sha256">64 lower-case hexadecimal digits.</param>
    public DatasetImage? Find(string sha256)
    {
        var (low, high) = (0, Images.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            switch (string.CompareOrdinal(Images[middle].Sha256, sha256))
            {
                case 0: return Images[middle];
                case < 0: low = middle + 1; break;
                default: high = middle - 1; break;
            }
        }

        return null;
    }

    /// <summary>
    /// The bytes of one image, whose SHA-256 was compared: from its file or, where that is gone or another one now, from the table where the dataset keeps bytes, whatever the options say of
    /// keeping them. For many images <see cref="FilesAsync"/> is faster.
    /// </summary>
    /// <param name="image">The image, of this version.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="TarnException">The file is gone, or is another one now, and the table has no bytes of it.</exception>
    public async Task<byte[]> ReadAsync(DatasetImage image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        TarnException? fault = null;
        if (image.Root is not null)
        {
            try
            {
                return ReadFile(image);
            }
            catch (TarnException error) when (error.Kind is ErrorKind.NotFound or ErrorKind.Corrupt or ErrorKind.InvalidInput or ErrorKind.Unavailable)
            {
                fault = error;
            }
        }

        if (_tables is not null)
        {
            await foreach (var (_, content) in _tables.ContentAsync(Version, [image.Sha256], cancellationToken).ConfigureAwait(false))
            {
                return Checked(image, content, $"table {Table}");
            }
        }

        throw fault ?? TarnException.Corrupt($"An image without a file has its bytes in table {Table}.", $"{image.Path} ({image.Sha256})", "Import it again.");
    }

    private byte[] ReadFile(DatasetImage image)
    {
        var path = SourceImage.FullPath(_options.Root ?? image.Root!, image.Path);
        return Checked(image, ImageCodec.ReadFile(path, _options.Limits), path);
    }

    private static byte[] Checked(DatasetImage image, byte[] content, string where) =>
        Convert.ToHexStringLower(SHA256.HashData(content)) == image.Sha256
            ? content
            : throw TarnException.Corrupt("An image's file stays as it was when it came into the dataset.", $"{image.Path} in {where} has another SHA-256 than {image.Sha256}", "Put the file back, or import again.");
}

/// <summary>An image's file.</summary>
public sealed class DatasetFile
{
    private readonly Func<byte[]> _read;

    internal DatasetFile(DatasetImage image, Func<byte[]> read) => (Image, _read) = (image, read);

    /// <summary>The image.</summary>
    public DatasetImage Image { get; }

    /// <summary>Its bytes, whose SHA-256 was compared.</summary>
    /// <exception cref="TarnException">The file is not there, or is another one now.</exception>
    public byte[] Read() => _read();
}
