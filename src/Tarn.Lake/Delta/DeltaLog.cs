using System.Globalization;
using System.Runtime.CompilerServices;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Reads one table's log: states by replay, from a checkpoint where there is one, and single commits. Keeps nothing.</summary>
/// <param name="store">Where the table is.</param>
/// <param name="table">The table's folder in the store.</param>
/// <param name="checkpoints">Reads the actions of checkpoint files.</param>
internal sealed class DeltaLog(ObjectStore store, string table, CheckpointFiles checkpoints)
{
    public string Table => table;

    /// <summary>The state at a version, or at the latest one; null where the table has no log.</summary>
    /// <exception cref="TarnException">The log has a gap, is damaged, does not hold the version, or asks for a reader that this version is not.</exception>
    public async Task<LogState?> LoadAsync(long? version, CancellationToken cancellationToken)
    {
        const int lists = 3;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryLoadAsync(version, cancellationToken).ConfigureAwait(false);
            }
            catch (LogMovedException e) when (attempt == lists)
            {
                throw TarnException.Corrupt($"Commits of table {table} vanish while its log is read.", e.Path, "Read again.", e);
            }
            catch (LogMovedException)
            {
                // The log was cleaned up meanwhile: what it holds now is listed anew.
            }
        }
    }

    /// <summary>The actions of a commit and its raw timestamp; null where there is no such commit (yet).</summary>
    public async ValueTask<LogCommit?> ReadCommitAsync(long version, CancellationToken cancellationToken)
    {
        return await ReadContentAsync(version, cancellationToken).ConfigureAwait(false) is { } content
            ? await ParseAsync(version, content, cancellationToken).ConfigureAwait(false)
            : null;
    }

    /// <summary>A commit's file; null where there is no such commit (yet).</summary>
    public ValueTask<byte[]?> ReadContentAsync(long version, CancellationToken cancellationToken) => store.GetAsync(Full(LogPath.Commit(version)), cancellationToken);

    /// <summary>The commit that a file holds.</summary>
    public async ValueTask<LogCommit> ParseAsync(long version, byte[] content, CancellationToken cancellationToken)
    {
        var path = Full(LogPath.Commit(version));
        var actions = ActionReader.ReadCommit(content, path);
        return new LogCommit(version, await TimestampAsync(path, actions, cancellationToken).ConfigureAwait(false), actions);
    }

    /// <summary>A commit's own time in milliseconds since the Unix epoch, read from its beginning where it stands there; null where there is no such commit.</summary>
    public async ValueTask<long?> ReadTimestampAsync(long version, CancellationToken cancellationToken)
    {
        const int beginning = 8192;
        var path = Full(LogPath.Commit(version));
        try
        {
            var start = await store.GetRangeAsync(path, 0, beginning, cancellationToken).ConfigureAwait(false);
            if (start.AsSpan().IndexOf((byte)'\n') is > 0 and var end && ActionReader.ReadLine(start.AsSpan(0, end), path, 1) is CommitInfoAction info
                && (info.InCommitTimestamp ?? info.Timestamp) is { } timestamp)
            {
                return timestamp;
            }
        }
        catch (TarnException e) when (e.Kind == ErrorKind.NotFound)
        {
            return null;
        }

        return (await ReadCommitAsync(version, cancellationToken).ConfigureAwait(false))?.Timestamp;
    }

    /// <summary>Whether a commit is there, without reading it.</summary>
    public async ValueTask<bool> HasCommitAsync(long version, CancellationToken cancellationToken) =>
        await store.HeadAsync(Full(LogPath.Commit(version)), cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>When a commit's file was written, in milliseconds since the Unix epoch; null where there is no such commit.</summary>
    public async ValueTask<long?> WrittenAtAsync(long version, CancellationToken cancellationToken) =>
        (await store.HeadAsync(Full(LogPath.Commit(version)), cancellationToken).ConfigureAwait(false))?.LastModified.ToUnixTimeMilliseconds();

    /// <summary>The versions whose commit files are still there, ascending.</summary>
    public async Task<List<long>> ListVersionsAsync(CancellationToken cancellationToken)
    {
        var entries = await ListAsync(null, cancellationToken).ConfigureAwait(false);
        return [.. entries.Where(static e => e.Kind == LogEntryKind.Commit).Select(static e => e.Version)];
    }

    public string Full(string relative) => $"{table}/{relative}";

    private async Task<LogState?> TryLoadAsync(long? version, CancellationToken cancellationToken)
    {
        if (await ReadLastCheckpointAsync(cancellationToken).ConfigureAwait(false) is { } hint && (version is null || version >= hint))
        {
            var recent = await ListAsync(hint, cancellationToken).ConfigureAwait(false);
            var (state, _) = await FromCheckpointAsync(recent, version, cancellationToken).ConfigureAwait(false);
            if (state is not null)
            {
                return state;
            }

            // The hint names a checkpoint that is not there or cannot be read: it is only a hint.
        }

        var all = await ListAsync(null, cancellationToken).ConfigureAwait(false);
        var (found, damage) = await FromCheckpointAsync(all, version, cancellationToken).ConfigureAwait(false);
        if (found is not null)
        {
            return found;
        }

        var segment = LogSegment.After(all, [], version, compactions: true);
        if (segment.Deltas.Count == 0)
        {
            return damage is not null ? throw damage : all.Exists(static e => e.IsCheckpoint || e.Kind == LogEntryKind.Commit) && version is { } wanted ? throw TooOld(wanted) : null;
        }

        return await ReplayAsync(LogState.Empty, all, segment, version, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The state from the best checkpoint that can be read; null where there is none, and then what was wrong with the best one.</summary>
    private async Task<(LogState? State, TarnException? Damage)> FromCheckpointAsync(List<LogEntry> entries, long? version, CancellationToken cancellationToken)
    {
        TarnException? damage = null;
        foreach (var checkpoint in LogSegment.Checkpoints(entries, version))
        {
            LogState state;
            try
            {
                state = await ReadCheckpointAsync(checkpoint, cancellationToken).ConfigureAwait(false);
            }
            catch (UnreadableCheckpointException e)
            {
                damage ??= e.Reason;
                continue;
            }

            var segment = LogSegment.After(entries, checkpoint, version, compactions: true);
            return (await ReplayAsync(state, entries, segment, version, cancellationToken).ConfigureAwait(false), null);
        }

        return (null, damage);
    }

    /// <summary>The state that a checkpoint holds; its time is not known.</summary>
    /// <exception cref="UnreadableCheckpointException">A file of it is missing or damaged.</exception>
    public async Task<LogState> ReadCheckpointAsync(IReadOnlyList<LogEntry> checkpoint, CancellationToken cancellationToken)
    {
        var actions = new List<DeltaAction>();
        foreach (var file in checkpoint)
        {
            actions.AddRange(await ReadCheckpointFileAsync(file.Path, cancellationToken).ConfigureAwait(false));
        }

        foreach (var sidecar in actions.OfType<SidecarAction>().ToList())
        {
            var path = LogPath.IsAbsolute(sidecar.Path) ? LogPath.InStore(store, table, sidecar.Path) : LogPath.InStore(store, Full(LogPath.Sidecars), sidecar.Path);
            actions.AddRange(await ReadCheckpointFileAsync(path, cancellationToken).ConfigureAwait(false));
        }

        // Where commits follow, their times count; the checkpoint's own commit may be gone.
        return LogState.Empty.Apply(checkpoint[0].Version, 0, actions);
    }

    private async Task<List<DeltaAction>> ReadCheckpointFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await checkpoints.ReadAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (TarnException e) when (e.Kind == ErrorKind.Corrupt)
        {
            throw new UnreadableCheckpointException(e);
        }
    }

    private async Task<LogState> ReplayAsync(LogState state, List<LogEntry> entries, LogSegment segment, long? wanted, CancellationToken cancellationToken)
    {
        var from = state;
        if (segment.Deltas.Count == 0 && segment.Checkpoint.Count > 0)
        {
            state = state.At(await CheckpointTimestampAsync(segment.Checkpoint[0], cancellationToken).ConfigureAwait(false));
        }

        // One Apply over all commits would lose their order of timestamps; one per commit shares almost everything.
        await foreach (var (delta, content) in ReadAheadAsync(segment.Deltas, cancellationToken).ConfigureAwait(false))
        {
            if (delta.Kind == LogEntryKind.Compaction)
            {
                if (ReadCompaction(content, delta.Path) is not { } compacted)
                {
                    // The commits that it stands for may still be there.
                    return await ReplayAsync(from, entries, LogSegment.After(entries, segment.Checkpoint, wanted, compactions: false), wanted, cancellationToken).ConfigureAwait(false);
                }

                state = state.Apply(delta.Last, 0, compacted);
            }
            else
            {
                var actions = ActionReader.ReadCommit(content ?? throw new LogMovedException(delta.Path), delta.Path);
                state = state.Apply(delta.Version, await TimestampAsync(delta.Path, actions, cancellationToken).ConfigureAwait(false), actions);
            }
        }

        if (wanted is { } version && state.Version != version)
        {
            throw NoSuchVersion(version, state.Version);
        }

        return state.Complete(table);
    }

    /// <summary>Reads files in order, some of them ahead.</summary>
    private async IAsyncEnumerable<(LogEntry Entry, byte[]? Content)> ReadAheadAsync(IReadOnlyList<LogEntry> entries, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const int ahead = 16;
        var reading = new Queue<Task<byte[]?>>(ahead);
        for (var i = 0; i < entries.Count + ahead; i++)
        {
            if (i < entries.Count)
            {
                reading.Enqueue(store.GetAsync(entries[i].Path, cancellationToken).AsTask());
            }

            if (i >= ahead && reading.TryDequeue(out var next))
            {
                yield return (entries[i - ahead], await next.ConfigureAwait(false));
            }
        }
    }

    private static List<DeltaAction>? ReadCompaction(byte[]? content, string path)
    {
        try
        {
            return content is null ? null : ActionReader.ReadCommit(content, path);
        }
        catch (TarnException e) when (e.Kind == ErrorKind.Corrupt)
        {
            return null;
        }
    }

    private TarnException NoSuchVersion(long version, long latest) => TarnException.NotFound(
        $"Table {table} has no such version; its latest is {latest}.", version.ToString(CultureInfo.InvariantCulture), "Ask for an earlier one.");

    private TarnException TooOld(long version) => TarnException.NotFound(
        $"The log of table {table} no longer holds what makes up this version.", version.ToString(CultureInfo.InvariantCulture), "Ask for a later version.");

    private async Task<long> CheckpointTimestampAsync(LogEntry checkpoint, CancellationToken cancellationToken) =>
        await ReadTimestampAsync(checkpoint.Version, cancellationToken).ConfigureAwait(false) ?? checkpoint.LastModified.ToUnixTimeMilliseconds();

    private async ValueTask<long> TimestampAsync(string path, List<DeltaAction> actions, CancellationToken cancellationToken)
    {
        foreach (var action in actions)
        {
            if (action is CommitInfoAction info && (info.InCommitTimestamp ?? info.Timestamp) is { } timestamp)
            {
                return timestamp;
            }
        }

        return (await store.HeadAsync(path, cancellationToken).ConfigureAwait(false))?.LastModified.ToUnixTimeMilliseconds() ?? 0;
    }

    /// <summary>The files of the log by their names, in order; all, or those from a version on.</summary>
    public async Task<List<LogEntry>> ListAsync(long? from, CancellationToken cancellationToken)
    {
        var entries = new List<LogEntry>();
        var startAfter = from is { } version ? Full(string.Create(CultureInfo.InvariantCulture, $"{LogPath.Folder}/{version:D20}")) : null;
        var depth = Full(LogPath.Folder).Length + 1;
        await foreach (var item in store.ListAsync(Full(LogPath.Folder), startAfter, cancellationToken).ConfigureAwait(false))
        {
            // Versions' files come first: what starts with another letter than a digit (sidecars, staged commits) is not looked through.
            if (item.Path[depth] > '9')
            {
                break;
            }

            if (item.Path.IndexOf('/', depth) < 0 && LogEntry.Parse(item.Path) is { Kind: not LogEntryKind.Other } entry)
            {
                entries.Add(entry with { LastModified = item.LastModified, Size = item.Size });
            }
        }

        return await WithoutFalseGapsAsync(entries, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// A listing is no snapshot: made while others commit, it can show a version and lack the one before. What it lacks is asked for by name.
    /// </summary>
    private async Task<List<LogEntry>> WithoutFalseGapsAsync(List<LogEntry> entries, CancellationToken cancellationToken)
    {
        const int mostAsked = 1000;
        var complete = new List<LogEntry>(entries.Count);
        long? previous = null;
        var asked = 0;
        foreach (var entry in entries)
        {
            if (entry.Kind == LogEntryKind.Commit)
            {
                for (var missing = previous + 1; missing < entry.Version && asked++ < mostAsked; missing++)
                {
                    if (await HasCommitAsync(missing.Value, cancellationToken).ConfigureAwait(false))
                    {
                        complete.Add(LogEntry.Parse(Full(LogPath.Commit(missing.Value))));
                    }
                }

                previous = entry.Version;
            }

            complete.Add(entry);
        }

        return complete;
    }

    private async Task<long?> ReadLastCheckpointAsync(CancellationToken cancellationToken)
    {
        if (await store.GetAsync(Full(LogPath.LastCheckpoint), cancellationToken).ConfigureAwait(false) is not { } content)
        {
            return null;
        }

        return LastCheckpoint.Read(content);
    }
}
