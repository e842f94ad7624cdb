using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>A schema to and from Delta's <c>schemaString</c> (protocol, "Schema Serialization Format").</summary>
internal static class SchemaJson
{
    private const string Comment = "comment";

    public static string Write(TableSchema schema) => Struct(schema).ToJsonString();

    /// <summary>The schema string with further columns at the end; all that it held before stays as it was.</summary>
    public static string Append(string schemaString, IEnumerable<Column> columns)
    {
        var schema = JsonNode.Parse(schemaString)!.AsObject();
        var fields = schema["fields"]!.AsArray();
        foreach (var column in columns)
        {
            fields.Add((JsonNode)Field(column));
        }

        return schema.ToJsonString();
    }

    /// <exception cref="TarnException">The text is not a schema, or has a type that this version does not know.</exception>
    public static TableSchema Read(string schemaString)
    {
        try
        {
            using var document = JsonDocument.Parse(schemaString);
            return ReadStruct(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw TarnException.Corrupt("A table's schemaString is a JSON object of type struct.", Shorten(schemaString), null, e);
        }
    }

    private static JsonObject Struct(TableSchema schema)
    {
        var fields = new JsonArray();
        foreach (var column in schema.Columns)
        {
            fields.Add((JsonNode)Field(column));
        }

        return new JsonObject { ["type"] = "struct", ["fields"] = fields };
    }

    private static JsonObject Field(Column column)
    {
        var metadata = new JsonObject();
        if (column.Description is { } description)
        {
            metadata[Comment] = description;
        }

        return new JsonObject { ["name"] = column.Name, ["type"] = Type(column.Type), ["nullable"] = column.Nullable, ["metadata"] = metadata };
    }

    private static JsonNode Type(ColumnType type) => type switch
    {
        ArrayType array => new JsonObject { ["type"] = "array", ["elementType"] = Type(array.Element), ["containsNull"] = array.ContainsNull },
        MapType map => new JsonObject
        {
            ["type"] = "map",
            ["keyType"] = Type(map.Key),
            ["valueType"] = Type(map.Value),
            ["valueContainsNull"] = map.ValueContainsNull,
        },
        StructType nested => Struct(nested.Fields),
        _ => JsonValue.Create(type.ToString()!),
    };

    private static TableSchema ReadStruct(JsonElement element)
    {
        var columns = new List<Column>();
        foreach (var field in element.GetProperty("fields").EnumerateArray())
        {
            string? description = null;
            if (field.TryGetProperty("metadata", out var metadata) && metadata.TryGetProperty(Comment, out var comment) && comment.ValueKind == JsonValueKind.String)
            {
                description = comment.GetString();
            }

            var nullable = !field.TryGetProperty("nullable", out var flag) || flag.GetBoolean();
            columns.Add(new Column(field.GetProperty("name").GetString()!, ReadType(field.GetProperty("type")), nullable, description));
        }

        return new TableSchema(columns);
    }

    private static ColumnType ReadType(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String)
        {
            return Primitive(element.GetString()!);
        }

        return element.GetProperty("type").GetString() switch
        {
            "struct" => new StructType(ReadStruct(element)),
            "array" => new ArrayType(ReadType(element.GetProperty("elementType")), element.GetProperty("containsNull").GetBoolean()),
            "map" => new MapType(
                ReadType(element.GetProperty("keyType")), ReadType(element.GetProperty("valueType")), element.GetProperty("valueContainsNull").GetBoolean()),
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

    private static TarnException Unknown(string? name) => new(
        ErrorKind.Unsupported, "The table has a column of a type that this version does not read.", Shorten(name ?? "null"), "Read it with an engine that knows the type.");

    private static string Shorten(string text) => text.Length <= 120 ? text : new StringBuilder(text, 0, 120, 124).Append('…').ToString();
}
