using System.Globalization;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>The files from which a version is made: the parts of one checkpoint (or none), and the commits after it, without a gap.</summary>
internal sealed record LogSegment(IReadOnlyList<LogEntry> Checkpoint, IReadOnlyList<LogEntry> Commits)
{
    /// <summary>Chooses from a listing; null where it holds neither commits nor a complete checkpoint, or no such checkpoint although one is needed.</summary>
    /// <param name="entries">The files of the log.</param>
    /// <param name="version">The version wanted; null for the latest.</param>
    /// <param name="needsCheckpoint">Whether the listing starts at a checkpoint, so that nothing can be made without one.</param>
    /// <param name="checkpointsBelow">Checkpoints from this version on are not used.</param>
    /// <exception cref="TarnException">Commits are missing in between, or the wanted version cannot be made from what is left.</exception>
    public static LogSegment? Choose(IReadOnlyList<LogEntry> entries, long? version, bool needsCheckpoint = false, long checkpointsBelow = long.MaxValue)
    {
        var checkpoint = NewestComplete(entries, version, checkpointsBelow);
        if (needsCheckpoint && checkpoint.Count == 0)
        {
            return null;
        }

        var from = checkpoint.Count > 0 ? checkpoint[0].Version : LogState.NoVersion;
        var commits = new List<LogEntry>();
        foreach (var entry in entries)
        {
            if (entry.Kind == LogEntryKind.Commit && entry.Version > from && (version is null || entry.Version <= version))
            {
                commits.Add(entry);
            }
        }

        for (var i = 0; i < commits.Count; i++)
        {
            var expected = from + 1 + i;
            if (commits[i].Version != expected)
            {
                throw Missing(expected, commits[i], from, version);
            }
        }

        return checkpoint.Count == 0 && commits.Count == 0 ? null : new LogSegment(checkpoint, commits);
    }

    private static TarnException Missing(long expected, LogEntry found, long from, long? wanted) =>
        from == LogState.NoVersion && expected == 0 && wanted is { } version
            ? TarnException.NotFound(
                $"The log no longer holds what makes up this version; its first commit is {found.Version}.", version.ToString(CultureInfo.InvariantCulture), "Ask for a later version.")
            : TarnException.Corrupt(
                $"The log's versions are contiguous, but version {expected} is missing before {found.Version}.", found.Path, "Restore the missing commit from a backup.");

    private static IReadOnlyList<LogEntry> NewestComplete(IReadOnlyList<LogEntry> entries, long? version, long below)
    {
        IReadOnlyList<LogEntry> best = [];
        foreach (var group in entries
            .Where(e => e.Kind == LogEntryKind.Checkpoint && e.Version < below && (version is null || e.Version <= version))
            .GroupBy(static e => (e.Version, e.Parts)))
        {
            var parts = group.OrderBy(static e => e.Part).ToList();
            if (parts.Count == group.Key.Parts && (best.Count == 0 || group.Key.Version > best[0].Version))
            {
                best = parts;
            }
        }

        return best;
    }
}
