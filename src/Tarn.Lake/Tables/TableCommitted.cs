namespace Tarn.Lake;

/// <summary>A commit that this process made.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Version">The version made.</param>
/// <param name="Operation">Delta's name of the operation, such as <c>WRITE</c>, <c>MERGE</c>, <c>OPTIMIZE</c>.</param>
/// <param name="RowsAdded">Rows in the files added.</param>
/// <param name="RowsRemoved">Rows in the files removed.</param>
/// <param name="Timestamp">The commit's time.</param>
public sealed record TableCommitted(string Table, long Version, string Operation, long RowsAdded, long RowsRemoved, DateTimeOffset Timestamp);
