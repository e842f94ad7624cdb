namespace Tarn.Lake;

/// <summary>
/// Rows for a write: objects of a class, the result of a query over the lake, or Parquet files. Its columns are matched to the table's by name, without regard to case;
/// a column of the table that it lacks becomes null, and values are converted only where none of them can change by it. Immutable; can be used for several writes.
/// </summary>
public abstract class RowSource
{
    private protected RowSource()
    {
    }

    /// <summary>Rows of a class; its public properties are the columns, in snake_case (<see cref="RowMapping{T}"/>).</summary>
    public static RowSource Of<T>(IReadOnlyList<T> rows) => new ClassRows<T>(rows);

    /// <summary>The result of a query, as <see cref="SqlEngine"/> runs it: one statement that reads, its tables named <c>layer.table</c>.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="parameters">Values of its parameters (<see cref="QueryOptions.Parameters"/>); null for none.</param>
    /// <param name="asOf">Which version of every table is read; null for the latest when the write starts.</param>
    public static RowSource Query(string sql, IReadOnlyDictionary<string, object?>? parameters = null, AsOf? asOf = null) =>
        new QueryRows(sql, parameters ?? new Dictionary<string, object?>(), asOf);

    /// <summary>The rows of Parquet files. A column that only some of them have is null in the others.</summary>
    /// <param name="paths">The files' full paths on this machine.</param>
    /// <exception cref="Core.TarnException">A path is not a full one, or there is none.</exception>
    public static RowSource ParquetFiles(params IReadOnlyList<string> paths) => new ParquetRows(paths);

    /// <summary>Makes the rows ready to be read on a connection.</summary>
    internal abstract Task<OpenRows> OpenAsync(Lake lake, CancellationToken cancellationToken);
}
