using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Appends the rows of a source, or replaces rows by them.</summary>
internal sealed class SourceWrite
{
    private readonly LakeTable _table;
    private readonly WriteOptions _options;
    private readonly bool _overwrite;
    private readonly string? _where;

    private SourceWrite(LakeTable table, WriteOptions options, bool overwrite, string? where)
    {
        _table = table;
        _options = options;
        _overwrite = overwrite;
        _where = where;
    }

    public static async Task<CommitResult> RunAsync(
        LakeTable table, RowSource source, WriteOptions options, bool overwrite, string? where, CancellationToken cancellationToken)
    {
        if (options.PartitionOverwrite && (!overwrite || where is not null))
        {
            throw TarnException.InvalidInput("Partitions are replaced by an overwrite without a condition.", "PartitionOverwrite", "Leave one of the two out.");
        }

        var write = new SourceWrite(table, options, overwrite, where);
        var state = await table.StateAsync(null, cancellationToken).ConfigureAwait(false);
        if (table.Log.IsApplied(state, options.Stored))
        {
            return new CommitResult(state.Version, false, 0, 0) { WasApplied = true };
        }

        await using var rows = await source.OpenAsync(table.Owner, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            if (await write.TryAsync(rows, state, cancellationToken).ConfigureAwait(false) is { } result)
            {
                return result;
            }

            state = await table.StateAsync(null, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>One attempt; null where another commit came between that it cannot go along with.</summary>
    private async Task<CommitResult?> TryAsync(OpenRows rows, LogState state, CancellationToken cancellationToken)
    {
        _table.Log.RequireExpected(state, _options.ExpectedTransactions);
        TableProtocol.RequireWritable(state);
        TableProtocol.RequireMayAdd(_table.Name, state);
        if (_overwrite)
        {
            TableProtocol.RequireMayRemove(_table.Name, state);
        }

        var columns = await DuckDbWork.RunAsync(rows.Connection, rows.Columns, cancellationToken).ConfigureAwait(false);
        var change = new SchemaChange(_table, state);
        if (_options.MergeSchema)
        {
            SchemaMerge.Run(change, columns);
        }

        var actions = change.Actions();
        var evolved = change.Apply(actions);
        var layout = new WriteLayout(evolved);
        var touched = EventTime.Of(evolved) is { } time ? new TouchedSet(time) : null;
        long count, gone;
        var reads = ReadSet.Everything;
        try
        {
            if (_where is not null)
            {
                var replaced = await ReplaceAsync(rows, columns, layout, cancellationToken).ConfigureAwait(false);
                actions.AddRange(replaced.Actions);
                (count, gone, reads, touched) = (replaced.RowsWritten - replaced.Copied, replaced.Deleted, replaced.Reads, replaced.Touched);
            }
            else
            {
                var added = await WriteAsync(rows, columns, layout, touched, cancellationToken).ConfigureAwait(false);
                actions.AddRange(added);
                IReadOnlyList<DataFile> removed = !_overwrite ? [] : _options.PartitionOverwrite ? OfPartitions(layout, state, added) : state.OrderedFiles;
                actions.InsertRange(actions.Count - added.Count, removed.Select(f => _table.Writer.Removal(f, dataChange: true)));
                foreach (var file in touched is null ? [] : removed)
                {
                    TouchedFiles.Add(touched!, file.Action);
                }

                (count, gone) = (added.Sum(static f => new DataFile(f).RowCount ?? 0), removed.Sum(static f => f.RowCount ?? 0));
            }
        }
        catch
        {
            await _table.Writer.DiscardAsync(actions).ConfigureAwait(false);
            throw;
        }

        // From here on the commit may be in the log, whatever is thrown: its files are no longer this write's to remove.
        return await CommitAsync(state, actions, count, gone, reads, touched, cancellationToken).ConfigureAwait(false);
    }

    private async Task<List<AddFile>> WriteAsync(
        OpenRows rows, IReadOnlyList<Native.DuckDbColumn> columns, WriteLayout layout, TouchedSet? touched, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        var output = Output(rows, columns, layout) with { Guard = TableConstraints.Of(_table.Name, layout.State, rows.Connection).Guard(), Touched = touched };
        return await output.WriteAsync(_table, rows.Connection, layout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes the rows under the condition, and writes those that come.</summary>
    private async Task<RowChangeResult> ReplaceAsync(OpenRows rows, IReadOnlyList<Native.DuckDbColumn> columns, WriteLayout layout, CancellationToken cancellationToken)
    {
        var condition = SqlExpression.Check(rows.Connection, _where!, "A condition");
        var output = Output(rows, columns, layout);
        await DuckDbWork.RunAsync(rows.Connection, () => RequireSatisfied(rows.Connection, output, condition), cancellationToken).ConfigureAwait(false);
        return await RowRemoval.RunAsync(_table, rows.Connection, layout, _where!, output.Parameters, [output.Rows], cancellationToken).ConfigureAwait(false);
    }

    private void RequireSatisfied(Native.DuckDbConnection connection, FileOutput output, string condition)
    {
        using var statement = DuckDbWork.Prepare(connection, $"SELECT CAST(to_json(r) AS VARCHAR) FROM ({output.Rows}) r WHERE {condition} IS NOT TRUE LIMIT 1", output.Parameters);
        using var result = statement.Query();
        using var chunk = result.Fetch();
        if (chunk is not null)
        {
            throw TarnException.InvalidInput(
                $"Rows that replace those of table {_table.Name} under a condition satisfy it themselves: {_where}", (string?)chunk.Column(0).GetValue(0), "Leave them out of the source, or replace more.");
        }
    }

    private FileOutput Output(OpenRows rows, IReadOnlyList<Native.DuckDbColumn> columns, WriteLayout layout) => new()
    {
        Rows = ColumnMatch.Select(_table.Name, layout.State.Fields, rows.Sql, columns),
        Parameters = _options.Parameters.Count == 0 ? rows.Parameters : rows.Parameters.Concat(_options.Parameters).DistinctBy(static p => p.Key, StringComparer.OrdinalIgnoreCase).ToDictionary(),
        FileBytes = _table.Owner.Options.TargetFileBytes,
    };

    /// <summary>The files of the partitions that files are of.</summary>
    private List<DataFile> OfPartitions(WriteLayout layout, LogState state, List<AddFile> added)
    {
        if (layout.Partition.Count == 0)
        {
            throw TarnException.InvalidInput($"Table {_table.Name} has no partitions to replace.", "PartitionOverwrite", "Replace all of it, or rows under a condition.");
        }

        var partitions = added.Select(f => LogPath.PartitionFolder(layout.PartitionNames, f.PartitionValues)).ToHashSet(StringComparer.Ordinal);
        return [.. state.OrderedFiles.Where(f => partitions.Contains(LogPath.PartitionFolder(layout.PartitionNames, f.PartitionValues)))];
    }

    private async Task<CommitResult?> CommitAsync(
        LogState state, List<DeltaAction> actions, long count, long removed, ReadSet reads, TouchedSet? touched, CancellationToken cancellationToken)
    {
        if (actions.Count == 0 && _options.Transactions.Count == 0 && !_overwrite)
        {
            return new CommitResult(state.Version, false, 0, 0);
        }

        var added = actions.OfType<AddFile>().Where(static f => f.DeletionVector is null).ToList();
        var parameters = new Dictionary<string, string>(_options.Metadata, StringComparer.Ordinal) { ["mode"] = _overwrite ? "Overwrite" : "Append" };
        if (_where is not null)
        {
            parameters["predicate"] = _where;
        }

        var plan = new CommitPlan
        {
            Operation = _options.Operation ?? "WRITE",
            Rule = _overwrite ? ConflictRule.ReadAndRewrite : ConflictRule.BlindAppend,
            Reads = reads,
            Actions = actions,
            Touched = touched,
            Transactions = _options.StoredWith(actions),
            ExpectedTransactions = _options.ExpectedTransactions,
            Parameters = parameters,
            Metrics = Metrics.Of(("numFiles", added.Count), ("numOutputRows", count), ("numOutputBytes", added.Sum(static f => f.Size))),
        };
        CommitOutcome outcome;
        LogState after;
        try
        {
            (outcome, after) = await _table.CommitAsync(state, plan, count, removed, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or TarnException { Kind: ErrorKind.Conflict })
        {
            // Neither is thrown once the commit is on its way.
            await _table.Writer.DiscardAsync(actions).ConfigureAwait(false);
            throw;
        }

        if (outcome == CommitOutcome.Committed)
        {
            return new CommitResult(after.Version, true, count, removed);
        }

        await _table.Writer.DiscardAsync(actions).ConfigureAwait(false);
        return outcome == CommitOutcome.AlreadyApplied ? new CommitResult(after.Version, false, 0, 0) { WasApplied = true } : null;
    }
}
