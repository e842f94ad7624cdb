using Tarn.Core;

namespace Tarn.Lake;

/// <summary>What a name in a query's FROM stands for.</summary>
internal abstract record Relation;

/// <summary>A table at a version.</summary>
/// <param name="Table">Which table.</param>
/// <param name="Version">The version's number, or null.</param>
/// <param name="Timestamp">The instant at which the version was current, or null; with neither, the query's own version.</param>
internal sealed record TableRelation(TableReference Table, SqlArgument? Version = null, SqlArgument? Timestamp = null) : Relation
{
    /// <summary>The version that is meant where the query says which, else that of the query as a whole.</summary>
    public AsOf? AsOf(QueryOptions options) => Version?.Version(options.Parameters) ?? Timestamp?.Instant(options.Parameters) ?? options.AsOf;
}

/// <summary>The versions of a table.</summary>
internal sealed record HistoryRelation(TableReference Table) : Relation;

/// <summary>The rows that changed from one version to another, both included.</summary>
internal sealed record ChangesRelation(TableReference Table, SqlArgument From, SqlArgument? To) : Relation;

/// <summary>The tables of the lake, or their columns.</summary>
internal sealed record CatalogRelation(bool Columns) : Relation;

/// <summary>A table by its name here, or by where it is.</summary>
/// <param name="Name">The name, or null.</param>
/// <param name="Location">A path, a URI, or (where <paramref name="IsLocation"/> is false) a name that is known only when the query runs.</param>
/// <param name="IsLocation">Whether <paramref name="Location"/> cannot be a name.</param>
internal sealed record TableReference(TableName? Name, SqlArgument? Location, bool IsLocation)
{
    public static TableReference Of(TableName name) => new(name, null, false);

    /// <summary>The name of the table here; null where it is meant by its location.</summary>
    public TableName? NameIn(IReadOnlyDictionary<string, object?> parameters)
    {
        if (Name is not null || IsLocation)
        {
            return Name;
        }

        var text = Location!.Text("A table", parameters);
        return TableName.TryParse(text.ToLowerInvariant(), out var name) ? name
            : text.AsSpan().IndexOfAny('/', '\\', ':') >= 0 ? null
            : throw new UnknownTable(text);
    }
}
