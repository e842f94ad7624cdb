using System.Globalization;

namespace Tarn.Lake;

/// <summary>The time of a commit, and what has to be told of it (protocol, "In-Commit Timestamps").</summary>
internal static class InCommitTimestamps
{
    /// <summary>Decides a commit's time, always later than that of the version before; where the commit enables in-commit timestamps, its metadata tell since when.</summary>
    /// <param name="log">The table's log.</param>
    /// <param name="state">The version before.</param>
    /// <param name="actions">The actions of the commit.</param>
    /// <param name="now">The time by the clock.</param>
    public static async ValueTask<(long Timestamp, IReadOnlyList<DeltaAction> Actions, bool InCommit)> ApplyAsync(
        DeltaLog log, LogState state, IReadOnlyList<DeltaAction> actions, long now)
    {
        var timestamp = state.Version == LogState.NoVersion ? now : Math.Max(now, state.Timestamp + 1);
        var changed = actions.OfType<MetadataAction>().FirstOrDefault();
        var enabled = IsOn(changed ?? state.Metadata);
        if (!enabled || changed is null || state.Version == LogState.NoVersion || IsOn(state.Metadata))
        {
            return (timestamp, actions, enabled);
        }

        // Readers take the times of files for the versions before: the one that enables comes after them.
        if (await log.WrittenAtAsync(state.Version, CancellationToken.None).ConfigureAwait(false) is { } written)
        {
            timestamp = Math.Max(timestamp, written + 1);
        }

        var configuration = new Dictionary<string, string>(changed.Configuration, StringComparer.Ordinal)
        {
            [TableProperty.InCommitTimestampVersion] = (state.Version + 1).ToString(CultureInfo.InvariantCulture),
            [TableProperty.InCommitTimestampTime] = timestamp.ToString(CultureInfo.InvariantCulture),
        };
        return (timestamp, [.. actions.Select(a => a == (object)changed ? changed with { Configuration = configuration } : a)], true);
    }

    private static bool IsOn(MetadataAction? metadata) => metadata is not null && TableProperty.IsOn(metadata, TableProperty.InCommitTimestamps);
}
