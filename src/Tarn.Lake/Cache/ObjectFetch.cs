using System.Buffers.Binary;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// Fetches objects of a store elsewhere into the cache, as far as they are needed: the footer of a Parquet file first, which tells where its columns are,
/// then the chunks of the columns that will be read.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="cache">The cache.</param>
/// <param name="readLayout">Lets DuckDB read the footer of a local file of a length, whose footer is there.</param>
internal sealed class ObjectFetch(ObjectStore store, ObjectCache cache, Func<CachedObject, ByteRange, string, ParquetLayout> readLayout) : IDisposable
{
    /// <summary>One request fetches at most this.</summary>
    private const int PieceBytes = 4 << 20;

    /// <summary>A request costs about as long as this many bytes do: smaller gaps between needed ranges are fetched with them.</summary>
    private const int GapBytes = 128 << 10;

    /// <summary>The footers of most files fit in their last bytes of this number; a file that is not longer is fetched at once.</summary>
    private const int TailBytes = 64 << 10;

    /// <summary>The length of the footer and the mark that end a Parquet file.</summary>
    private const int EndBytes = 8;

    private const int MostRequests = 16;
    private readonly SemaphoreSlim _requests = new(MostRequests);

    /// <summary>The object with at least the bytes that a reader of the columns touches; let it go with <see cref="ObjectCache.Release"/>.</summary>
    /// <param name="path">Its path in the store.</param>
    /// <param name="size">Its length.</param>
    /// <param name="columns">The columns; null for all.</param>
    /// <param name="cancellationToken">Ends the fetching; what came until then stays.</param>
    public async Task<CachedObject> OpenAsync(string path, long size, ColumnSet? columns, CancellationToken cancellationToken)
    {
        var item = cache.Pin(store.Location, path, size);
        try
        {
            if (!IsReady(item, columns))
            {
                await item.Fetching.WaitAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    await FetchAsync(item, path, columns, cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    item.Fetching.Release();
                }
            }

            return item;
        }
        catch
        {
            cache.Release(item);
            throw;
        }
    }

    public void Dispose() => _requests.Dispose();

    private static ByteRanges Whole(CachedObject item) => new([new ByteRange(0, item.Size)]);

    private static bool IsReady(CachedObject item, ColumnSet? columns) =>
        item.Holds(Whole(item)) || (columns is not null && item.Layout is { } layout && item.Holds(layout.Needed(columns)));

    private async Task FetchAsync(CachedObject item, string path, ColumnSet? columns, CancellationToken cancellationToken)
    {
        if (IsReady(item, columns))
        {
            return;
        }

        var before = item.Filled.Length;
        try
        {
            if (columns is null || item.Size <= TailBytes)
            {
                await FillAsync(item, path, Whole(item), cancellationToken).ConfigureAwait(false);
                return;
            }

            item.Layout ??= await LayoutAsync(item, path, cancellationToken).ConfigureAwait(false);
            await FillAsync(item, path, item.Layout.Needed(columns), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (item.Filled.Length > before)
            {
                ObjectCache.Save(item);
            }
        }
    }

    private async Task<ParquetLayout> LayoutAsync(CachedObject item, string path, CancellationToken cancellationToken)
    {
        await FillAsync(item, path, new ByteRanges([new ByteRange(item.Size - TailBytes, item.Size)]), cancellationToken).ConfigureAwait(false);
        var end = new byte[EndBytes];
        using (var handle = File.OpenHandle(item.File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
        {
            RandomAccess.Read(handle, end, item.Size - EndBytes);
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(end) + (long)EndBytes;
        if (!end.AsSpan(4).SequenceEqual("PAR1"u8) || length > item.Size)
        {
            throw TarnException.Corrupt("A Parquet file ends with its footer's length and 'PAR1'.", path, "The file was changed or cut short, or is not as long as the log says; restore it from a backup.");
        }

        var footer = new ByteRange(item.Size - length, item.Size);
        await FillAsync(item, path, new ByteRanges([footer]), cancellationToken).ConfigureAwait(false);
        return readLayout(item, footer, path);
    }

    private async Task FillAsync(CachedObject item, string path, ByteRanges wanted, CancellationToken cancellationToken)
    {
        var pieces = Pieces(item.Filled.Missing(wanted));
        if (pieces.Count == 0)
        {
            return;
        }

        cache.MakeRoomFor(pieces.Sum(static p => p.Length));
        using var handle = File.OpenHandle(item.File, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        await Task.WhenAll(pieces.Select(p => FillAsync(item, path, p, handle, cancellationToken))).ConfigureAwait(false);
    }

    private async Task FillAsync(CachedObject item, string path, ByteRange piece, Microsoft.Win32.SafeHandles.SafeFileHandle handle, CancellationToken cancellationToken)
    {
        await _requests.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var bytes = await store.GetRangeAsync(path, piece.Start, (int)piece.Length, cancellationToken).ConfigureAwait(false);
            if (bytes.Length != piece.Length)
            {
                throw TarnException.Corrupt(
                    $"A file that the table names is {item.Size} bytes long, as the log says.", $"{path}: it ends at {piece.Start + bytes.Length}", "The file was cut short; restore it from a backup.");
            }

            await RandomAccess.WriteAsync(handle, bytes, piece.Start, cancellationToken).ConfigureAwait(false);
            cache.Fill(item, piece);
        }
        finally
        {
            _requests.Release();
        }
    }

    /// <summary>The requests: what lies close together is fetched together, what is long in several.</summary>
    private static List<ByteRange> Pieces(ByteRanges missing)
    {
        var joined = new List<ByteRange>();
        foreach (var range in missing.Ranges)
        {
            if (joined.Count > 0 && range.Start - joined[^1].End <= GapBytes)
            {
                joined[^1] = joined[^1] with { End = range.End };
            }
            else
            {
                joined.Add(range);
            }
        }

        var pieces = new List<ByteRange>();
        foreach (var range in joined)
        {
            for (var start = range.Start; start < range.End; start += PieceBytes)
            {
                pieces.Add(new ByteRange(start, Math.Min(range.End, start + PieceBytes)));
            }
        }

        return pieces;
    }
}
