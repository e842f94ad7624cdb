namespace Tarn.Lake;

public sealed partial class LakeTable
{
    /// <summary>Adds the rows of a source. Columns are matched by name; those of the table that the source lacks become null.</summary>
    /// <returns>What it did; where the source has no rows, a commit is made only for transactions and for new columns.</returns>
    /// <exception cref="Core.TarnException">There is no such table, the rows do not fit its columns, or one of them breaks a constraint.</exception>
    public Task<CommitResult> AppendAsync(RowSource rows, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        LakeWriteScope.WriteAsync(this, options, own => PackAfterAsync(SourceWrite.RunAsync(this, rows, own, overwrite: false, null, cancellationToken)));

    /// <summary>
    /// Replaces rows by those of a source, in one commit: all, those that satisfy a condition, or those of the partitions that come (<see cref="WriteOptions.PartitionOverwrite"/>).
    /// </summary>
    /// <param name="rows">The rows that come.</param>
    /// <param name="where">The condition of the rows that go, an SQL expression; the rows that come satisfy it, too. Null for all rows.</param>
    /// <param name="options">What goes with the write; null for nothing.</param>
    /// <param name="cancellationToken">Ends the write; what was not committed is not done.</param>
    /// <exception cref="Core.TarnException">There is no such table, the rows do not fit its columns, or one of them breaks a constraint or the condition.</exception>
    public Task<CommitResult> OverwriteAsync(RowSource rows, string? where = null, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        LakeWriteScope.WriteAsync(this, options, own => PackAfterAsync(SourceWrite.RunAsync(this, rows, own, overwrite: true, where, cancellationToken)));
}
