using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Packs small files of one partition together (bin-packing). Rows stay as they are, so that nothing but the removal of the same files stands in its way.</summary>
internal static class Optimize
{
    /// <summary>Rows of a file that are marked as deleted, of all: from more on, packing by hand writes what is left anew.</summary>
    private const double MostMarked = 0.05;

    /// <summary>Packs, and tells what was done. Where other writers removed a file meanwhile, nothing is.</summary>
    /// <param name="table">The table.</param>
    /// <param name="everything">Whether all small files are packed, or only those that are worth it now: a file is left alone that is much larger than what would join it.</param>
    /// <param name="mostRows">How many rows a packed file has at most.</param>
    /// <param name="options">Which partitions, and in which order.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task<OptimizeResult> RunAsync(LakeTable table, bool everything, long mostRows, OptimizeOptions options, CancellationToken cancellationToken)
    {
        var state = await table.StateAsync(null, cancellationToken).ConfigureAwait(false);
        TableProtocol.RequireWritable(state);
        var layout = new WriteLayout(state);
        var order = ZOrder.Columns(table.Name, layout, options.ZOrderBy);
        IReadOnlyList<DataFile> files = options.Where is { } where ? await PartitionChoice.OfAsync(table, layout, where, cancellationToken).ConfigureAwait(false) : state.OrderedFiles;
        var bins = order.Count > 0 ? ByPartition(state, files) : Choose(state, files, table.Owner.Options.TargetFileBytes, mostRows, everything);
        if (bins.Count == 0)
        {
            return new OptimizeResult(state.Version, 0, 0, 0, 0);
        }

        var added = new List<AddFile>();
        try
        {
            foreach (var bin in bins)
            {
                added.AddRange(await PackAsync(table, layout, bin, order, cancellationToken).ConfigureAwait(false));
            }
        }
        catch
        {
            await table.Writer.DiscardAsync(added).ConfigureAwait(false);
            throw;
        }

        var parameters = new Dictionary<string, string>
        {
            ["predicate"] = System.Text.Json.JsonSerializer.Serialize(options.Where is { } text ? new[] { text } : []),
            ["zOrderBy"] = System.Text.Json.JsonSerializer.Serialize(order.Select(static c => c.Name)),
            ["auto"] = everything ? "false" : "true",
        };
        return await CommitAsync(table, state, [.. bins.SelectMany(static b => b)], added, parameters, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<OptimizeResult> CommitAsync(
        LakeTable table, LogState state, List<DataFile> removed, List<AddFile> added, Dictionary<string, string> parameters, CancellationToken cancellationToken)
    {
        var plan = new CommitPlan
        {
            Operation = "OPTIMIZE",
            Rule = ConflictRule.Compaction,
            Actions = [.. removed.Select(f => table.Writer.Removal(f, dataChange: false)), .. added],
            Parameters = parameters,
            Metrics = Metrics.Of(
                ("numAddedFiles", added.Count), ("numRemovedFiles", removed.Count), ("numAddedBytes", added.Sum(static f => f.Size)), ("numRemovedBytes", removed.Sum(static f => f.Size))),
        };
        var rows = removed.Sum(static f => f.RowCount ?? 0);
        var (outcome, after) = await table.CommitAsync(state, plan, rows, rows, cancellationToken).ConfigureAwait(false);
        if (outcome != CommitOutcome.Committed)
        {
            await table.Writer.DiscardAsync(added).ConfigureAwait(false);
            return new OptimizeResult(after.Version, 0, 0, 0, 0);
        }

        table.Owner.Log.Optimized(table.Name, removed.Count, added.Count);
        return new OptimizeResult(after.Version, added.Count, removed.Count, added.Sum(static f => f.Size), removed.Sum(static f => f.Size));
    }

    /// <summary>How many files count as small.</summary>
    public static int SmallFiles(LogState state, long target)
    {
        var count = 0;
        foreach (var (_, file) in state.Files)
        {
            count += file.Size < target / 2 ? 1 : 0;
        }

        return count;
    }

    private static async Task<List<AddFile>> PackAsync(
        LakeTable table, WriteLayout layout, IReadOnlyList<DataFile> bin, IReadOnlyList<DeltaField> order, CancellationToken cancellationToken)
    {
        using var lease = table.Owner.DuckDb.Rent();
        var connection = lease.Connection;
        using var scan = await TableScan.OpenAsync(table, connection, layout.State, bin, "pack", cancellationToken).ConfigureAwait(false);
        var rows = scan.Sql();
        if (order.Count > 0)
        {
            rows = await DuckDbWork.RunAsync(connection, () => ZOrder.Sql(connection, rows, order), cancellationToken).ConfigureAwait(false);
        }

        // Compressed together, files may turn out a little longer than each by itself: those packed stay one file nevertheless.
        var target = table.Owner.Options.TargetFileBytes;
        var output = new FileOutput { Rows = rows, Partition = bin[0].PartitionValues, DataChange = false, FileBytes = order.Count > 0 ? target : 2 * target };
        var added = await output.WriteAsync(table, connection, layout, cancellationToken).ConfigureAwait(false);
        RequireSameRows(table.Name, bin, added);
        return added;
    }

    /// <summary>The last look before files are given up for another: they hold as many rows.</summary>
    private static void RequireSameRows(string table, IReadOnlyList<DataFile> bin, List<AddFile> added)
    {
        var expected = bin.All(static f => f.RowCount is not null) ? bin.Sum(static f => f.RowCount!.Value) : (long?)null;
        var written = added.Sum(static f => new DataFile(f).RowCount);
        if (expected is { } count && count != written)
        {
            throw TarnException.Corrupt($"Packed files of table {table} hold as many rows as their statistics say ({count}).", $"{written}", "A data file was changed or cut short; restore it from a backup.");
        }
    }

    private static List<List<DataFile>> ByPartition(LogState state, IEnumerable<DataFile> files)
    {
        var names = state.PartitionFields.Select(static f => f.PhysicalName).ToList();
        return [.. files.GroupBy(f => LogPath.PartitionFolder(names, f.PartitionValues), StringComparer.Ordinal).Select(static g => g.ToList())];
    }

    private static bool IsMuchMarked(DataFile file) => file.DeletionVector is { } vector && vector.Cardinality > MostMarked * (file.PhysicalRows ?? 0);

    private static List<List<DataFile>> Choose(LogState state, IEnumerable<DataFile> files, long target, long mostRows, bool everything)
    {
        var bins = new List<List<DataFile>>();
        foreach (var partition in ByPartition(state, files.Where(f => f.Size < target / 2 || (everything && IsMuchMarked(f)))))
        {
            var bin = new List<DataFile>();
            long size = 0, rows = 0;
            foreach (var file in partition.OrderBy(static f => f.Size).ThenBy(static f => f.Path, StringComparer.Ordinal))
            {
                // Repeated packing stays cheap when a file is only rewritten together with a good part of its own size.
                var muchLarger = !everything && bin.Count > 1 && file.Size > 4 * size;
                if (bin.Count > 0 && (size + file.Size > target || rows + (file.RowCount ?? 0) > mostRows || muchLarger))
                {
                    Close();
                }

                bin.Add(file);
                size += file.Size;
                rows += file.RowCount ?? 0;
            }

            Close();

            void Close()
            {
                if (bin.Count > 1 || (everything && bin is [var only] && IsMuchMarked(only)))
                {
                    bins.Add(bin);
                }

                bin = [];
                size = rows = 0;
            }
        }

        return bins;
    }
}
