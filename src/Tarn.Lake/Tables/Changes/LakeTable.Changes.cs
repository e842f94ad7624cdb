namespace Tarn.Lake;

public sealed partial class LakeTable
{
    /// <summary>Removes rows.</summary>
    /// <param name="where">The condition of the rows that go, an SQL expression over the columns; null for all.</param>
    /// <param name="options">What goes with the write, values of the condition's parameters among it; null for nothing.</param>
    /// <param name="cancellationToken">Ends the work; what was not committed is not done.</param>
    /// <exception cref="Core.TarnException">There is no such table, its rows are never removed, or the condition is none.</exception>
    public Task<ChangeResult> DeleteAsync(string? where, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        LakeWriteScope.WriteAsync(this, options, own => TableChange.DeleteAsync(this, where, own, cancellationToken));

    /// <summary>Gives rows new values.</summary>
    /// <param name="set">The new values: SQL expressions over the columns as they were, by the columns' names.</param>
    /// <param name="where">The condition of the rows, an SQL expression over the columns; null for all.</param>
    /// <param name="options">What goes with the write, values of parameters among it; null for nothing.</param>
    /// <param name="cancellationToken">Ends the work; what was not committed is not done.</param>
    /// <exception cref="Core.TarnException">There is no such table or column, its rows are never changed, or a new row breaks a constraint.</exception>
    public Task<ChangeResult> UpdateAsync(
        IReadOnlyDictionary<string, string> set, string? where, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        LakeWriteScope.WriteAsync(this, options, own => TableChange.UpdateAsync(this, set, where, own, cancellationToken));
}
