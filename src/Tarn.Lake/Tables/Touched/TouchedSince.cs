using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Reads from a table's commits which event times they touched.</summary>
internal sealed class TouchedSince(LakeTable table)
{
    private const int Ahead = 16;

    private readonly List<TouchedCommit> _commits = [];

    // The version before the one that is looked at, where a commit of another writer asks for it.
    private LogState? _before;

    public async Task<IReadOnlyList<TouchedCommit>> ReadAsync(long after, int limit, CancellationToken cancellationToken)
    {
        var latest = await table.StateAsync(null, cancellationToken).ConfigureAwait(false);
        if (after > latest.Version)
        {
            throw TarnException.NotFound(
                FormattableString.Invariant($"Table {table.Name} has no version {after}; its latest is {latest.Version}."), FormattableString.Invariant($"{after}"),
                "If it was made anew, begin again with all of it.");
        }

        var next = Math.Max(after, LogState.NoVersion) + 1;
        var reading = new Queue<(long Version, Task<byte[]?> Content)>(Ahead);
        for (var read = next; _commits.Count < limit && next <= latest.Version;)
        {
            for (; read <= latest.Version && reading.Count < Ahead && read - next < limit - _commits.Count; read++)
            {
                reading.Enqueue((read, table.Log.Log.ReadContentAsync(read, cancellationToken).AsTask()));
            }

            var (version, content) = reading.Dequeue();
            if (await content.ConfigureAwait(false) is { } bytes)
            {
                await AddAsync(version, bytes, latest, cancellationToken).ConfigureAwait(false);
                next = version + 1;
                continue;
            }

            // Gone, and with it all before it. What was read ahead may be gone, too, when it is asked for.
            next = read = await GoneAsync(version, latest, cancellationToken).ConfigureAwait(false);
            await Task.WhenAll(reading.Select(static r => r.Content)).ConfigureAwait(false);
            reading.Clear();
        }

        await Task.WhenAll(reading.Select(static r => r.Content)).ConfigureAwait(false);
        return _commits;
    }

    /// <summary>Notes the commits that are gone from a version on, and tells the first one that is there.</summary>
    private async Task<long> GoneAsync(long from, LogState latest, CancellationToken cancellationToken)
    {
        var there = (await table.Log.Log.ListVersionsAsync(cancellationToken).ConfigureAwait(false)).Find(v => v > from) is > 0 and var version ? version : latest.Version + 1;
        var time = there <= latest.Version ? await table.Log.Log.ReadTimestampAsync(there, cancellationToken).ConfigureAwait(false) ?? latest.Timestamp : latest.Timestamp;
        _commits.Add(new TouchedCommit(there - 1, DateTimeOffset.FromUnixTimeMilliseconds(time), null, [], null) { FirstVersion = from, IsGone = true });
        return there;
    }

    private async Task AddAsync(long version, byte[] content, LogState latest, CancellationToken cancellationToken)
    {
        var path = table.Log.Log.Full(LogPath.Commit(version));
        var time = EventTime.Of(latest);
        var few = ActionReader.ReadFew(content, path);
        var info = few.OfType<CommitInfoAction>().FirstOrDefault();
        TouchedTimes? touched;
        long timestamp;
        if (info is { Touched: { } told } && (info.InCommitTimestamp ?? info.Timestamp) is { } at && IsOf(told, time))
        {
            (touched, timestamp) = (told.Times, at);
        }
        else
        {
            var commit = await table.Log.Log.ParseAsync(version, content, cancellationToken).ConfigureAwait(false);
            timestamp = commit.Timestamp;
            touched = await OfFilesAsync(commit, time, cancellationToken).ConfigureAwait(false);
        }

        _commits.Add(new TouchedCommit(
            version, DateTimeOffset.FromUnixTimeMilliseconds(timestamp), info?.Operation, [.. few.OfType<TransactionAction>().Select(static t => t.AppId)], touched));
    }

    /// <summary>Whether a commit tells of the column that is the event time now, or was when it was made and is none now.</summary>
    private static bool IsOf(TouchedField told, EventTime? time) => time is null || string.Equals(told.Column, time.Field.Name, StringComparison.OrdinalIgnoreCase);

    private async Task<TouchedTimes?> OfFilesAsync(LogCommit commit, EventTime? time, CancellationToken cancellationToken)
    {
        if (!TouchedFiles.ChangesData(commit.Actions))
        {
            return TouchedTimes.Nothing;
        }

        if (time is null)
        {
            return null;
        }

        var before = commit.Actions.Any(static a => a is RemoveFile { DataChange: true, Stats: null }) ? await BeforeAsync(commit, cancellationToken).ConfigureAwait(false) : null;
        var touched = TouchedFiles.Of(time, commit.Actions, key => before?.Files.GetValueOrDefault(key)).Times();
        return touched is null || touched.IsNothing ? touched : touched with { IsCoarse = true };
    }

    /// <summary>The version before a commit; null where the log no longer tells it.</summary>
    private async Task<LogState?> BeforeAsync(LogCommit commit, CancellationToken cancellationToken)
    {
        if (_before?.Version != commit.Version - 1)
        {
            try
            {
                _before = commit.Version == 0 ? LogState.Empty : await table.Log.Log.LoadAsync(commit.Version - 1, cancellationToken).ConfigureAwait(false);
            }
            catch (TarnException e) when (e.Kind == ErrorKind.NotFound)
            {
                return null;
            }
        }

        var before = _before;
        _before = before?.Apply(commit.Version, commit.Timestamp, commit.Actions);
        return before;
    }
}
