using System.Runtime.CompilerServices;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// Objects as files below a folder. A write goes to a temporary file in the same folder (its name starts with a dot and ends in
/// <c>.tmp</c>; listings leave such files out), is synced, and takes its name in one step; then the folder is synced.
/// Several processes may use one folder. Links below the folder are not objects: they are not listed, and nothing is read or written through them.
/// </summary>
public sealed class LocalObjectStore : ObjectStore
{
    private const string TemporarySuffix = ".tmp";
    private readonly string _root;
    private readonly int _prefix;
    private readonly bool _durable;

    /// <summary>Opens a store; the folder is made where it is missing, unless the options say otherwise.</summary>
    /// <exception cref="TarnException">The folder cannot be made.</exception>
    public LocalObjectStore(string root, LocalStoreOptions? options = null)
    {
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        _prefix = _root.Length + (Path.EndsInDirectorySeparator(_root) ? 0 : 1);
        _durable = (options ?? new LocalStoreOptions()).Durable;
        if (options?.MakeFolder ?? true)
        {
            Guard("make", _root, () => Directory.CreateDirectory(_root));
        }
    }

    /// <inheritdoc/>
    public override string Location => new Uri(_root).AbsoluteUri;

    /// <inheritdoc/>
    public override ValueTask<bool> PutIfAbsentAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var file = WithoutLinks(path);
        return ValueTask.FromResult(Guard("write", file, () => !File.Exists(file) && Place(file, content, replace: false)));
    }

    /// <inheritdoc/>
    public override ValueTask PutAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var file = WithoutLinks(path);
        Guard("write", file, () => Place(file, content, replace: true));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask PutFileAsync(string path, string localFile, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var file = WithoutLinks(path);
        Guard("write", file, () =>
        {
            var folder = MakeFolder(file);
            SyncFile(localFile);
            File.Move(localFile, file, overwrite: true);
            SyncFolder(folder);
            return true;
        });
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask<byte[]?> GetAsync(string path, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var file = WithoutLinks(path);
        return ValueTask.FromResult(Guard("read", file, () =>
        {
            try
            {
                // Looking first spares the exception, which costs more than the read: absence is the common answer of a log's end.
                return File.Exists(file) ? File.ReadAllBytes(file) : null;
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
        }));
    }

    /// <inheritdoc/>
    public override ValueTask<byte[]> GetRangeAsync(string path, long offset, int length, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var file = WithoutLinks(path);
        if (offset < 0 || length < 0)
        {
            throw TarnException.InvalidInput("The offset and the length of a range are not negative.", $"{offset}, {length}");
        }

        return ValueTask.FromResult(Guard("read", file, () =>
        {
            try
            {
                return ReadRange(file, offset, length);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                throw TarnException.NotFound("There is no such object in the store.", path);
            }
        }));
    }

    /// <inheritdoc/>
    public override ValueTask<ObjectInfo?> HeadAsync(string path, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var info = new FileInfo(FullPath(path));
        return ValueTask.FromResult(Guard("look up", path, () =>
            info.Exists ? new ObjectInfo(path, info.Length, info.LastWriteTimeUtc) : (ObjectInfo?)null));
    }

    /// <inheritdoc/>
    public override ValueTask DeleteAsync(string path, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var file = WithoutLinks(path);
        Guard("remove", file, () =>
        {
            if (File.Exists(file))
            {
                File.Delete(file);
            }

            return true;
        });
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<ObjectInfo> ListAsync(
        string folder, string? startAfter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        var found = Guard("list", folder, () => Walk(FullFolder(folder), startAfter, unfinished: false, cancellationToken));
        foreach (var item in found)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return item;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyList<string>> ListFoldersAsync(string folder, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var full = FullFolder(folder);
        return ValueTask.FromResult(Guard<IReadOnlyList<string>>("list", full, () =>
        {
            if (!Directory.Exists(full))
            {
                return [];
            }

            var names = Directory.GetDirectories(full);
            for (var i = 0; i < names.Length; i++)
            {
                names[i] = Path.GetFileName(names[i]);
            }

            Array.Sort(names, StringComparer.Ordinal);
            return names;
        }));
    }

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyList<ObjectInfo>> ListUnfinishedAsync(string folder, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Guard<IReadOnlyList<ObjectInfo>>("list", folder, () => Walk(FullFolder(folder), null, unfinished: true, cancellationToken)));

    /// <inheritdoc/>
    public override string LocalRoot => _root;

    /// <inheritdoc/>
    public override string LocalPath(string path) => FullPath(path);

    /// <inheritdoc/>
    public override string? PathOf(string uri)
    {
        var path = uri.StartsWith("file://", StringComparison.Ordinal) ? uri["file://".Length..] : "";
        return path.Length > _prefix && path.StartsWith(_root, StringComparison.Ordinal) && path[_prefix - 1] == '/' ? path[_prefix..] : base.PathOf(uri);
    }

    /// <inheritdoc/>
    public override ValueTask<ObjectInfo> AdoptAsync(string path, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var file = FullPath(path);
        return ValueTask.FromResult(Guard("write", file, () =>
        {
            SyncFile(file);
            SyncFolder(Path.GetDirectoryName(file)!);
            var info = new FileInfo(file);
            return new ObjectInfo(path, info.Length, info.LastWriteTimeUtc);
        }));
    }

    private bool Place(string file, ReadOnlyMemory<byte> content, bool replace)
    {
        var folder = MakeFolder(file);
        var temporary = WriteTemporary(file, content.Span);
        var placed = false;
        try
        {
            if (replace)
            {
                File.Move(temporary, file, overwrite: true);
                placed = true;
            }
            else
            {
                placed = PosixFile.TryMoveNoReplace(temporary, file);
            }
        }
        finally
        {
            if (!placed)
            {
                File.Delete(temporary);
            }
        }

        // Also after a lost race: who is told that the object exists may rely on it.
        SyncFolder(folder);
        return placed;
    }

    private string WriteTemporary(string file, ReadOnlySpan<byte> content)
    {
        for (var attempt = 0; ; attempt++)
        {
            var temporary = Path.Combine(Path.GetDirectoryName(file)!, $".{Path.GetFileName(file)}.{attempt}{TemporarySuffix}");
            try
            {
                using var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
                try
                {
                    stream.Write(content);
                    stream.Flush(flushToDisk: _durable);
                    return temporary;
                }
                catch
                {
                    File.Delete(temporary);
                    throw;
                }
            }
            catch (IOException error) when (attempt < 10_000 && IsTaken(error))
            {
                // Another writer's (who may have renamed it by now), or left by one that was killed.
            }
        }
    }

    // EEXIST, and Windows' ERROR_FILE_EXISTS.
    private static bool IsTaken(IOException error) => error.HResult is 17 or unchecked((int)0x80070050);

    private static byte[] ReadRange(string file, long offset, int length)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var available = Math.Max(0, RandomAccess.GetLength(handle) - offset);
        var bytes = new byte[Math.Min(length, available)];
        var read = 0;
        while (read < bytes.Length)
        {
            var count = RandomAccess.Read(handle, bytes.AsSpan(read), offset + read);
            if (count == 0)
            {
                return bytes[..read];
            }

            read += count;
        }

        return bytes;
    }

    private List<ObjectInfo> Walk(string folder, string? startAfter, bool unfinished, CancellationToken cancellationToken)
    {
        var found = new List<ObjectInfo>();
        if (!Directory.Exists(folder))
        {
            return found;
        }

        foreach (var info in new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false }))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (IsTemporary(info.Name) != unfinished)
            {
                continue;
            }

            var path = info.FullName[_prefix..].Replace(Path.DirectorySeparatorChar, '/');
            if ((startAfter is null || PathOrder.Compare(path, startAfter) > 0) && info.Exists)
            {
                found.Add(new ObjectInfo(path, info.Length, info.LastWriteTimeUtc));
            }
        }

        found.Sort(static (a, b) => PathOrder.Compare(a.Path, b.Path));
        return found;
    }

    private static bool IsTemporary(string name) => name.StartsWith('.') && name.EndsWith(TemporarySuffix, StringComparison.Ordinal);

    private string FullFolder(string folder) => folder.Length == 0 ? _root : FullPath(folder);

    private string FullPath(string path)
    {
        CheckPath(path);
        return Path.Combine(_root, path);
    }

    /// <summary>
    /// The full path of an object whose content is asked for. A link on the way would let whoever may make one read and write, in this program's name, what is not the store's.
    /// </summary>
    private string WithoutLinks(string path)
    {
        var file = FullPath(path);
        for (var at = file; at.Length > _root.Length; at = Path.GetDirectoryName(at)!)
        {
            if (new FileInfo(at).LinkTarget is not null)
            {
                throw new TarnException(
                    ErrorKind.Unsupported, "An object of the store is a file of its own, not a link, and its folders are none.", at, "Put in the link's place what it leads to, or open the store at the folder itself.");
            }
        }

        return file;
    }

    private string MakeFolder(string file)
    {
        var folder = Path.GetDirectoryName(file)!;
        if (Directory.Exists(folder))
        {
            return folder;
        }

        Directory.CreateDirectory(folder);
        for (var parent = Path.GetDirectoryName(folder); parent is not null && parent.Length >= _root.Length; parent = Path.GetDirectoryName(parent))
        {
            SyncFolder(parent);
        }

        return folder;
    }

    private void SyncFile(string file)
    {
        if (_durable)
        {
            using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            RandomAccess.FlushToDisk(handle);
        }
    }

    private void SyncFolder(string folder)
    {
        if (_durable)
        {
            PosixFile.SyncFolder(folder);
        }
    }

    private static T Guard<T>(string what, string path, Func<T> body)
    {
        try
        {
            return body();
        }
        catch (Exception e) when (StoreError.IsKnown(e))
        {
            throw StoreError.From(e, what, path);
        }
    }
}
