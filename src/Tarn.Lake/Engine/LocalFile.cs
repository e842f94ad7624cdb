namespace Tarn.Lake;

/// <summary>An object as a file that DuckDB can read, kept where it is until this is disposed.</summary>
/// <param name="path">The file's full path.</param>
/// <param name="release">What to do when it is no longer used; null for nothing.</param>
internal sealed class LocalFile(string path, Action? release) : IDisposable
{
    private Action? _release = release;

    /// <summary>The file's full path.</summary>
    public string Path { get; } = path;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
