using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Something that a query reads.</summary>
/// <param name="Schema">The schema under which it stands in the query.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Relation">What it is.</param>
/// <param name="Filters">What each of its places in the query asks of its rows; null where one asks nothing that is understood.</param>
/// <param name="Columns">The names that columns of it may have, where the query touches no others; null for all columns.</param>
internal sealed record QueriedRelation(string Schema, string Name, Relation Relation, IReadOnlyList<FilePredicate>? Filters, IReadOnlySet<string>? Columns)
{
    /// <summary>The table's or view's name where nothing but it is given; null for anything else.</summary>
    public string? TableName => Relation is TableRelation { Table.Name: { } name, Version: null, Timestamp: null } && Schema == name.Layer ? name.ToString() : null;

    /// <summary>All rows and columns of a table.</summary>
    public static QueriedRelation All(TableName name) => new(name.Layer, name.Name, new TableRelation(TableReference.Of(name)), null, null);

    /// <summary>What this asks for or another.</summary>
    public QueriedRelation Or(QueriedRelation other) => this with
    {
        Filters = Filters is null || other.Filters is null ? null : [.. Filters, .. other.Filters],
        Columns = Columns is null || other.Columns is null ? null : Columns.Union(other.Columns, StringComparer.OrdinalIgnoreCase).ToHashSet(StringComparer.OrdinalIgnoreCase),
    };
}
