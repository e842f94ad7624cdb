using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Appends rows of a class to a table, or replaces all rows by them. A few rows go into files without DuckDB; more are a <see cref="RowSource"/> as any.</summary>
internal static class RowAppend
{
    public static async Task<CommitResult> RunAsync<T>(LakeTable table, IReadOnlyList<T> rows, WriteOptions options, bool overwrite, CancellationToken cancellationToken)
    {
        while (true)
        {
            var state = await table.StateAsync(null, cancellationToken).ConfigureAwait(false);
            var applied = table.Log.IsApplied(state, options.Stored);
            if (applied || (rows.Count == 0 && options.Transactions.Count == 0 && !overwrite))
            {
                return new CommitResult(state.Version, false, 0, 0) { WasApplied = applied };
            }

            table.Log.RequireExpected(state, options.ExpectedTransactions);
            TableProtocol.RequireWritable(state);
            TableProtocol.RequireMayAdd(table.Name, state);
            var mapping = RowMapping<T>.Instance;
            CheckColumns(table.Name, mapping.Schema, state);
            if (rows.Count > SmallParquet.MostRows || options.PartitionOverwrite || TableConstraints.HasExpressions(state))
            {
                return await SourceWrite.RunAsync(table, RowSource.Of(rows), options, overwrite, null, cancellationToken).ConfigureAwait(false);
            }

            var actions = new List<DeltaAction>();
            if (overwrite)
            {
                TableProtocol.RequireMayRemove(table.Name, state);
                actions.AddRange(state.OrderedFiles.Select(f => table.Writer.Removal(f, dataChange: true)));
            }

            await WriteFilesAsync(table, rows, mapping, state, actions, cancellationToken).ConfigureAwait(false);
            var (outcome, after) = await CommitAsync(table, rows.Count, options, overwrite, state, actions, Touched(rows, mapping, state, actions), cancellationToken).ConfigureAwait(false);
            if (outcome == CommitOutcome.Committed)
            {
                return new CommitResult(after.Version, true, rows.Count, overwrite ? state.CountedRows : 0);
            }

            await table.Writer.DiscardAsync(actions).ConfigureAwait(false);
            if (outcome == CommitOutcome.AlreadyApplied)
            {
                return new CommitResult(after.Version, false, 0, 0) { WasApplied = true };
            }
        }
    }

    private static async Task<(CommitOutcome Outcome, LogState State)> CommitAsync(
        LakeTable table, int rows, WriteOptions options, bool overwrite, LogState state, List<DeltaAction> actions, TouchedSet? touched, CancellationToken cancellationToken)
    {
        var files = actions.OfType<AddFile>().ToList();
        var parameters = new Dictionary<string, string>(options.Metadata, StringComparer.Ordinal) { ["mode"] = overwrite ? "Overwrite" : "Append" };
        var plan = new CommitPlan
        {
            Operation = options.Operation ?? "WRITE",
            Rule = overwrite ? ConflictRule.ReadAndRewrite : ConflictRule.BlindAppend,
            Actions = actions,
            Transactions = options.StoredWith(actions),
            Touched = touched,
            ExpectedTransactions = options.ExpectedTransactions,
            Parameters = parameters,
            Metrics = Metrics.Of(("numFiles", files.Count), ("numOutputRows", rows), ("numOutputBytes", files.Sum(static f => f.Size))),
        };
        try
        {
            return await table.CommitAsync(state, plan, rows, overwrite ? state.CountedRows : 0, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or TarnException { Kind: ErrorKind.Conflict })
        {
            await table.Writer.DiscardAsync(actions).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The event times of the rows that come; those of files that go by what these say of themselves.</summary>
    private static TouchedSet? Touched<T>(IReadOnlyList<T> rows, RowMapping<T> mapping, LogState state, IEnumerable<DeltaAction> actions)
    {
        if (EventTime.Of(state) is not { } time)
        {
            return null;
        }

        var touched = TouchedFiles.Of(time, actions.OfType<RemoveFile>(), state.Files.GetValueOrDefault);
        var value = mapping.Getter(time.Field.Name);
        foreach (var row in rows)
        {
            touched.Add(value?.Invoke(row));
        }

        return touched;
    }

    private static async Task WriteFilesAsync<T>(
        LakeTable table, IReadOnlyList<T> rows, RowMapping<T> mapping, LogState state, List<DeltaAction> actions, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return;
        }

        var layout = new WriteLayout(state);
        var columns = layout.Stored.Select(f => f.Name).Where(n => mapping.Schema.Find(n) is not null).ToList();
        var inFile = layout.FileColumns(columns);
        var getters = columns.Select(c => mapping.Getter(c)!).ToArray();
        foreach (var (values, part) in Partition(rows, mapping, layout))
        {
            actions.Add(await table.Writer.WriteSmallAsync(
                layout, values, inFile, part.Count, (column, row) => getters[column](part[row]), cancellationToken).ConfigureAwait(false));
        }
    }

    private static IEnumerable<(IReadOnlyDictionary<string, string?> Values, IReadOnlyList<T> Rows)> Partition<T>(
        IReadOnlyList<T> rows, RowMapping<T> mapping, WriteLayout layout)
    {
        if (layout.Partition.Count == 0)
        {
            return [(EmptyMap.NullableStrings, rows)];
        }

        var getters = layout.Partition.Select(f => mapping.Getter(f.Name)).ToArray();
        var groups = new Dictionary<string, (IReadOnlyDictionary<string, string?> Values, List<T> Rows)>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            var values = new Dictionary<string, string?>(StringComparer.Ordinal);
            for (var i = 0; i < getters.Length; i++)
            {
                values[layout.PartitionNames[i]] = PartitionValue.Write(getters[i]?.Invoke(row));
            }

            var folder = LogPath.PartitionFolder(layout.PartitionNames, values);
            if (!groups.TryGetValue(folder, out var group))
            {
                groups[folder] = group = (values, []);
            }

            group.Rows.Add(row);
        }

        return groups.OrderBy(static g => g.Key, StringComparer.Ordinal).Select(static g => (g.Value.Values, (IReadOnlyList<T>)g.Value.Rows));
    }

    private static void CheckColumns(string table, TableSchema rows, LogState state)
    {
        foreach (var column in rows.Columns)
        {
            var there = state.Schema.Find(column.Name)
                ?? throw TarnException.InvalidInput($"The rows have a column that table {table} lacks.", column.Name, "Add it by EnsureTableAsync, or leave it out.");
            if (there.Type != column.Type)
            {
                throw TarnException.InvalidInput($"Column {column.Name} of table {table} has type {there.Type}.", column.Type.ToString(), "Convert the rows' property.");
            }

            if (!there.Nullable && column.Nullable)
            {
                throw TarnException.InvalidInput($"Column {column.Name} of table {table} is never null.", column.Name, "Make the rows' property one that cannot be null.");
            }
        }

        foreach (var column in state.Schema.Columns)
        {
            if (!column.Nullable && rows.Find(column.Name) is null)
            {
                throw TarnException.InvalidInput($"Column {column.Name} of table {table} is never null, and the rows lack it.", column.Name, "Add the property to the rows.");
            }
        }
    }
}
