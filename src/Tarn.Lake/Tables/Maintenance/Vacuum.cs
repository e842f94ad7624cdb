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
        var used = await UsedAsync(table, state, cutoff.ToUnixTimeMilliseconds(), cancellationToken).ConfigureAwait(false);
        var unused = found.Where(item => !used.Contains(item.Path)).Concat(unfinished)
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

    /// <summary>The paths in the store of what the latest version uses, and of what every version uses that was still the latest one at the cutoff or after it.</summary>
    private static async Task<HashSet<string>> UsedAsync(LakeTable table, LogState state, long cutoff, CancellationToken cancellationToken)
    {
        var used = new UsedFiles(table.Owner.Store, table.Folder);
        foreach (var file in state.Files.Values)
        {
            used.Add(file.Path, file.DeletionVector);
        }

        foreach (var tombstone in state.Tombstones.Values)
        {
            if ((tombstone.DeletionTimestamp ?? 0) >= cutoff)
            {
                used.Add(tombstone.Path, tombstone.DeletionVector);
            }
        }

        // A checkpoint may have dropped tombstones, and files of changes are in no state: the commits tell, as far back as the cutoff.
        for (var version = state.Version; version >= 0; version--)
        {
            if (await table.Log.Log.ReadCommitAsync(version, cancellationToken).ConfigureAwait(false) is not { } commit || commit.Timestamp < cutoff)
            {
                break;
            }

            foreach (var action in commit.Actions)
            {
                switch (action)
                {
                    case RemoveFile remove: used.Add(remove.Path, remove.DeletionVector); break;
                    case CdcFile cdc: used.Add(cdc.Path, null); break;
                }
            }
        }

        return used.Paths;
    }

    /// <summary>
    /// Names that start with '_' or '.' are not data (the log among them), but for the folders of partition columns. Files of changes are looked after here too.
    /// </summary>
    private static bool IsHidden(string path, string folder)
    {
        var parts = path[(folder.Length + 1)..].Split('/');
        for (var i = 0; i < parts.Length; i++)
        {
            var part = parts[i];
            var isData = part[0] is not ('.' or '_') || (i < parts.Length - 1 && part.Contains('=', StringComparison.Ordinal)) || (i == 0 && parts.Length > 1 && part == LogPath.ChangeData);
            if (!isData)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Paths in the store of what a log names; what it names elsewhere is nobody's to remove.</summary>
    private sealed class UsedFiles(ObjectStore store, string folder)
    {
        public HashSet<string> Paths { get; } = new(StringComparer.Ordinal);

        public void Add(string path, DeletionVectorDescriptor? vector)
        {
            Paths.Add(LogPath.IsAbsolute(path) ? store.PathOf(LogPath.Canonical(path)) ?? path : $"{folder}/{path}");
            if (vector is { StorageType: "p" })
            {
                Paths.Add(store.PathOf(LogPath.Canonical(LogPath.Decode(vector.PathOrInlineDv))) ?? vector.PathOrInlineDv);
            }
            else if (vector is { StorageType: "u" })
            {
                Paths.Add($"{folder}/{DeletionVectorFiles.RelativePath(vector)}");
            }
        }
    }
}
