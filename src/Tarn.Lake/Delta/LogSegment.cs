using System.Globalization;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>The files from which a version is made: those of one checkpoint (or none), and what came after it, without a gap.</summary>
/// <param name="Checkpoint">The checkpoint's files directly in the log.</param>
/// <param name="Deltas">Commits, and compactions that stand for several of them, in order; the last one is a commit.</param>
internal sealed record LogSegment(IReadOnlyList<LogEntry> Checkpoint, IReadOnlyList<LogEntry> Deltas)
{
    /// <summary>The version of the checkpoint; <see cref="LogState.NoVersion"/> where there is none.</summary>
    public long From => Checkpoint.Count > 0 ? Checkpoint[0].Version : LogState.NoVersion;

    /// <summary>The complete checkpoints that can serve a version, the best first: the newest, and of one version a V2 one under its own name before others.</summary>
    /// <param name="entries">The files of the log.</param>
    /// <param name="version">The version wanted; null for the latest.</param>
    public static List<IReadOnlyList<LogEntry>> Checkpoints(IReadOnlyList<LogEntry> entries, long? version) =>
    [
        .. entries.Where(e => e.IsCheckpoint && (version is null || e.Version <= version))
            .GroupBy(static e => (e.Version, e.Kind, e.Parts, Name: e.Kind == LogEntryKind.NamedCheckpoint ? e.Path : null))
            .Where(static g => g.Select(static e => e.Part).Distinct().Count() == Math.Max(1, g.Key.Parts))
            .OrderByDescending(static g => g.Key.Version).ThenByDescending(static g => g.Key.Kind).ThenBy(static g => g.Key.Parts).ThenBy(static g => g.Key.Name, StringComparer.Ordinal)
            .Select(static g => (IReadOnlyList<LogEntry>)[.. g.OrderBy(static e => e.Part)]),
    ];

    /// <summary>What follows a checkpoint (or the beginning).</summary>
    /// <param name="entries">The files of the log.</param>
    /// <param name="checkpoint">The checkpoint; empty for none.</param>
    /// <param name="version">The version wanted; null for the latest.</param>
    /// <param name="compactions">Whether compactions are used.</param>
    /// <exception cref="TarnException">Commits are missing in between, or the wanted version cannot be made from what is left.</exception>
    public static LogSegment After(IReadOnlyList<LogEntry> entries, IReadOnlyList<LogEntry> checkpoint, long? version, bool compactions)
    {
        var segment = new LogSegment(checkpoint, []);
        var commits = entries.Where(e => e.Kind == LogEntryKind.Commit && e.Version > segment.From && (version is null || e.Version <= version)).OrderBy(static e => e.Version).ToList();
        if (commits.Count == 0)
        {
            return segment;
        }

        // The last commit is always read itself: its time is the version's.
        var last = commits[^1].Version;
        var longest = new Dictionary<long, LogEntry>();
        foreach (var entry in compactions ? entries : [])
        {
            if (entry.Kind == LogEntryKind.Compaction && entry.Last < last && (!longest.TryGetValue(entry.Version, out var other) || other.Last < entry.Last))
            {
                longest[entry.Version] = entry;
            }
        }

        var deltas = new List<LogEntry>();
        var at = 0;
        for (var next = segment.From + 1; next <= last; next = deltas[^1].Last + 1)
        {
            while (commits[at].Version < next)
            {
                at++;
            }

            deltas.Add(longest.TryGetValue(next, out var compaction) ? compaction : commits[at].Version == next ? commits[at] : throw Missing(next, commits[at], segment.From, version));
        }

        return segment with { Deltas = deltas };
    }

    private static TarnException Missing(long expected, LogEntry found, long from, long? wanted) =>
        from == LogState.NoVersion && expected == 0 && wanted is { } version
            ? TarnException.NotFound(
                $"The log no longer holds what makes up this version; its first commit is {found.Version}.", version.ToString(CultureInfo.InvariantCulture), "Ask for a later version.")
            : TarnException.Corrupt(
                $"The log's versions are contiguous, but version {expected} is missing before {found.Version}.", found.Path, "Restore the missing commit from a backup.");
}
