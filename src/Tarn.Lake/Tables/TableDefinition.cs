using Tarn.Core;

namespace Tarn.Lake;

/// <summary>What a table is to be: its name, its columns, and what is said about it.</summary>
/// <param name="Name"><c>layer.name</c>, as in <c>silver.earthquakes</c>.</param>
/// <param name="Schema">Its columns, the partition columns among them.</param>
public sealed record TableDefinition(string Name, TableSchema Schema)
{
    /// <summary>The columns by whose values rows are kept apart in files; default none. Fixed when the table is created.</summary>
    public IReadOnlyList<string> PartitionBy { get; init; } = [];

    /// <summary>What the table is, for the console and the catalogue.</summary>
    public string? Description { get; init; }

    /// <summary>Delta table properties, such as <c>delta.appendOnly</c>, and our own under <c>tarn.</c>; default none.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = EmptyMap.Strings;
}
