namespace Tarn.Lake;

/// <summary>Objects as files that DuckDB can read, in the order in which they were asked for, kept where they are until this is disposed.</summary>
internal sealed class LocalFiles(IReadOnlyList<LocalFile> files) : IDisposable
{
    /// <summary>The files' full paths.</summary>
    public IReadOnlyList<string> Paths { get; } = [.. files.Select(static f => f.Path)];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in files)
        {
            file.Dispose();
        }
    }
}
