using System.Text.Json.Nodes;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>A type in a table's schema as the log has it, with what the log says of fields at any depth.</summary>
internal abstract record DeltaType
{
    private protected DeltaType() { }

    /// <summary>The type with the columns' own names.</summary>
    public abstract ColumnType Logical { get; }

    /// <summary>The type with the names that fields have in files.</summary>
    public abstract ColumnType Physical { get; }

    /// <summary>The type of a column, without anything that only the log knows.</summary>
    public static DeltaType Of(ColumnType type) => type switch
    {
        ArrayType array => new DeltaArray(Of(array.Element), array.ContainsNull),
        MapType map => new DeltaMap(Of(map.Key), Of(map.Value), map.ValueContainsNull),
        StructType nested => new DeltaStruct([.. nested.Fields.Columns.Select(DeltaField.Of)]),
        _ => new DeltaPrimitive(type),
    };
}

/// <summary>A type without parts.</summary>
internal sealed record DeltaPrimitive(ColumnType Type) : DeltaType
{
    public override ColumnType Logical => Type;

    public override ColumnType Physical => Type;
}

/// <summary>A list.</summary>
internal sealed record DeltaArray(DeltaType Element, bool ContainsNull) : DeltaType
{
    public override ColumnType Logical { get; } = new ArrayType(Element.Logical, ContainsNull);

    public override ColumnType Physical { get; } = new ArrayType(Element.Physical, ContainsNull);
}

/// <summary>A map.</summary>
internal sealed record DeltaMap(DeltaType Key, DeltaType Value, bool ValueContainsNull) : DeltaType
{
    public override ColumnType Logical { get; } = new MapType(Key.Logical, Value.Logical, ValueContainsNull);

    public override ColumnType Physical { get; } = new MapType(Key.Physical, Value.Physical, ValueContainsNull);
}

/// <summary>A record.</summary>
internal sealed record DeltaStruct(IReadOnlyList<DeltaField> Fields) : DeltaType
{
    public override ColumnType Logical { get; } = new StructType(new TableSchema(Fields.Select(static f => f.Column)));

    public override ColumnType Physical { get; } = new StructType(new TableSchema(Fields.Select(static f => new Column(f.PhysicalName, f.Type.Physical, f.Nullable))));
}

/// <summary>A column, or a field of a struct.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="Nullable">Whether it may be null.</param>
/// <param name="Metadata">All that the log says of it; never changed, cloned where it is written.</param>
internal sealed record DeltaField(string Name, DeltaType Type, bool Nullable, JsonObject Metadata)
{
    private const string CommentKey = "comment";
    private const string IdKey = "delta.columnMapping.id";
    private const string PhysicalNameKey = "delta.columnMapping.physicalName";

    /// <summary>Its name in files.</summary>
    public string PhysicalName { get; init; } = Name;

    /// <summary>Its id of column mapping, or null.</summary>
    public int? Id => Metadata[IdKey] is JsonValue value && value.TryGetValue(out int id) ? id : null;

    /// <summary>What it means, or null.</summary>
    public string? Description => Text(CommentKey);

    /// <summary>The expression that computes it, or null where it is not a generated column.</summary>
    public string? GenerationExpression => Text("delta.generationExpression");

    /// <summary>Whether its values are given out by the writer (an identity column).</summary>
    public bool IsIdentity => Metadata.ContainsKey("delta.identity.start");

    /// <summary>The invariant that its values keep, as the log has it, or null.</summary>
    public string? Invariant => Text("delta.invariants");

    /// <summary>The column as users see it.</summary>
    public Column Column => new(Name, Type.Logical, Nullable, Description);

    public static DeltaField Of(Column column)
    {
        var metadata = new JsonObject();
        if (column.Description is { } description)
        {
            metadata[CommentKey] = description;
        }

        return new DeltaField(column.Name, DeltaType.Of(column.Type), column.Nullable, metadata);
    }

    /// <summary>The name in files that the metadata gives, or null.</summary>
    public static string? MappedName(JsonObject metadata) => metadata[PhysicalNameKey] is JsonValue value && value.TryGetValue(out string? name) ? name : null;

    /// <summary>The field under an id and a name in files of column mapping.</summary>
    public DeltaField Mapped(int id, string physicalName)
    {
        var metadata = (JsonObject)Metadata.DeepClone();
        metadata[IdKey] = id;
        metadata[PhysicalNameKey] = physicalName;
        return this with { Metadata = metadata, PhysicalName = physicalName };
    }

    /// <summary>The field with another comment, or with none.</summary>
    public DeltaField Commented(string? description)
    {
        var metadata = (JsonObject)Metadata.DeepClone();
        metadata.Remove(CommentKey);
        if (description is not null)
        {
            metadata[CommentKey] = description;
        }

        return this with { Metadata = metadata };
    }

    private string? Text(string key) => Metadata[key] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
