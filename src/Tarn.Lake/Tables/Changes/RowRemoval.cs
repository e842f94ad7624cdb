using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Removes the rows that satisfy a condition.</summary>
internal static class RowRemoval
{
    /// <param name="table">The table.</param>
    /// <param name="connection">The connection on which the work is done.</param>
    /// <param name="layout">The version.</param>
    /// <param name="where">The condition, as it was given.</param>
    /// <param name="parameters">Values of its parameters.</param>
    /// <param name="inserts">Rows that come in the same commit, so that the change feed names them, too.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task<RowChangeResult> RunAsync(
        LakeTable table,
        DuckDbConnection connection,
        WriteLayout layout,
        string where,
        IReadOnlyDictionary<string, object?> parameters,
        IReadOnlyList<string> inserts,
        CancellationToken cancellationToken)
    {
        var condition = SqlExpression.Check(connection, where, "A condition");
        var candidates = await FileCandidates.OfAsync(table, layout.State, connection, condition, parameters, cancellationToken).ConfigureAwait(false);
        using var change = new RowChange(table, connection, layout, parameters, [RowAction.Delete]) { Inserts = inserts };
        using (var scan = await TableScan.OpenAsync(table, connection, layout.State, candidates.Files, "found", cancellationToken).ConfigureAwait(false))
        {
            await change.FillAsync(
                $"SELECT {TableView.FileColumn} AS {RowChange.File}, {TableView.RowColumn} AS {RowChange.Row}, 0 AS {RowChange.Action}{RowChange.TimeOf(layout.State, static f => $"target.{SqlNames.Quote(f.Name)}")} FROM ({scan.Sql(positions: true)}) target WHERE {condition}",
                cancellationToken).ConfigureAwait(false);
        }

        var result = await change.WriteAsync(candidates.Files, cancellationToken).ConfigureAwait(false);
        result.Reads = candidates.Reads;
        return result;
    }
}
