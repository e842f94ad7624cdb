namespace Tarn.Lake;

/// <summary>
/// The columns of Parquet files that a reader needs: a column at the top of a file's schema is one of them when its name or its field id is. All that
/// lies within such a column belongs to it.
/// </summary>
/// <param name="names">Names as the files have them (physical names); case does not matter.</param>
/// <param name="fieldIds">Parquet field ids; null for none.</param>
internal sealed class ColumnSet(IEnumerable<string> names, IEnumerable<int>? fieldIds = null)
{
    private readonly HashSet<string> _names = new(names, StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<int> _fieldIds = [.. fieldIds ?? []];

    /// <summary>Whether a column of a file is among them.</summary>
    public bool Contains(string name, int? fieldId) => _names.Contains(name) || (fieldId is { } id && _fieldIds.Contains(id));
}
