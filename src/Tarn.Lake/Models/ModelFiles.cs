namespace Tarn.Lake;

/// <summary>Writes a table's data files from a file of rows.</summary>
internal static class ModelFiles
{
    /// <param name="lake">The lake.</param>
    /// <param name="table">The table.</param>
    /// <param name="state">The table as it will be: with the commit's columns and properties.</param>
    /// <param name="source">The file of rows.</param>
    /// <param name="touched">Collects the rows' event times; null where nobody asks.</param>
    /// <param name="cancellationToken">Ends the writing; no file is left then.</param>
    public static async Task<IReadOnlyList<AddFile>> WriteAsync(Lake lake, LakeTable table, LogState state, string source, TouchedSet? touched, CancellationToken cancellationToken)
    {
        using var lease = lake.DuckDb.Rent();
        var connection = lease.Connection;
        var layout = new WriteLayout(state);
        var rows = $"SELECT * FROM {ModelStaging.Read(source)}";
        var columns = await DuckDbWork.RunAsync(
            connection,
            () =>
            {
                using var result = connection.Query($"{rows} LIMIT 0");
                return result.Columns;
            },
            cancellationToken).ConfigureAwait(false);
        var output = new FileOutput
        {
            Rows = ColumnMatch.Select(table.Name, state.Fields, rows, columns),
            Guard = TableConstraints.Of(table.Name, state, connection).Guard(),
            Touched = touched,
            FileBytes = lake.Options.TargetFileBytes,
        };
        return await output.WriteAsync(table, connection, layout, cancellationToken).ConfigureAwait(false);
    }
}
