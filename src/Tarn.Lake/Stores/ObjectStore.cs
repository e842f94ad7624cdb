using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// The port through which tables reach their bytes: a flat space of objects named by paths such as
/// <c>silver/earthquakes/_delta_log/00000000000000000000.json</c>. Implementations are local files
/// (<see cref="LocalObjectStore"/>) and S3; both pass one contract suite.
/// <para>What every implementation promises:</para>
/// <list type="bullet">
/// <item>An object appears whole or not at all: no reader ever sees a part of a write.</item>
/// <item>Of any number of <see cref="PutIfAbsentAsync"/> calls racing for one path, exactly one creates it.</item>
/// <item>A write that has returned is seen by every later read, look-up and listing, by whomever.</item>
/// <item>A write that has returned is durable, as far as the store's policy says so.</item>
/// <item>A write that threw may or may not have taken effect: whoever must know asks.</item>
/// </list>
/// Errors are <see cref="TarnException"/>: <see cref="ErrorKind.NotFound"/> for an absent object,
/// <see cref="ErrorKind.InvalidInput"/> for a path that breaks the rules, <see cref="ErrorKind.Unavailable"/> for the rest.
/// All members are safe for use from several threads.
/// </summary>
public abstract class ObjectStore
{
    /// <summary>Where the store is, for people: a URI such as <c>file:///srv/tarn/lake</c>.</summary>
    public abstract string Location { get; }

    /// <summary>Creates the object if nothing has that path.</summary>
    /// <returns>True when this call created it; false when it was there already (and is untouched).</returns>
    public abstract ValueTask<bool> PutIfAbsentAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default);

    /// <summary>Writes the object, replacing any that has that path.</summary>
    public abstract ValueTask PutAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default);

    /// <summary>Takes a finished local file in as an object, replacing any that has that path. The local file is gone afterwards.</summary>
    public abstract ValueTask PutFileAsync(string path, string localFile, CancellationToken cancellationToken = default);

    /// <summary>The object's bytes, or null where there is no such object.</summary>
    public abstract ValueTask<byte[]?> GetAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>Some of the object's bytes; fewer than asked only where the object ends before.</summary>
    /// <exception cref="TarnException">There is no such object, or the offset or length is negative.</exception>
    public abstract ValueTask<byte[]> GetRangeAsync(string path, long offset, int length, CancellationToken cancellationToken = default);

    /// <summary>Size and time of the object, or null where there is no such object.</summary>
    public abstract ValueTask<ObjectInfo?> HeadAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>Removes the object; one that is absent is no error.</summary>
    public abstract ValueTask DeleteAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>
    /// All objects below a folder (<c>""</c> for the root), at any depth, in the order of their paths' UTF-8 bytes (which is ordinal order, but for
    /// characters beyond U+FFFF); those after <paramref name="startAfter"/> (a full path, itself left out) where it is given.
    /// </summary>
    public abstract IAsyncEnumerable<ObjectInfo> ListAsync(string folder, string? startAfter = null, CancellationToken cancellationToken = default);

    /// <summary>The names (not the paths) of the folders directly below a folder (<c>""</c> for the root), in ordinal order.</summary>
    public abstract ValueTask<IReadOnlyList<string>> ListFoldersAsync(string folder, CancellationToken cancellationToken = default);

    /// <summary>What interrupted writes left below a folder; <see cref="DeleteAsync"/> removes it. Other writes may be in flight: mind the time.</summary>
    public virtual ValueTask<IReadOnlyList<ObjectInfo>> ListUnfinishedAsync(string folder, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IReadOnlyList<ObjectInfo>>([]);

    /// <summary>The full path of the folder that holds the store on this machine, or null where the store is elsewhere.</summary>
    public virtual string? LocalRoot => null;

    /// <summary>The full path at which a program of this machine can read the object as a file, or null where the store is elsewhere.</summary>
    public virtual string? LocalPath(string path) => null;

    /// <summary>The path of an object from its URI, or null where the URI is none of this store's. The object need not be there.</summary>
    public virtual string? PathOf(string uri) =>
        uri.StartsWith(Location, StringComparison.Ordinal) && uri.Length > Location.Length + 1 && uri[Location.Length] == '/' ? uri[(Location.Length + 1)..] : null;

    /// <summary>
    /// Makes durable and takes in an object that was written in place at <see cref="LocalPath"/>.
    /// Only for stores whose <see cref="LocalPath"/> is not null.
    /// </summary>
    public virtual ValueTask<ObjectInfo> AdoptAsync(string path, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("This store has no local paths.");

    /// <summary>Checks a path: parts divided by <c>/</c>, none of them empty, <c>.</c> or <c>..</c>; no backslash, no control character; 1,024 characters at most.</summary>
    /// <exception cref="TarnException">It breaks the rule.</exception>
    protected static void CheckPath(string path)
    {
        if (!IsPath(path))
        {
            throw BadPath(path);
        }
    }

    /// <summary>Whether a path follows the rule of <see cref="CheckPath"/>.</summary>
    protected static bool IsPath(string path)
    {
        if (path.Length is 0 or > 1024 || path.AsSpan().ContainsAnyInRange('\0', '\u001f') || path.Contains('\\', StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var part in path.AsSpan().Split('/'))
        {
            if (path.AsSpan()[part] is "" or "." or "..")
            {
                return false;
            }
        }

        return true;
    }

    private static TarnException BadPath(string path) => TarnException.InvalidInput(
        "An object's path is relative: parts divided by '/', none of them empty, '.' or '..', without backslashes and control characters, 1,024 characters at most.",
        path.Length > 200 ? path[..200] + "…" : path);
}
