namespace Tarn.Lake;

/// <summary>What a write did.</summary>
/// <param name="Version">The version that it made; where it made none, the one that holds already what it was to write.</param>
/// <param name="Committed">Whether it made a version. False where its transactions were stored already, or where there was nothing to write.</param>
/// <param name="RowsAdded">Rows in the files that it added, those that it only moved included.</param>
/// <param name="RowsRemoved">Rows in the files that it removed.</param>
public sealed record CommitResult(long Version, bool Committed, long RowsAdded, long RowsRemoved)
{
    /// <summary>Whether it was left out because the table holds its transactions already: it was made before.</summary>
    public bool WasApplied { get; init; }
}
