using System.Text.Json;
using System.Text.Json.Nodes;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// A table's columns as the log has them: their types, and what only the log knows (names in files, ids, constraints). Immutable. What this version does
/// not know of a field is kept, and written again.
/// </summary>
internal sealed class DeltaSchema
{
    private readonly Dictionary<string, DeltaField> _byName;
    private string? _json;

    public DeltaSchema(IReadOnlyList<DeltaField> fields)
    {
        Root = new DeltaStruct(fields);
        Columns = ((StructType)Root.Logical).Fields;
        _byName = fields.ToDictionary(static f => f.Name, StringComparer.OrdinalIgnoreCase);
    }

    public static DeltaSchema Empty { get; } = new([]);

    /// <summary>The columns as a struct.</summary>
    public DeltaStruct Root { get; }

    public IReadOnlyList<DeltaField> Fields => Root.Fields;

    /// <summary>The columns as users see them.</summary>
    public TableSchema Columns { get; }

    /// <summary>The schema of columns, without anything that only the log knows.</summary>
    public static DeltaSchema Of(TableSchema schema) => new([.. schema.Columns.Select(DeltaField.Of)]);

    /// <summary>Reads a <c>schemaString</c>.</summary>
    /// <exception cref="TarnException">The text is not a schema, or has a type that this version does not know.</exception>
    public static DeltaSchema Parse(string schemaString, ColumnMapping mapping = ColumnMapping.None)
    {
        try
        {
            return new DeltaSchema(SchemaJson.ReadFields(JsonNode.Parse(schemaString, null, new JsonDocumentOptions { MaxDepth = 256 }), mapping)) { _json = schemaString };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw TarnException.Corrupt("A table's schemaString is a JSON object of type struct.", SchemaJson.Shorten(schemaString), null, e);
        }
    }

    /// <summary>The column of that name without regard to case, or null.</summary>
    public DeltaField? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The schema with further columns at the end.</summary>
    public DeltaSchema With(IEnumerable<DeltaField> fields) => new([.. Fields, .. fields]);

    /// <summary>The schema as a <c>schemaString</c>.</summary>
    public string ToJson() => _json ??= SchemaJson.Write(Root).ToJsonString();
}
