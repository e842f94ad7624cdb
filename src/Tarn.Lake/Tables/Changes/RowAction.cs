namespace Tarn.Lake;

/// <summary>What becomes of rows: they go, or get new values.</summary>
/// <param name="Set">New values by the columns' names, as expressions over <c>target</c> and <c>source</c> of the columns' types; null where the rows go.</param>
internal sealed record RowAction(IReadOnlyDictionary<string, string>? Set)
{
    public static RowAction Delete { get; } = new((IReadOnlyDictionary<string, string>?)null);

    public bool IsDelete => Set is null;

    /// <summary>Whether the values are over <c>source</c> alone.</summary>
    public bool IsOverSource { get; init; }
}
