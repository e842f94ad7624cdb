using System.Collections.Concurrent;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// When a table's versions were made, and which one was current at an instant. A commit's time is its in-commit timestamp where the table has them, and else what
/// its <c>commitInfo</c> says; the time of its file counts only where it says nothing, for a copy of a table has other times of files and the same commits.
/// </summary>
internal sealed class VersionTimes(DeltaLog log)
{
    /// <summary>So many commits are all looked at: then a clock that went back does no harm.</summary>
    private const int Few = 64;

    private const int MostKnown = 65_536;

    private readonly ConcurrentDictionary<long, long> _known = new();

    /// <summary>Keeps the time of a commit, so that it need not be read.</summary>
    public void Note(long version, long timestamp)
    {
        if (version % 1024 == 0 && _known.Count > MostKnown)
        {
            _known.Clear();
        }

        _known[version] = timestamp;
    }

    /// <summary>The latest version committed at or before an instant.</summary>
    /// <exception cref="TarnException">No version that is left is as old.</exception>
    public async Task<long> VersionAtAsync(DateTimeOffset instant, LogState latest, CancellationToken cancellationToken) =>
        await TryVersionAtAsync(instant, latest, cancellationToken).ConfigureAwait(false) ?? throw TarnException.NotFound(
            $"Table {log.Table} has no version as old as this.", AsOf.Time(instant).ToString(), "Ask for a later time; the table's history tells when its first version was made.");

    /// <summary>As <see cref="VersionAtAsync"/>, but null where no version that is left is as old.</summary>
    public async Task<long?> TryVersionAtAsync(DateTimeOffset instant, LogState latest, CancellationToken cancellationToken)
    {
        var wanted = instant.ToUnixTimeMilliseconds();
        if (wanted >= latest.Timestamp)
        {
            return latest.Version;
        }

        var versions = await log.ListVersionsAsync(cancellationToken).ConfigureAwait(false);
        var rising = false;
        if (TableProperty.IsOn(latest.Metadata!, TableProperty.InCommitTimestamps))
        {
            // Before they were enabled, the rule of tables without them holds; afterwards they rise, as the protocol demands.
            var enabled = TableProperty.Number(latest.Metadata!, TableProperty.InCommitTimestampVersion) ?? 0;
            rising = wanted >= (TableProperty.Number(latest.Metadata!, TableProperty.InCommitTimestampTime) ?? long.MinValue);
            versions.RemoveAll(v => rising ? v < enabled : v >= enabled);
        }

        if (rising || versions.Count > Few)
        {
            var (found, ordered) = await SearchAsync(versions, wanted, cancellationToken).ConfigureAwait(false);
            if (rising || ordered)
            {
                return found;
            }
        }

        return await ScanAsync(versions, wanted, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>By halves; says also whether the times that it saw rise with the versions.</summary>
    private async Task<(long? Version, bool Ordered)> SearchAsync(List<long> versions, long wanted, CancellationToken cancellationToken)
    {
        var seen = new SortedList<long, long>();
        var (from, to) = (0, versions.Count);
        while (from < to)
        {
            var middle = (from + to) / 2;
            var timestamp = await TimeAsync(versions[middle], long.MinValue, cancellationToken).ConfigureAwait(false);
            seen[versions[middle]] = timestamp;
            (from, to) = timestamp <= wanted ? (middle + 1, to) : (from, middle);
        }

        if (from > 1)
        {
            // A clock that had gone back before the version that was found shows in the one before it.
            seen[versions[from - 2]] = await TimeAsync(versions[from - 2], long.MinValue, cancellationToken).ConfigureAwait(false);
        }

        var ordered = true;
        for (var i = 1; i < seen.Count; i++)
        {
            ordered &= seen.Values[i] > seen.Values[i - 1];
        }

        return (from > 0 ? versions[from - 1] : null, ordered);
    }

    /// <summary>From the oldest commit that is left: one that is not later than the one before counts as a millisecond later.</summary>
    private async Task<long?> ScanAsync(List<long> versions, long wanted, CancellationToken cancellationToken)
    {
        long? found = null;
        var previous = long.MinValue;
        foreach (var version in versions)
        {
            var timestamp = await TimeAsync(version, previous, cancellationToken).ConfigureAwait(false);
            timestamp = previous == long.MinValue ? timestamp : Math.Max(timestamp, previous + 1);
            if (timestamp > wanted)
            {
                break;
            }

            (found, previous) = (version, timestamp);
        }

        return found;
    }

    private async ValueTask<long> TimeAsync(long version, long otherwise, CancellationToken cancellationToken)
    {
        if (!_known.TryGetValue(version, out var timestamp))
        {
            timestamp = await log.ReadTimestampAsync(version, cancellationToken).ConfigureAwait(false) ?? otherwise;
            _known[version] = timestamp;
        }

        return timestamp;
    }
}
