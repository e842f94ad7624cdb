namespace Tarn.Core;

/// <summary>One column of a table.</summary>
/// <param name="Name">Its name; compared without regard to case, kept as given.</param>
/// <param name="Type">Its type.</param>
/// <param name="Nullable">Whether a value may be absent; default true.</param>
/// <param name="Description">What it means, with its unit, for the console and the catalogue.</param>
public sealed record Column(string Name, ColumnType Type, bool Nullable = true, string? Description = null);

/// <summary>The ordered columns of a table. Immutable; two schemas with equal columns in the same order are equal.</summary>
public sealed class TableSchema : IEquatable<TableSchema>
{
    private readonly Dictionary<string, int> _ordinals;

    /// <summary>Makes a schema.</summary>
    /// <exception cref="TarnException">Two columns have the same name without regard to case, or a name is empty.</exception>
    public TableSchema(IEnumerable<Column> columns)
    {
        Columns = [.. columns];
        _ordinals = new Dictionary<string, int>(Columns.Count, StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < Columns.Count; i++)
        {
            if (Columns[i].Name.Length == 0)
            {
                throw TarnException.InvalidInput("A column needs a name.", $"column {i}");
            }

            if (!_ordinals.TryAdd(Columns[i].Name, i))
            {
                throw TarnException.InvalidInput("Column names are unique without regard to case.", Columns[i].Name, "Rename one of them.");
            }
        }
    }

    /// <summary>The columns in order.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>The column's position, or -1 where the schema has none of that name.</summary>
    public int IndexOf(string name) => _ordinals.GetValueOrDefault(name, -1);

    /// <summary>The column of that name, or null.</summary>
    public Column? Find(string name) => _ordinals.TryGetValue(name, out var i) ? Columns[i] : null;

    /// <inheritdoc/>
    public bool Equals(TableSchema? other) => other is not null && Columns.SequenceEqual(other.Columns);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TableSchema);

    /// <inheritdoc/>
    public override int GetHashCode() => Columns.Aggregate(17, static (hash, column) => HashCode.Combine(hash, column));
}
