using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Types to and from Delta's JSON (protocol, "Schema Serialization Format").</summary>
internal static class SchemaJson
{
    public static JsonNode Write(DeltaType type) => type switch
    {
        DeltaPrimitive primitive => JsonValue.Create(primitive.Type.ToString()!),
        DeltaArray array => new JsonObject { ["type"] = "array", ["elementType"] = Write(array.Element), ["containsNull"] = array.ContainsNull },
        DeltaMap map => new JsonObject
        {
            ["type"] = "map",
            ["keyType"] = Write(map.Key),
            ["valueType"] = Write(map.Value),
            ["valueContainsNull"] = map.ValueContainsNull,
        },
        DeltaStruct nested => new JsonObject { ["type"] = "struct", ["fields"] = new JsonArray([.. nested.Fields.Select(Write)]) },
        _ => throw new ArgumentOutOfRangeException(nameof(type), type.GetType().Name, "Not a type."),
    };

    /// <summary>The fields of a struct's JSON.</summary>
    /// <exception cref="JsonException">It is not that of a struct.</exception>
    /// <exception cref="TarnException">It has a type that this version does not know.</exception>
    public static IReadOnlyList<DeltaField> ReadFields(JsonNode? node, ColumnMapping mapping)
    {
        var fields = Require<JsonArray>(Require<JsonObject>(node, "a struct")["fields"], "fields");
        var read = new List<DeltaField>(fields.Count);
        foreach (var item in fields)
        {
            var field = Require<JsonObject>(item, "a field");
            var name = Text(field["name"], "name");
            var metadata = field["metadata"] as JsonObject ?? [];
            var nullable = field["nullable"] is not JsonValue flag || flag.GetValue<bool>();
            read.Add(new DeltaField(name, Read(field["type"], mapping), nullable, metadata)
            {
                PhysicalName = mapping == ColumnMapping.None ? name
                    : DeltaField.MappedName(metadata) ?? throw new JsonException($"Field {name} has no delta.columnMapping.physicalName, though columns are mapped."),
            });
        }

        return read;
    }

    public static string Shorten(string text) => text.Length <= 120 ? text : new StringBuilder(text, 0, 120, 124).Append('…').ToString();

    private static JsonNode Write(DeltaField field) => new JsonObject
    {
        ["name"] = field.Name,
        ["type"] = Write(field.Type),
        ["nullable"] = field.Nullable,
        ["metadata"] = field.Metadata.DeepClone(),
    };

    private static DeltaType Read(JsonNode? node, ColumnMapping mapping)
    {
        if (node is JsonValue)
        {
            return new DeltaPrimitive(Primitive(Text(node, "type")));
        }

        var type = Require<JsonObject>(node, "a type");
        return Text(type["type"], "type") switch
        {
            "struct" => new DeltaStruct(ReadFields(type, mapping)),
            "array" => new DeltaArray(Read(type["elementType"], mapping), Flag(type["containsNull"], "containsNull")),
            "map" => new DeltaMap(Read(type["keyType"], mapping), Read(type["valueType"], mapping), Flag(type["valueContainsNull"], "valueContainsNull")),
            var other => throw Unknown(other),
        };
    }

    private static ColumnType Primitive(string name) => name switch
    {
        "boolean" => ColumnType.Boolean,
        "byte" => ColumnType.Byte,
        "short" => ColumnType.Short,
        "integer" => ColumnType.Integer,
        "long" => ColumnType.Long,
        "float" => ColumnType.Float,
        "double" => ColumnType.Double,
        "string" => ColumnType.String,
        "binary" => ColumnType.Binary,
        "date" => ColumnType.Date,
        "timestamp" => ColumnType.Timestamp,
        "timestamp_ntz" => ColumnType.TimestampNtz,
        "decimal" => ColumnType.Decimal(10, 0),
        _ when name.StartsWith("decimal(", StringComparison.Ordinal) && name.EndsWith(')') => Decimal(name),
        _ => throw Unknown(name),
    };

    private static ColumnType Decimal(string name)
    {
        var parts = name["decimal(".Length..^1].Split(',');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var precision)
            && int.TryParse(parts[1], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var scale)
            ? ColumnType.Decimal(precision, scale)
            : throw Unknown(name);
    }

    private static T Require<T>(JsonNode? node, string what)
        where T : JsonNode => node as T ?? throw new JsonException($"The schema lacks {what}.");

    private static string Text(JsonNode? node, string what) => Require<JsonValue>(node, what).GetValue<string>();

    private static bool Flag(JsonNode? node, string what) => Require<JsonValue>(node, what).GetValue<bool>();

    private static TarnException Unknown(string? name) => new(
        ErrorKind.Unsupported, "The table has a column of a type that this version does not read.", Shorten(name ?? "null"), "Read it with an engine that knows the type.");
}
