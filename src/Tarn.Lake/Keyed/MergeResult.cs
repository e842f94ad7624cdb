namespace Tarn.Lake;

/// <summary>What a merge did.</summary>
/// <param name="Inserted">Keys that were new.</param>
/// <param name="Updated">Keys whose current row changed.</param>
/// <param name="Unchanged">Keys whose current row was that already.</param>
/// <param name="Stale">Keys for which only older versions came.</param>
/// <param name="HistoryInserted">Versions added to the history table.</param>
/// <param name="Version">The table's version that holds the result.</param>
/// <param name="HistoryVersion">The history table's, or null where the table keeps no history.</param>
/// <param name="Committed">Whether a commit was made to the table or to its history.</param>
public sealed record MergeResult(
    int Inserted, int Updated, int Unchanged, int Stale, int HistoryInserted, long Version, long? HistoryVersion, bool Committed)
{
    /// <summary>Whether it was left out because the table, and its history, hold its transactions already: it was made before.</summary>
    public bool WasApplied { get; init; }
}
