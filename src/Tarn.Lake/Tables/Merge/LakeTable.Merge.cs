namespace Tarn.Lake;

public sealed partial class LakeTable
{
    /// <summary>
    /// Merges the rows of a source into the table, in one commit. The source is read once, so that it need not give the same rows twice.
    /// </summary>
    /// <param name="source">The rows.</param>
    /// <param name="on">When a row of the table and one of the source match: an SQL expression over <c>target</c> and <c>source</c>, such as <c>target.id = source.id</c>.</param>
    /// <param name="clauses">Says what becomes of rows.</param>
    /// <param name="options">What goes with the write, values of parameters among it; null for nothing.</param>
    /// <param name="cancellationToken">Ends the work; what was not committed is not done.</param>
    /// <exception cref="Core.TarnException">
    /// There is no such table or column, several rows of the source would change one row of the table, its rows are never changed, or a row breaks a constraint.
    /// </exception>
    public Task<ChangeResult> MergeAsync(
        RowSource source, string on, Action<MergeClauses> clauses, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        var merge = new MergeClauses();
        clauses(merge);
        merge.Validate();
        return LakeWriteScope.WriteAsync(this, options, own => TableMerge.RunAsync(this, source, on, merge, own, cancellationToken));
    }
}
