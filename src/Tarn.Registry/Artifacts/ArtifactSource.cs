namespace Tarn.Registry;

/// <summary>A file to be kept, and where its bytes come from.</summary>
public sealed class ArtifactSource
{
    private readonly Func<CancellationToken, ValueTask<Stream>> _open;

    private ArtifactSource(string path, Func<CancellationToken, ValueTask<Stream>> open) => (Path, _open) = (path, open);

    /// <summary>The path that it gets, with <c>/</c> between its parts.</summary>
    public string Path { get; }

    /// <summary>Bytes at hand.</summary>
    public static ArtifactSource FromBytes(string path, ReadOnlyMemory<byte> content) =>
        new(path, _ => ValueTask.FromResult<Stream>(new MemoryStream(content.ToArray(), writable: false)));

    /// <summary>A text, in UTF-8.</summary>
    public static ArtifactSource FromText(string path, string content) => FromBytes(path, System.Text.Encoding.UTF8.GetBytes(content));

    /// <summary>A local file; it stays.</summary>
    public static ArtifactSource FromFile(string path, string file) =>
        new(path, _ => ValueTask.FromResult<Stream>(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan)));

    /// <summary>What a delegate opens, once.</summary>
    public static ArtifactSource FromStream(string path, Func<CancellationToken, ValueTask<Stream>> open) => new(path, open);

    internal ValueTask<Stream> OpenAsync(CancellationToken cancellation) => _open(cancellation);
}
