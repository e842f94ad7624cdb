namespace Tarn.Lake;

/// <summary>One of the two tables behind a <see cref="KeyedTable{T}"/>: its files by key, and merging into it.</summary>
internal sealed class KeyedStore<T>(LakeTable table, TableDefinition definition, KeyedLayout<T> layout, bool isHistory)
{
    private readonly KeyedFiles<T> _files = new(table, layout, isHistory);
    private bool _ensured;

    /// <summary>Merges; what was merged before, by its transactions, is not merged again. Without an outcome there was nothing to do.</summary>
    public async Task<(KeyedChange<T> Change, long Version, CommitOutcome? Outcome)> MergeAsync(
        Dictionary<string, List<T>> incoming, int rows, WriteOptions options, CancellationToken cancellationToken)
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
            if (table.Log.IsApplied(state, options.Stored))
            {
                return (nothing, state.Version, CommitOutcome.AlreadyApplied);
            }

            TableProtocol.RequireWritable(state);
            TableProtocol.RequireMayAdd(table.Name, state);
            TableProtocol.RequireMayRemove(table.Name, state);
            var there = await _files.FindAsync(state, incoming.Keys, cancellationToken).ConfigureAwait(false);
            var change = isHistory ? KeyedChange<T>.OfHistory(layout, there, incoming) : KeyedChange<T>.OfCurrent(layout.Order, there, incoming);
            if (change.IsNothing && options.Transactions.Count == 0)
            {
                return (change, state.Version, null);
            }

            var (outcome, after) = await CommitAsync(state, change, rows, options, cancellationToken).ConfigureAwait(false);
            switch (outcome)
            {
                case CommitOutcome.Committed:
                    // Not larger: a merge that touches one row of a packed file rewrites all of it.
                    await table.PackWhereWorthItAsync(SmallParquet.MostRows).ConfigureAwait(false);
                    return (change, after.Version, outcome);
                case CommitOutcome.AlreadyApplied:
                    return (nothing, after.Version, outcome);
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

    /// <summary>The event times of rows that go and come; null where the rows do not tell them.</summary>
    private TouchedSet? Touched(LogState state, KeyedChange<T> change)
    {
        if (EventTime.Of(state) is not { } time || layout.Mapping.Getter(time.Field.Name) is not { } value)
        {
            return null;
        }

        var touched = new TouchedSet(time);
        foreach (var row in change.Removed)
        {
            touched.Add(value(row.Row.Row));
        }

        foreach (var row in change.Added)
        {
            touched.Add(value(row.Row));
        }

        return touched;
    }

    private async Task<(CommitOutcome Outcome, LogState State)> CommitAsync(
        LogState state, KeyedChange<T> change, int rows, WriteOptions options, CancellationToken cancellationToken)
    {
        var written = await new KeyedRewrite<T>(table, state, layout, _files, isHistory).RunAsync(change, cancellationToken).ConfigureAwait(false);
        var rowsRemoved = written.Replaced.Sum(static f => f.RowCount ?? 0);
        var plan = new CommitPlan
        {
            Operation = options.Operation ?? "MERGE",
            Rule = ConflictRule.ReadAndRewrite,
            Actions = written.Actions,
            Touched = Touched(state, change),
            Transactions = options.StoredWith(written.Actions),
            ExpectedTransactions = options.ExpectedTransactions,
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
