namespace Tarn.Lake;

/// <summary>How a table's files are laid out anew.</summary>
public sealed record OptimizeOptions
{
    /// <summary>
    /// Columns by which rows are put in order so that those alike in all of them lie together (Z-order), and readers that ask for some skip most files; default none: small
    /// files are only packed together. All files are written anew then. Eight columns at most, of any type but nested ones.
    /// </summary>
    public IReadOnlyList<string> ZOrderBy { get; init; } = [];

    /// <summary>Which partitions are concerned: an SQL expression over the partition columns; default all.</summary>
    public string? Where { get; init; }
}
