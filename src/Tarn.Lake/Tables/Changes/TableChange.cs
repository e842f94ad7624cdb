using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>DELETE and UPDATE, and what every change of rows has in common: attempts until one is committed.</summary>
internal static class TableChange
{
    public static async Task<ChangeResult> DeleteAsync(LakeTable table, string? where, WriteOptions options, CancellationToken cancellationToken)
    {
        using var lease = table.Owner.DuckDb.Rent();
        var connection = lease.Connection;
        return await RunAsync(table, options, Plan, cancellationToken).ConfigureAwait(false);

        async Task<TableChangePlan> Plan(LogState state)
        {
            var removal = where is null
                ? Everything(table, state)
                : await RowRemoval.RunAsync(table, connection, new WriteLayout(state), where, options.Parameters, [], cancellationToken).ConfigureAwait(false);
            return new TableChangePlan("DELETE", removal, 0)
            {
                Parameters = Predicate(where),
                Metrics = Metrics.Of(
                    ("numDeletedRows", removal.Deleted), ("numCopiedRows", removal.Copied), ("numAddedFiles", removal.FilesAdded), ("numRemovedFiles", removal.FilesRemoved),
                    ("numDeletionVectorsAdded", removal.DeletionVectors), ("numAddedBytes", removal.BytesAdded)),
            };
        }
    }

    public static async Task<ChangeResult> UpdateAsync(
        LakeTable table, IReadOnlyDictionary<string, string> set, string? where, WriteOptions options, CancellationToken cancellationToken)
    {
        if (set.Count == 0)
        {
            throw TarnException.InvalidInput("An update sets one column at least.", "none");
        }

        using var lease = table.Owner.DuckDb.Rent();
        var connection = lease.Connection;
        return await RunAsync(table, options, Plan, cancellationToken).ConfigureAwait(false);

        async Task<TableChangePlan> Plan(LogState state)
        {
            var layout = new WriteLayout(state);
            TableProtocol.RequireMayAdd(table.Name, state);
            var condition = where is null ? null : SqlExpression.Check(connection, where, "A condition");
            var candidates = await FileCandidates.OfAsync(table, state, connection, condition, options.Parameters, cancellationToken).ConfigureAwait(false);
            using var scan = await TableScan.OpenAsync(table, connection, state, candidates.Files, "found", cancellationToken).ConfigureAwait(false);
            var values = await DuckDbWork.RunAsync(
                connection, () => SetValues.Of(table.Name, state, connection, set, $"({scan.Sql()}) target", options.Parameters), cancellationToken).ConfigureAwait(false);
            using var change = new RowChange(table, connection, layout, options.Parameters, [new RowAction(values)]);
            await change.FillAsync(
                $"SELECT {TableView.FileColumn} AS {RowChange.File}, {TableView.RowColumn} AS {RowChange.Row}, 0 AS {RowChange.Action}{RowChange.TimeOf(state, static f => $"target.{SqlNames.Quote(f.Name)}")} FROM ({scan.Sql(positions: true)}) target WHERE {condition ?? "true"}",
                cancellationToken).ConfigureAwait(false);
            var result = await change.WriteAsync(candidates.Files, cancellationToken).ConfigureAwait(false);
            result.Reads = candidates.Reads;
            return new TableChangePlan("UPDATE", result, 0)
            {
                Parameters = Predicate(where),
                Metrics = Metrics.Of(
                    ("numUpdatedRows", result.Updated), ("numCopiedRows", result.Copied), ("numAddedFiles", result.FilesAdded), ("numRemovedFiles", result.FilesRemoved),
                    ("numDeletionVectorsAdded", result.DeletionVectors), ("numAddedBytes", result.BytesAdded)),
            };
        }
    }

    /// <summary>The result of a change that was made before.</summary>
    public static ChangeResult Applied(LogState state) => Nothing(state) with { WasApplied = true };

    /// <summary>Plans and commits until no other commit comes between.</summary>
    public static async Task<ChangeResult> RunAsync(LakeTable table, WriteOptions options, Func<LogState, Task<TableChangePlan>> plan, CancellationToken cancellationToken)
    {
        using var turn = await table.RewritesAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var state = await table.StateAsync(null, cancellationToken).ConfigureAwait(false);
            if (table.Log.IsApplied(state, options.Stored))
            {
                return Applied(state);
            }

            TableProtocol.RequireWritable(state);
            table.Log.RequireExpected(state, options.ExpectedTransactions);
            var planned = await plan(state).ConfigureAwait(false);
            var result = planned.Rows;
            if (result.Deleted + result.Updated > 0)
            {
                await RequireMayRemoveAsync(table, state, result).ConfigureAwait(false);
            }

            if (result.Actions.Count == 0 && options.Transactions.Count == 0)
            {
                return Nothing(state);
            }

            var (outcome, after) = await CommitAsync(table, state, options, planned, cancellationToken).ConfigureAwait(false);
            if (outcome == CommitOutcome.Committed)
            {
                await table.PackWhereWorthItAsync().ConfigureAwait(false);
                return new ChangeResult(
                    after.Version, true, planned.Inserted, result.Updated, result.Deleted, result.Copied, result.FilesAdded, result.FilesRemoved, result.DeletionVectors);
            }

            await table.Writer.DiscardAsync(result.Actions).ConfigureAwait(false);
            if (outcome == CommitOutcome.AlreadyApplied)
            {
                return Applied(after);
            }
        }
    }

    private static async Task RequireMayRemoveAsync(LakeTable table, LogState state, RowChangeResult result)
    {
        try
        {
            TableProtocol.RequireMayRemove(table.Name, state);
        }
        catch (TarnException)
        {
            await table.Writer.DiscardAsync(result.Actions).ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<(CommitOutcome Outcome, LogState State)> CommitAsync(
        LakeTable table, LogState state, WriteOptions options, TableChangePlan planned, CancellationToken cancellationToken)
    {
        var commit = new CommitPlan
        {
            Operation = options.Operation ?? planned.Operation,
            Rule = ConflictRule.ReadAndRewrite,
            Reads = planned.Rows.Reads,
            AllowsBlindAppends = true,
            Actions = planned.Rows.Actions,
            Touched = planned.Rows.Touched,
            Transactions = options.StoredWith(planned.Rows.Actions),
            ExpectedTransactions = options.ExpectedTransactions,
            Parameters = options.Metadata.Concat(planned.Parameters).DistinctBy(static p => p.Key).ToDictionary(),
            Metrics = planned.Metrics,
        };
        try
        {
            var gone = planned.Rows.Deleted + planned.Rows.Updated + planned.Rows.Copied;
            return await table.CommitAsync(state, commit, planned.Rows.RowsWritten, gone, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or TarnException { Kind: ErrorKind.Conflict })
        {
            await table.Writer.DiscardAsync(planned.Rows.Actions).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>All files go; none needs to be read.</summary>
    private static RowChangeResult Everything(LakeTable table, LogState state)
    {
        var result = new RowChangeResult { Deleted = state.OrderedFiles.Sum(static f => f.RowCount ?? 0), FilesRemoved = state.Files.Count };
        result.Actions.AddRange(state.OrderedFiles.Select(f => table.Writer.Removal(f, dataChange: true)));
        return result;
    }

    private static Dictionary<string, string> Predicate(string? where) => new(StringComparer.Ordinal)
    {
        ["predicate"] = where is null ? "[]" : System.Text.Json.JsonSerializer.Serialize(new[] { where }),
    };

    private static ChangeResult Nothing(LogState state) => new(state.Version, false, 0, 0, 0, 0, 0, 0, 0);
}

/// <summary>A change of rows, ready to be committed.</summary>
internal sealed record TableChangePlan(string Operation, RowChangeResult Rows, long Inserted)
{
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    public required IReadOnlyDictionary<string, string> Metrics { get; init; }
}
