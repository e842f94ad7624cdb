using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Contracts;

/// <summary>A store whose calls fail as told, as a disk or a network would; what it is asked goes to a real one.</summary>
/// <param name="inner">The real one.</param>
/// <param name="decide">Which calls fail.</param>
/// <param name="isRemote">Whether it keeps to itself that its objects are local files, as a store elsewhere would.</param>
public sealed class FaultyObjectStore(ObjectStore inner, Func<StoreCall, Fault> decide, bool isRemote = false) : ObjectStore
{
    private const int LateByCalls = 2;
    private readonly List<(int Calls, Func<Task> Effect)> _late = [];
    private readonly Queue<string> _written = [];
    private readonly HashSet<string> _unlistedYet = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private long _bytesFetched;
    private int _faults;
    private int _torn;

    public override string Location => inner.Location;

    /// <summary>Paths that listings leave out, as a listing made while others write may; default none.</summary>
    public Func<string, bool> Unlisted { get; init; } = static _ => false;

    /// <summary>How many of the latest new objects listings do not show yet, as those of a slow store; default none.</summary>
    public int ListingLag { get; init; }

    /// <summary>What a call waits for before it goes on; default nothing.</summary>
    public Func<StoreCall, Task> Hold { get; init; } = static _ => Task.CompletedTask;

    /// <summary>How many calls failed.</summary>
    public int Faults => Volatile.Read(ref _faults);

    /// <summary>How many bytes were read.</summary>
    public long BytesFetched => Interlocked.Read(ref _bytesFetched);

    /// <summary>Every call so far, in the order of their beginning.</summary>
    public ConcurrentQueue<StoreCall> Calls { get; } = [];

    /// <summary>
    /// Each call fails with the given probability; of the writes that fail, as many had their effect as not (or in equal parts each of
    /// <paramref name="kinds"/>). The same seed, the same faults. Reading a log is hundreds of calls that must all succeed: reads fail more rarely.
    /// </summary>
    public static FaultyObjectStore Random(ObjectStore inner, int seed, double writes, double reads, bool isRemote = false, params Fault[] kinds)
    {
        var random = new Random(seed);
        var ofWrites = kinds.Length > 0 ? kinds : [Fault.After, Fault.Before];
        return new FaultyObjectStore(
            inner,
            call =>
            {
                lock (random)
                {
                    return random.NextDouble() >= (call.Writes ? writes : reads) ? Fault.None : call.Writes ? ofWrites[random.Next(ofWrites.Length)] : Fault.Before;
                }
            },
            isRemote);
    }

    /// <summary>Lets the effects of all writes that timed out happen now.</summary>
    public Task LandAsync() => LandAsync(static _ => true);

    public override ValueTask<bool> PutIfAbsentAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) => WriteAsync(
        "put-if-absent", path, () => content, bytes => inner.PutIfAbsentAsync(path, bytes, cancellationToken));

    public override async ValueTask PutAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        await WriteAsync("put", path, () => content, bytes => TrueAsync(inner.PutAsync(path, bytes, cancellationToken)));

    public override async ValueTask PutFileAsync(string path, string localFile, CancellationToken cancellationToken = default)
    {
        var late = false;
        await WriteAsync(
            "put-file",
            path,
            () =>
            {
                late = true;
                return File.ReadAllBytes(localFile);
            },
            bytes => TrueAsync(late ? inner.PutAsync(path, bytes, CancellationToken.None) : inner.PutFileAsync(path, localFile, cancellationToken)));
    }

    public override async ValueTask<byte[]?> GetAsync(string path, CancellationToken cancellationToken = default)
    {
        var bytes = await CallAsync("get", path, false, () => inner.GetAsync(path, cancellationToken));
        Interlocked.Add(ref _bytesFetched, bytes?.Length ?? 0);
        return bytes;
    }

    public override async ValueTask<byte[]> GetRangeAsync(string path, long offset, int length, CancellationToken cancellationToken = default)
    {
        var bytes = await CallAsync("get-range", path, false, () => inner.GetRangeAsync(path, offset, length, cancellationToken));
        Interlocked.Add(ref _bytesFetched, bytes.Length);
        return bytes;
    }

    public override ValueTask<ObjectInfo?> HeadAsync(string path, CancellationToken cancellationToken = default) =>
        CallAsync("head", path, false, () => inner.HeadAsync(path, cancellationToken));

    public override async ValueTask DeleteAsync(string path, CancellationToken cancellationToken = default) =>
        await WriteAsync("delete", path, static () => default, _ => TrueAsync(inner.DeleteAsync(path, cancellationToken)));

    public override async IAsyncEnumerable<ObjectInfo> ListAsync(
        string folder, string? startAfter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await CallAsync("list", folder, false, static () => ValueTask.FromResult(true));
        await foreach (var item in inner.ListAsync(folder, startAfter, cancellationToken))
        {
            if (!Unlisted(item.Path) && !IsUnlistedYet(item.Path))
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

    private async ValueTask<T> CallAsync<T>(string operation, string path, bool writes, Func<ValueTask<T>> effect)
    {
        var fault = await BeginAsync(new StoreCall(operation, path, writes));
        if (fault == Fault.None)
        {
            return await effect();
        }

        if (fault == Fault.After)
        {
            await effect();
        }

        throw Failed(operation, path, fault);
    }

    private async ValueTask<bool> WriteAsync(string operation, string path, Func<ReadOnlyMemory<byte>> content, Func<ReadOnlyMemory<byte>, ValueTask<bool>> effect)
    {
        var fault = await BeginAsync(new StoreCall(operation, path, true));
        switch (fault)
        {
            case Fault.None or Fault.After:
                var done = await effect(operation == "put-file" ? default : content());
                NoteWritten(operation, path);
                return fault == Fault.None ? done : throw Failed(operation, path, fault);

            case Fault.Late:
                // The caller's buffers and files are its own again when the call has failed.
                var kept = content().ToArray();
                lock (_gate)
                {
                    _late.Add((LateByCalls, async () => await effect(kept)));
                }

                throw Failed(operation, path, fault);

            case Fault.Torn when operation != "delete":
                Tear(path, content());
                throw Failed(operation, path, fault);

            default:
                throw Failed(operation, path, fault);
        }
    }

    private async Task<Fault> BeginAsync(StoreCall call)
    {
        Calls.Enqueue(call);
        await Hold(call);
        lock (_gate)
        {
            for (var i = 0; i < _late.Count; i++)
            {
                _late[i] = _late[i] with { Calls = _late[i].Calls - 1 };
            }
        }

        await LandAsync(static calls => calls <= 0);
        return decide(call);
    }

    private async Task LandAsync(Func<int, bool> due)
    {
        List<Func<Task>> effects;
        lock (_gate)
        {
            effects = [.. _late.Where(l => due(l.Calls)).Select(static l => l.Effect)];
            _late.RemoveAll(l => due(l.Calls));
        }

        foreach (var effect in effects)
        {
            await effect();
        }
    }

    private TarnException Failed(string operation, string path, Fault fault)
    {
        Interlocked.Increment(ref _faults);
        return fault == Fault.Late
            ? new TarnException(ErrorKind.Unavailable, $"Injected: {operation} timed out.", path, null, new TimeoutException())
            : new TarnException(ErrorKind.Unavailable, $"Injected: {operation} failed {fault.ToString().ToLowerInvariant()} its effect.", path);
    }

    private void Tear(string path, ReadOnlyMemory<byte> content)
    {
        var whole = inner.LocalPath(path) ?? throw new NotSupportedException("Writes are torn over local files.");
        Directory.CreateDirectory(Path.GetDirectoryName(whole)!);
        var torn = Path.Combine(Path.GetDirectoryName(whole)!, $".{Path.GetFileName(whole)}.torn{Interlocked.Increment(ref _torn)}.tmp");
        File.WriteAllBytes(torn, content[..(content.Length / 2)].ToArray());
    }

    private void NoteWritten(string operation, string path)
    {
        lock (_gate)
        {
            if (ListingLag > 0 && operation != "delete" && _unlistedYet.Add(path))
            {
                _written.Enqueue(path);
                while (_written.Count > ListingLag)
                {
                    _unlistedYet.Remove(_written.Dequeue());
                }
            }
        }
    }

    private bool IsUnlistedYet(string path)
    {
        lock (_gate)
        {
            return _unlistedYet.Contains(path);
        }
    }

    private static async ValueTask<bool> TrueAsync(ValueTask call)
    {
        await call;
        return true;
    }
}
