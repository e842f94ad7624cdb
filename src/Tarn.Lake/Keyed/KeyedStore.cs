namespace Tarn.Lake;

/// <summary>One of the two tables behind a <see cref="KeyedTable{T}"/>: its files by key, and merging into it.</summary>
internal sealed class KeyedStore<T>(LakeTable table, TableDefinition definition, KeyedLayout<T> layout, bool isHistory)
{
    private readonly KeyedFiles<T> _files = new(table, layout, isHistory);
    private bool _ensured;

    /// <summary>Merges; what was merged before, by its transactions, is not merged again.</summary>
    public async Task<(KeyedChange<T> Change, long Version, bool Committed)> MergeAsync(
        Dictionary<string, List<T>> incoming, int rows, IReadOnlyList<AppTransaction> transactions, CancellationToken cancellationToken)
    {
        using var turn = await table.RewritesAsync(cancellationToken).ConfigureAwait(false);
        if (!_ensured)
        {
            // The table may be older than the rows' type: what it lacks must be there before files have it.
            await table.EnsureAsync(definition, cancellationToken).ConfigureAwait(false);
            _ensured = true;
        }

        while (true)
        {
            var state = await table.StateAsync(null, cancellationToken).ConfigureAwait(false);
            var nothing = new KeyedChange<T>();
            if (TableLog.IsApplied(state, transactions))
            {
                return (nothing, state.Version, false);
            }

            TableProtocol.RequireWritable(state);
            TableProtocol.RequireMayAdd(table.Name, state);
            TableProtocol.RequireMayRemove(table.Name, state);
            var there = await _files.FindAsync(state, incoming.Keys, cancellationToken).ConfigureAwait(false);
            var change = isHistory ? KeyedChange<T>.OfHistory(layout, there, incoming) : KeyedChange<T>.OfCurrent(layout.Order, there, incoming);
            if (change.IsNothing && transactions.Count == 0)
            {
                return (change, state.Version, false);
            }

            var (outcome, after) = await CommitAsync(state, change, rows, transactions, cancellationToken).ConfigureAwait(false);
            switch (outcome)
            {
                case CommitOutcome.Committed:
                    // Not larger: a merge that touches one row of a packed file rewrites all of it.
                    await table.PackWhereWorthItAsync(SmallParquet.MostRows).ConfigureAwait(false);
                    return (change, after.Version, true);
                case CommitOutcome.AlreadyApplied:
                    return (nothing, after.Version, false);
            }
        }
    }

    /// <summary>The rows of some keys.</summary>
    public async Task<List<LocatedRow<T>>> FindAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        using var turn = await table.RewritesAsync(cancellationToken).ConfigureAwait(false);
        return await table.Log.LatestAsync(cancellationToken).ConfigureAwait(false) is { } state
            ? await _files.FindAsync(state, keys, cancellationToken).ConfigureAwait(false)
            : [];
    }

    private async Task<(CommitOutcome Outcome, LogState State)> CommitAsync(
        LogState state, KeyedChange<T> change, int rows, IReadOnlyList<AppTransaction> transactions, CancellationToken cancellationToken)
    {
        var written = await new KeyedRewrite<T>(table, state, layout, _files, isHistory).RunAsync(change, cancellationToken).ConfigureAwait(false);
        var rowsRemoved = written.Replaced.Sum(static f => f.RowCount ?? 0);
        var plan = new CommitPlan
        {
            Operation = "MERGE",
            Rule = ConflictRule.ReadAndRewrite,
            Actions = written.Actions,
            Transactions = transactions,
            Parameters = new Dictionary<string, string> { ["predicate"] = $"[\"(target.{layout.KeyColumn.Name} = source.{layout.KeyColumn.Name})\"]" },
            Metrics = Metrics.Of(
                ("numSourceRows", rows), ("numTargetRowsInserted", change.Inserted), ("numTargetRowsUpdated", isHistory ? change.Removed.Count : change.Updated),
                ("numTargetRowsCopied", Math.Max(0, written.RowsAdded - change.Added.Count)), ("numTargetFilesAdded", written.Actions.Count - written.Replaced.Count),
                ("numTargetFilesRemoved", written.Replaced.Count)),
        };
        CommitOutcome outcome;
        LogState after;
        try
        {
            (outcome, after) = await table.CommitAsync(state, plan, written.RowsAdded, rowsRemoved, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await table.Writer.DiscardAsync(written.Actions).ConfigureAwait(false);
            throw;
        }

        if (outcome == CommitOutcome.Committed)
        {
            _files.Forget(written.Replaced);
            foreach (var (file, held) in written.Known)
            {
                _files.Remember(file.Key, file.Size, held);
            }
        }
        else
        {
            await table.Writer.DiscardAsync(written.Actions).ConfigureAwait(false);
        }

        return (outcome, after);
    }
}
