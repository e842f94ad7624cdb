using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// Brings DuckDB and the object store together: where the store's objects are local files DuckDB reads and writes them in place, elsewhere by way of
/// temporary files and of a cache of what was fetched.
/// </summary>
internal sealed class ParquetFiles : IDisposable
{
    private const int MostFilesAtOnce = 16;

    private readonly ObjectStore _store;
    private readonly LakeDuckDb _duckDb;
    private readonly string _temporaryFolder;
    private readonly IdSource _ids;
    private readonly ObjectCache _cache;
    private readonly ObjectFetch? _fetch;

    public ParquetFiles(ObjectStore store, LakeDuckDb duckDb, ObjectCache cache, string temporaryFolder, IdSource ids)
    {
        _store = store;
        _duckDb = duckDb;
        _cache = cache;
        _temporaryFolder = temporaryFolder;
        _ids = ids;
        if (store.LocalRoot is null)
        {
            _fetch = new ObjectFetch(store, cache, (item, footer, path) => Use("read a footer", path, c => ParquetLayout.Read(c, item.File, item.Size, footer)));
        }
    }

    /// <summary>Lets DuckDB write a new object.</summary>
    /// <param name="path">The object's path in the store.</param>
    /// <param name="whole">
    /// Whether others may look for the path meanwhile, so that it must appear whole; false for a new name that nobody knows before a commit tells it.
    /// </param>
    /// <param name="write">Runs the statements that write the local file that it is given.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <returns>What <paramref name="write"/> returned, and the object.</returns>
    public async Task<(T Result, ObjectInfo Info)> WriteAsync<T>(
        string path, bool whole, Func<DuckDbConnection, string, T> write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var inPlace = whole ? null : _store.LocalPath(path);
        var local = inPlace ?? TemporaryFor(path);
        var result = Use("write a file of the lake", path, connection =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(local)!);
            return write(connection, local);
        });
        if (inPlace is not null)
        {
            return (result, await _store.AdoptAsync(path, cancellationToken).ConfigureAwait(false));
        }

        await _store.PutFileAsync(path, local, cancellationToken).ConfigureAwait(false);
        return (result, await _store.HeadAsync(path, cancellationToken).ConfigureAwait(false)
            ?? throw TarnException.Corrupt("A file of the lake vanished right after it was written.", path));
    }

    /// <summary>Runs something with a connection, the errors of DuckDB and of the disk as ours.</summary>
    /// <exception cref="TarnException">DuckDB failed.</exception>
    public T Use<T>(string what, string path, Func<DuckDbConnection, T> body)
    {
        using var lease = _duckDb.Rent();
        try
        {
            return body(lease.Connection);
        }
        catch (DuckDbException e)
        {
            throw Translate(e, what, path);
        }
        catch (Exception e) when (StoreError.IsKnown(e))
        {
            throw StoreError.From(e, what, path);
        }
    }

    /// <summary>
    /// An object that may be replaced (a checkpoint) as a local file, whole; dispose to give it up. For data files and other objects that never change
    /// see <see cref="OpenAsync(string, long, ColumnSet?, CancellationToken)"/>.
    /// </summary>
    /// <exception cref="TarnException">There is no such object.</exception>
    public async ValueTask<LocalFile> OpenAsync(string path, CancellationToken cancellationToken)
    {
        if (_store.LocalPath(path) is { } inPlace)
        {
            return new LocalFile(inPlace, null);
        }

        var content = await _store.GetAsync(path, cancellationToken).ConfigureAwait(false) ?? throw Missing(path);
        var local = Temporary();
        await File.WriteAllBytesAsync(local, content, cancellationToken).ConfigureAwait(false);
        return new LocalFile(local, () => File.Delete(local));
    }

    /// <summary>
    /// An object that never changes (a data file, a file of changes, a sidecar) as a local file; dispose to give it up. Objects of a store elsewhere are
    /// fetched as far as they are needed and not here yet.
    /// </summary>
    /// <param name="path">The object's path in the store.</param>
    /// <param name="size">Its length, as the log says.</param>
    /// <param name="columns">The columns that will be read; the file must not be read elsewhere. Null for all of it.</param>
    /// <param name="cancellationToken">Ends the fetching.</param>
    /// <exception cref="TarnException">There is no such object, or it is not of that length.</exception>
    public async ValueTask<LocalFile> OpenAsync(string path, long size, ColumnSet? columns, CancellationToken cancellationToken)
    {
        if (_store.LocalPath(path) is { } inPlace)
        {
            return new LocalFile(inPlace, null);
        }

        try
        {
            var item = await _fetch!.OpenAsync(path, size, columns, cancellationToken).ConfigureAwait(false);
            return new LocalFile(item.File, () => _cache.Release(item));
        }
        catch (TarnException e) when (e.Kind == ErrorKind.NotFound)
        {
            throw Missing(path, e);
        }
        catch (Exception e) when (StoreError.IsKnown(e))
        {
            throw StoreError.From(e, "keep a copy of", path);
        }
    }

    /// <summary>Objects that never change as local files, as <see cref="OpenAsync(string, long, ColumnSet?, CancellationToken)"/> gives each, several at a time.</summary>
    public async Task<LocalFiles> OpenAsync(IReadOnlyList<(string Path, long Size)> files, ColumnSet? columns, CancellationToken cancellationToken)
    {
        var opened = new LocalFile?[files.Count];
        try
        {
            if (_fetch is null)
            {
                for (var i = 0; i < opened.Length; i++)
                {
                    opened[i] = new LocalFile(_store.LocalPath(files[i].Path)!, null);
                }
            }
            else
            {
                var parallel = new ParallelOptions { MaxDegreeOfParallelism = MostFilesAtOnce, CancellationToken = cancellationToken };
                await Parallel.ForAsync(0, opened.Length, parallel, async (i, cancel) =>
                    opened[i] = await OpenAsync(files[i].Path, files[i].Size, columns, cancel).ConfigureAwait(false)).ConfigureAwait(false);
            }

            return new LocalFiles(opened!);
        }
        catch
        {
            foreach (var file in opened)
            {
                file?.Dispose();
            }

            throw;
        }
    }

    /// <summary>Ends the fetching.</summary>
    public void Dispose() => _fetch?.Dispose();

    private static TarnException Missing(string path, Exception? inner = null) =>
        TarnException.Corrupt("A file that the table names is missing.", path, "Restore it from a backup, or read an earlier version.", inner);

    private static TarnException Translate(DuckDbException exception, string what, string path)
    {
        if (exception.Message.Contains("No space left", StringComparison.OrdinalIgnoreCase))
        {
            return new TarnException(
                ErrorKind.Unavailable, $"The disk is full: it was not possible to {what}.", path, "Free space; nothing that was committed is lost, and the write can be tried again.", exception);
        }

        if (exception.Message.Contains("Permission denied", StringComparison.OrdinalIgnoreCase))
        {
            return new TarnException(
                ErrorKind.Unavailable, $"Permission was denied to {what}.", path, "Give the user that runs this program read and write access to the data directory.", exception);
        }

        var kind = exception.Type is DuckDbErrorType.Io or DuckDbErrorType.OutOfMemory ? ErrorKind.Unavailable : ErrorKind.Corrupt;
        return new TarnException(kind, $"It was not possible to {what}: {exception.Message}", path, null, exception);
    }

    /// <summary>A name that listings leave out, beside the object where that is a local file, so that it can be moved there in one step.</summary>
    private string TemporaryFor(string path)
    {
        if (_store.LocalPath(path) is not { } there)
        {
            return Temporary();
        }

        return Path.Combine(Path.GetDirectoryName(there)!, $".{_ids.NewId()}.parquet.tmp");
    }

    private string Temporary()
    {
        Directory.CreateDirectory(_temporaryFolder);
        return Path.Combine(_temporaryFolder, $"{_ids.NewId()}.parquet");
    }
}
