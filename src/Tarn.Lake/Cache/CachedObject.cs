namespace Tarn.Lake;

/// <summary>An object of a store elsewhere that is here in part or whole, in a local file of its length with holes where nothing was fetched.</summary>
/// <param name="key">What it is kept under.</param>
/// <param name="file">The local file.</param>
/// <param name="size">The object's length.</param>
internal sealed class CachedObject(string key, string file, long size) : IDisposable
{
    public string Key { get; } = key;

    public string File { get; } = file;

    public long Size { get; } = size;

    /// <summary>Held by whoever fetches, so that nothing is fetched twice.</summary>
    public SemaphoreSlim Fetching { get; } = new(1);

    /// <summary>What the local file holds. Read and changed under its own lock: parts of it arrive side by side.</summary>
    public ByteRanges Filled { get; } = new();

    /// <summary>Where its columns are, once its footer was read.</summary>
    public ParquetLayout? Layout { get; set; }

    /// <summary>How many use it; it stays until none does. Under the cache's lock.</summary>
    public int Pins { get; set; }

    /// <summary>Its place in the order of use. Under the cache's lock.</summary>
    public LinkedListNode<CachedObject>? Place { get; set; }

    /// <summary>Whether all of these bytes are here.</summary>
    public bool Holds(ByteRanges wanted)
    {
        lock (Filled)
        {
            return Filled.Missing(wanted).Length == 0;
        }
    }

    public void Dispose() => Fetching.Dispose();
}
