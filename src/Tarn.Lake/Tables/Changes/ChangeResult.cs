namespace Tarn.Lake;

/// <summary>What a DELETE, UPDATE or MERGE did.</summary>
/// <param name="Version">The version that it made; where it made none, the one that holds already what it was to do.</param>
/// <param name="Committed">Whether it made a version. False where its transactions were stored already, or where no row was concerned.</param>
/// <param name="RowsInserted">Rows that came.</param>
/// <param name="RowsUpdated">Rows that got new values.</param>
/// <param name="RowsDeleted">Rows that went.</param>
/// <param name="RowsCopied">Rows that stay as they are and were written anew, because others of their file changed.</param>
/// <param name="FilesAdded">Data files written.</param>
/// <param name="FilesRemoved">Data files that the table no longer has.</param>
/// <param name="DeletionVectors">Files of which rows were marked as deleted.</param>
public sealed record ChangeResult(
    long Version, bool Committed, long RowsInserted, long RowsUpdated, long RowsDeleted, long RowsCopied, int FilesAdded, int FilesRemoved, int DeletionVectors)
{
    /// <inheritdoc cref="CommitResult.WasApplied"/>
    public bool WasApplied { get; init; }
}
