using System.Globalization;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Makes a table what it was, by a commit that adds and removes the difference.</summary>
internal static class Restore
{
    private const int MostNamed = 3;
    private const string MaxColumnId = "delta.columnMapping.maxColumnId";
    private static readonly string[] Kept = [TableProperty.InCommitTimestamps, TableProperty.InCommitTimestampVersion, TableProperty.InCommitTimestampTime];

    public static async Task<CommitResult> RunAsync(LakeTable table, AsOf asOf, WriteOptions options, CancellationToken cancellationToken)
    {
        while (true)
        {
            var state = await table.StateAsync(null, cancellationToken).ConfigureAwait(false);
            if (table.Log.IsApplied(state, options.Stored))
            {
                return new CommitResult(state.Version, false, 0, 0) { WasApplied = true };
            }

            TableProtocol.RequireWritable(state);
            var then = await table.StateAsync(asOf, cancellationToken).ConfigureAwait(false);
            var back = then.OrderedFiles.Where(f => !state.Files.ContainsKey(f.Key)).ToList();
            var away = state.OrderedFiles.Where(f => !then.Files.ContainsKey(f.Key)).ToList();
            var metadata = Metadata(state.Metadata!, then.Metadata!);
            var actions = new List<DeltaAction>();
            if (metadata is not null)
            {
                actions.Add(metadata);
            }

            if (away.Count > 0 && TableProtocol.HasFeature(state.Protocol!, TableFeature.AppendOnly) && TableProperty.IsOn(state.Metadata!, "delta.appendOnly"))
            {
                throw TarnException.Conflict(
                    $"Table {table.Name} takes new rows only; to restore {asOf} would remove rows.", "delta.appendOnly is true", "Set the property to false first.");
            }

            await RequireThereAsync(table, then.Version, back, cancellationToken).ConfigureAwait(false);
            actions.AddRange(back.Select(static f => f.Action with { DataChange = true }));
            actions.AddRange(away.Select(f => table.Writer.Removal(f, dataChange: true) with { DeletionVector = f.DeletionVector }));
            if (actions.Count == 0)
            {
                return new CommitResult(state.Version, false, 0, 0);
            }

            var plan = new CommitPlan
            {
                Operation = "RESTORE",
                Rule = ConflictRule.ReadAndRewrite,
                Actions = actions,
                Transactions = options.StoredWith(actions),
                Parameters = new Dictionary<string, string> { [asOf.Instant is null ? "version" : "timestamp"] = asOf.ToString() },
                Metrics = new Dictionary<string, string>
                {
                    ["numRestoredFiles"] = Text(back.Count),
                    ["restoredFilesSize"] = Text(back.Sum(static f => f.Size)),
                    ["numRemovedFiles"] = Text(away.Count),
                    ["removedFilesSize"] = Text(away.Sum(static f => f.Size)),
                    ["numOfFilesAfterRestore"] = Text(then.Files.Count),
                    ["tableSizeAfterRestore"] = Text(then.Bytes),
                },
            };
            var (added, removed) = (back.Sum(static f => f.RowCount ?? 0), away.Sum(static f => f.RowCount ?? 0));
            if (await table.CommitAsync(state, plan, added, removed, cancellationToken).ConfigureAwait(false) is (CommitOutcome.Committed, var after))
            {
                return new CommitResult(after.Version, true, added, removed);
            }
        }
    }

    /// <summary>The metadata to go back to, or null where they are the same. What must never go back stays: when commits' own times began, and which column ids were given out.</summary>
    private static MetadataAction? Metadata(MetadataAction now, MetadataAction then)
    {
        var configuration = new Dictionary<string, string>(then.Configuration, StringComparer.Ordinal);
        foreach (var name in Kept)
        {
            configuration.Remove(name);
            if (now.Configuration.TryGetValue(name, out var value))
            {
                configuration[name] = value;
            }
        }

        if (TableProperty.Number(now, MaxColumnId) is { } most && most > (TableProperty.Number(then, MaxColumnId) ?? -1))
        {
            configuration[MaxColumnId] = Text(most);
        }

        var same = now.SchemaString == then.SchemaString && now.Description == then.Description && now.PartitionColumns.SequenceEqual(then.PartitionColumns)
            && configuration.Count == now.Configuration.Count && configuration.All(p => now.Configuration.GetValueOrDefault(p.Key) == p.Value);
        return same ? null : then with { Id = now.Id, Name = now.Name, CreatedTime = now.CreatedTime, Configuration = configuration };
    }

    private static async Task RequireThereAsync(LakeTable table, long version, List<DataFile> files, CancellationToken cancellationToken)
    {
        var store = table.Owner.Store;
        var missing = new List<string>();
        foreach (var file in files)
        {
            var vector = file.DeletionVector is { } descriptor ? DeletionVectorFiles.PathInStore(store, table.Folder, descriptor) : null;
            if (await store.HeadAsync(LogPath.InStore(store, table.Folder, file.Path), cancellationToken).ConfigureAwait(false) is null
                || (vector is not null && await store.HeadAsync(vector, cancellationToken).ConfigureAwait(false) is null))
            {
                missing.Add(file.Path);
            }
        }

        if (missing.Count > 0)
        {
            throw TarnException.NotFound(
                $"Version {version} of table {table.Name} cannot be restored: {missing.Count} of its files were removed since (by VACUUM, for one).",
                string.Join(", ", missing.Take(MostNamed)) + (missing.Count > MostNamed ? ", …" : ""), "Restore a later version.");
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
