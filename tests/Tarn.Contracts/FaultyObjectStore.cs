using System.Runtime.CompilerServices;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Contracts;

/// <summary>When, of a call that fails, the store did what was asked.</summary>
public enum Fault
{
    /// <summary>The call succeeds.</summary>
    None,

    /// <summary>It fails, and had no effect.</summary>
    Before,

    /// <summary>It fails, and had its effect.</summary>
    After,
}

/// <summary>A call to a <see cref="FaultyObjectStore"/>: the operation's name and the path.</summary>
public readonly record struct StoreCall(string Operation, string Path, bool Writes);

/// <summary>A store whose calls fail as told, as a disk or a network would; what it is asked goes to a real one.</summary>
/// <param name="inner">The real one.</param>
/// <param name="decide">Which calls fail.</param>
/// <param name="isRemote">Whether it keeps to itself that its objects are local files, as a store elsewhere would.</param>
public sealed class FaultyObjectStore(ObjectStore inner, Func<StoreCall, Fault> decide, bool isRemote = false) : ObjectStore
{
    public override string Location => inner.Location;

    /// <summary>Paths that listings leave out, as a listing made while others write may; default none.</summary>
    public Func<string, bool> Unlisted { get; init; } = static _ => false;

    /// <summary>How many calls failed.</summary>
    public int Faults { get; private set; }

    /// <summary>
    /// Each call fails with the given probability; of the writes that fail, half had their effect. The same seed, the same faults.
    /// Reading a log is hundreds of calls that must all succeed: reads fail more rarely.
    /// </summary>
    public static FaultyObjectStore Random(ObjectStore inner, int seed, double writes, double reads)
    {
        var random = new Random(seed);
        return new FaultyObjectStore(inner, call =>
        {
            lock (random)
            {
                return random.NextDouble() >= (call.Writes ? writes : reads) ? Fault.None : call.Writes && random.Next(2) == 0 ? Fault.After : Fault.Before;
            }
        });
    }

    public override ValueTask<bool> PutIfAbsentAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        CallAsync("put-if-absent", path, true, () => inner.PutIfAbsentAsync(path, content, cancellationToken));

    public override async ValueTask PutAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        await CallAsync("put", path, true, async () =>
        {
            await inner.PutAsync(path, content, cancellationToken);
            return true;
        });

    public override async ValueTask PutFileAsync(string path, string localFile, CancellationToken cancellationToken = default) =>
        await CallAsync("put-file", path, true, async () =>
        {
            await inner.PutFileAsync(path, localFile, cancellationToken);
            return true;
        });

    public override ValueTask<byte[]?> GetAsync(string path, CancellationToken cancellationToken = default) =>
        CallAsync("get", path, false, () => inner.GetAsync(path, cancellationToken));

    public override ValueTask<byte[]> GetRangeAsync(string path, long offset, int length, CancellationToken cancellationToken = default) =>
        CallAsync("get-range", path, false, () => inner.GetRangeAsync(path, offset, length, cancellationToken));

    public override ValueTask<ObjectInfo?> HeadAsync(string path, CancellationToken cancellationToken = default) =>
        CallAsync("head", path, false, () => inner.HeadAsync(path, cancellationToken));

    public override async ValueTask DeleteAsync(string path, CancellationToken cancellationToken = default) =>
        await CallAsync("delete", path, true, async () =>
        {
            await inner.DeleteAsync(path, cancellationToken);
            return true;
        });

    public override async IAsyncEnumerable<ObjectInfo> ListAsync(
        string folder, string? startAfter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await CallAsync("list", folder, false, static () => ValueTask.FromResult(true));
        await foreach (var item in inner.ListAsync(folder, startAfter, cancellationToken))
        {
            if (!Unlisted(item.Path))
            {
                yield return item;
            }
        }
    }

    public override ValueTask<IReadOnlyList<string>> ListFoldersAsync(string folder, CancellationToken cancellationToken = default) =>
        CallAsync("list-folders", folder, false, () => inner.ListFoldersAsync(folder, cancellationToken));

    public override ValueTask<IReadOnlyList<ObjectInfo>> ListUnfinishedAsync(string folder, CancellationToken cancellationToken = default) =>
        CallAsync("list-unfinished", folder, false, () => inner.ListUnfinishedAsync(folder, cancellationToken));

    public override string? LocalRoot => isRemote ? null : inner.LocalRoot;

    public override string? LocalPath(string path) => isRemote ? null : inner.LocalPath(path);

    public override ValueTask<ObjectInfo> AdoptAsync(string path, CancellationToken cancellationToken = default) =>
        CallAsync("adopt", path, true, () => inner.AdoptAsync(path, cancellationToken));

    private async ValueTask<T> CallAsync<T>(string operation, string path, bool writes, Func<ValueTask<T>> call)
    {
        var fault = decide(new StoreCall(operation, path, writes));
        if (fault == Fault.None)
        {
            return await call();
        }

        Faults++;
        if (fault == Fault.After)
        {
            await call();
        }

        throw new TarnException(ErrorKind.Unavailable, $"Injected: {operation} failed {fault.ToString().ToLowerInvariant()} its effect.", path);
    }
}
