using System.Globalization;
using System.Text.Json;
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
        var hint = await ReadLastCheckpointAsync(cancellationToken).ConfigureAwait(false);
        if (hint is { } start && (version is null || version >= start))
        {
            var recent = await ListAsync(start, cancellationToken).ConfigureAwait(false);
            if (LogSegment.Choose(recent, version, needsCheckpoint: true) is { } segment
                && await TryReplayAsync(segment, version, cancellationToken).ConfigureAwait(false) is { } state)
            {
                return state;
            }

            // The hint names a checkpoint that is not there or cannot be read: it is only a hint.
        }

        var all = await ListAsync(null, cancellationToken).ConfigureAwait(false);
        var below = long.MaxValue;
        while (LogSegment.Choose(all, version, checkpointsBelow: below) is { } whole)
        {
            if (whole.Checkpoint.Count == 0)
            {
                return await ReplayAsync(whole, version, cancellationToken).ConfigureAwait(false);
            }

            if (await TryReplayAsync(whole, version, cancellationToken).ConfigureAwait(false) is { } state)
            {
                return state;
            }

            below = whole.Checkpoint[0].Version;
        }

        return null;
    }

    /// <summary>The actions of a commit and its raw timestamp; null where there is no such commit (yet).</summary>
    public async ValueTask<LogCommit?> ReadCommitAsync(long version, CancellationToken cancellationToken)
    {
        var path = Full(LogPath.Commit(version));
        if (await store.GetAsync(path, cancellationToken).ConfigureAwait(false) is not { } content)
        {
            return null;
        }

        var actions = ActionReader.ReadCommit(content, path);
        return new LogCommit(version, await TimestampAsync(path, actions, cancellationToken).ConfigureAwait(false), actions);
    }

    /// <summary>Whether a commit is there, without reading it.</summary>
    public async ValueTask<bool> HasCommitAsync(long version, CancellationToken cancellationToken) =>
        await store.HeadAsync(Full(LogPath.Commit(version)), cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>The versions whose commit files are still there, ascending.</summary>
    public async Task<List<long>> ListVersionsAsync(CancellationToken cancellationToken)
    {
        var entries = await ListAsync(null, cancellationToken).ConfigureAwait(false);
        return [.. entries.Where(static e => e.Kind == LogEntryKind.Commit).Select(static e => e.Version)];
    }

    public string Full(string relative) => $"{table}/{relative}";

    /// <summary>As <see cref="ReplayAsync"/>, but null where the checkpoint cannot be read: an earlier one, or the commits, may do.</summary>
    private async Task<LogState?> TryReplayAsync(LogSegment segment, long? wanted, CancellationToken cancellationToken)
    {
        try
        {
            return await ReplayAsync(segment, wanted, cancellationToken).ConfigureAwait(false);
        }
        catch (TarnException e) when (e.Kind == ErrorKind.Corrupt && segment.Checkpoint.Any(c => c.Path == e.Value))
        {
            return null;
        }
    }

    private async Task<LogState> ReplayAsync(LogSegment segment, long? wanted, CancellationToken cancellationToken)
    {
        var state = LogState.Empty;
        if (segment.Checkpoint.Count > 0)
        {
            var actions = new List<DeltaAction>();
            foreach (var part in segment.Checkpoint)
            {
                actions.AddRange(await checkpoints.ReadAsync(part.Path, cancellationToken).ConfigureAwait(false));
            }

            var at = segment.Checkpoint[0];
            state = state.Apply(at.Version, await CheckpointTimestampAsync(at, cancellationToken).ConfigureAwait(false), actions);
        }

        // One Apply over all commits would lose their order of timestamps; one per commit shares almost everything.
        foreach (var entry in segment.Commits)
        {
            var commit = await ReadCommitAsync(entry.Version, cancellationToken).ConfigureAwait(false)
                ?? throw TarnException.Corrupt($"A commit of table {table} vanished while its log was read.", entry.Path, "Read again.");
            state = state.Apply(commit.Version, commit.Timestamp, commit.Actions);
        }

        if (wanted is { } version && state.Version != version)
        {
            throw NoSuchVersion(version, state.Version);
        }

        return state.Complete(table);
    }

    private TarnException NoSuchVersion(long version, long latest) => TarnException.NotFound(
        $"Table {table} has no such version; its latest is {latest}.", version.ToString(CultureInfo.InvariantCulture), "Ask for an earlier one.");

    private async Task<long> CheckpointTimestampAsync(LogEntry checkpoint, CancellationToken cancellationToken)
    {
        if (await ReadCommitAsync(checkpoint.Version, cancellationToken).ConfigureAwait(false) is { } commit)
        {
            return commit.Timestamp;
        }

        return (await store.HeadAsync(checkpoint.Path, cancellationToken).ConfigureAwait(false))?.LastModified.ToUnixTimeMilliseconds() ?? 0;
    }

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

    private async Task<List<LogEntry>> ListAsync(long? from, CancellationToken cancellationToken)
    {
        var entries = new List<LogEntry>();
        var startAfter = from is { } version ? Full(string.Create(CultureInfo.InvariantCulture, $"{LogPath.Folder}/{version:D20}")) : null;
        var depth = Full(LogPath.Folder).Length + 1;
        await foreach (var item in store.ListAsync(Full(LogPath.Folder), startAfter, cancellationToken).ConfigureAwait(false))
        {
            if (item.Path.IndexOf('/', depth) < 0 && LogPath.Parse(item.Path) is { Kind: not LogEntryKind.Other } entry)
            {
                entries.Add(entry);
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
                        complete.Add(LogPath.Parse(Full(LogPath.Commit(missing.Value))));
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

        try
        {
            using var document = JsonDocument.Parse(content);
            return document.RootElement.GetProperty("version").GetInt64();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // The protocol makes the file a hint: what cannot be read is not used.
            return null;
        }
    }
}

/// <summary>A commit as read: its actions, and its time in milliseconds since the Unix epoch as it says itself.</summary>
internal sealed record LogCommit(long Version, long Timestamp, List<DeltaAction> Actions)
{
    public CommitInfoAction? Info => Actions.OfType<CommitInfoAction>().FirstOrDefault();
}
