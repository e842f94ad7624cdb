using Tarn.Core;

namespace Tarn.Training;

/// <summary>Where a dataset's images come from. Immutable; can be read several times, and gives the same as long as nothing changed there.</summary>
public abstract class ImageSource
{
    private protected ImageSource()
    {
    }

    /// <summary>What the source is, for people.</summary>
    public abstract string Description { get; }

    /// <summary>
    /// A folder with a folder for each class: <c>ROOT/CLASS/…/FILE</c>. Files right under the root have no class and go to quarantine; hidden files and folders, and what systems
    /// put beside pictures (<c>Thumbs.db</c>, <c>desktop.ini</c>), are passed over.
    /// </summary>
    /// <param name="root">The folder, by its full path.</param>
    /// <exception cref="TarnException">The path is not a full one.</exception>
    public static ImageSource Folder(string root) => new FolderSource(root);

    /// <summary>A CSV (with a header) or Parquet file with a row for each image.</summary>
    /// <param name="file">The file, by its full path; what it is, its extension says: <c>.csv</c>, <c>.tsv</c>, <c>.parquet</c>.</param>
    /// <param name="columns">What its columns are called; null for the defaults.</param>
    /// <param name="root">The folder that relative paths start from; null for the file's own.</param>
    /// <exception cref="TarnException">The path is not a full one, or of another kind.</exception>
    public static ImageSource Manifest(string file, ImageColumns? columns = null, string? root = null) => new ManifestSource(file, columns ?? new ImageColumns(), root);

    /// <summary>The rows of a query over the lake, such as <c>SELECT * FROM bronze.photos</c>: with paths of files, or with the images' bytes in a column.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="sql">The query.</param>
    /// <param name="columns">What its columns are called; null for the defaults.</param>
    /// <param name="root">The folder that relative paths start from, by its full path; null where bytes are in a column.</param>
    public static ImageSource Query(Tarn.Lake.Lake lake, string sql, ImageColumns? columns = null, string? root = null) =>
        new QuerySource(lake, sql, columns ?? new ImageColumns(), root);

    /// <summary>Every image, in no order.</summary>
    internal abstract IAsyncEnumerable<SourceImage> ReadAsync(CancellationToken cancellationToken);

    private protected static string FullPath(string path, string what) => System.IO.Path.IsPathFullyQualified(path)
        ? System.IO.Path.GetFullPath(path)
        : throw TarnException.InvalidInput($"{what} is named by its full path.", path, "Begin it at the root.");
}
