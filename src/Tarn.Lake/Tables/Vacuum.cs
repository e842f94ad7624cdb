using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Finds and removes what no version within the retention uses.</summary>
internal static class Vacuum
{
    public static async Task<VacuumResult> RunAsync(LakeTable table, TimeSpan retain, bool dryRun, CancellationToken cancellationToken)
    {
        var options = table.Owner.Options;
        if (retain < options.MinimumRetention)
        {
            throw TarnException.InvalidInput(
                $"VACUUM keeps what was in use within the last {options.MinimumRetention}: readers of older versions and writers in flight rely on it.",
                retain.ToString(), "Retain more, or lower Lake:MinimumRetention if nothing else uses the table.");
        }

        // The listing comes first: a file that is written and committed after it is not in it, and one committed before is in the state.
        var store = table.Owner.Store;
        var found = new List<ObjectInfo>();
        await foreach (var item in store.ListAsync(table.Folder, null, cancellationToken).ConfigureAwait(false))
        {
            if (!IsHidden(item.Path, table.Folder))
            {
                found.Add(item);
            }
        }

        var unfinished = await store.ListUnfinishedAsync(table.Folder, cancellationToken).ConfigureAwait(false);
        var state = await table.StateAsync(null, cancellationToken).ConfigureAwait(false);
        TableProtocol.RequireWritable(state);
        var cutoff = table.Owner.Time.GetUtcNow() - retain;
        var used = await UsedAsync(table.Log.Log, state, cutoff.ToUnixTimeMilliseconds(), cancellationToken).ConfigureAwait(false);
        var unused = found.Where(item => !used.Contains(item.Path[(table.Folder.Length + 1)..])).Concat(unfinished)
            .Where(item => item.LastModified <= cutoff)
            .OrderBy(static item => item.Path, StringComparer.Ordinal).ToList();
        foreach (var item in dryRun ? [] : unused)
        {
            await store.DeleteAsync(item.Path, cancellationToken).ConfigureAwait(false);
        }

        var bytes = unused.Sum(static item => item.Size);
        if (!dryRun)
        {
            table.Owner.Log.Vacuumed(table.Name, unused.Count, bytes);
        }

        return new VacuumResult([.. unused.Select(item => item.Path[(table.Folder.Length + 1)..])], bytes, dryRun);
    }

    /// <summary>The files of the latest version, and of every version that was still the latest one at the cutoff or after it.</summary>
    private static async Task<HashSet<string>> UsedAsync(DeltaLog log, LogState state, long cutoff, CancellationToken cancellationToken)
    {
        var used = new HashSet<string>(state.Files.Values.Select(static f => f.Path), StringComparer.Ordinal);
        foreach (var tombstone in state.Tombstones.Values)
        {
            if ((tombstone.DeletionTimestamp ?? 0) >= cutoff)
            {
                used.Add(tombstone.Path);
            }
        }

        // A checkpoint may have dropped tombstones: the commits tell, as far back as the cutoff.
        for (var version = state.Version; version >= 0; version--)
        {
            if (await log.ReadCommitAsync(version, cancellationToken).ConfigureAwait(false) is not { } commit || commit.Timestamp < cutoff)
            {
                break;
            }

            foreach (var action in commit.Actions)
            {
                if (action is RemoveFile remove)
                {
                    used.Add(remove.Path);
                }
            }
        }

        return used;
    }

    /// <summary>Names that start with '_' or '.' are not data (the log among them), but for the folders of partition columns.</summary>
    private static bool IsHidden(string path, string folder)
    {
        foreach (var part in path[(folder.Length + 1)..].Split('/'))
        {
            if (part[0] == '.' || (part[0] == '_' && !part.Contains('=', StringComparison.Ordinal)))
            {
                return true;
            }
        }

        return false;
    }
}
