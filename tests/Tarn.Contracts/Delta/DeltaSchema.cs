using System.Globalization;
using System.Text.Json;

namespace Tarn.Contracts;

/// <summary>A column, or a field of a struct, of a table's schema.</summary>
internal sealed record DeltaField(string Name, DeltaType Type, bool Nullable, JsonElement Metadata)
{
    /// <summary>Its id under column mapping, or null.</summary>
    public long? Id => Metadata.TryGetProperty("delta.columnMapping.id", out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out var number) ? number : null;

    /// <summary>Its physical name under column mapping, or null.</summary>
    public string? PhysicalName => Metadata.TryGetProperty("delta.columnMapping.physicalName", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;

    /// <summary>The name under which files and the log know it.</summary>
    public string NameInFiles(string mapping) => mapping == "none" ? Name : PhysicalName ?? Name;
}

/// <summary>A type of the schema's JSON: a primitive by its name, or a struct, an array, a map.</summary>
internal sealed record DeltaType(string Kind)
{
    public IReadOnlyList<DeltaField> Fields { get; init; } = [];

    /// <summary>An array's element, or a map's value.</summary>
    public DeltaType? Element { get; init; }

    public DeltaType? Key { get; init; }

    public bool ContainsNull { get; init; } = true;

    public bool IsPrimitive => Kind is not ("struct" or "array" or "map");

    /// <summary>DuckDB's type, struct fields by their logical names.</summary>
    public string Sql => Kind switch
    {
        "struct" => $"STRUCT({string.Join(", ", Fields.Select(static f => $"{DeltaSql.Quote(f.Name)} {f.Type.Sql}"))})",
        "array" => $"{Element!.Sql}[]",
        "map" => $"MAP({Key!.Sql}, {Element!.Sql})",
        "string" => "VARCHAR",
        "long" => "BIGINT",
        "integer" => "INTEGER",
        "short" => "SMALLINT",
        "byte" => "TINYINT",
        "float" => "FLOAT",
        "double" => "DOUBLE",
        "boolean" => "BOOLEAN",
        "binary" => "BLOB",
        "date" => "DATE",
        "timestamp" => "TIMESTAMP WITH TIME ZONE",
        "timestamp_ntz" => "TIMESTAMP",
        "void" or "null" => "INTEGER",
        "decimal" => "DECIMAL(10,0)",
        _ => Kind.Replace("decimal", "DECIMAL", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal),
    };

    /// <summary>All types in it, itself first.</summary>
    public IEnumerable<DeltaType> All() => new[] { this }.Concat(Fields.SelectMany(static f => f.Type.All())).Concat(Key?.All() ?? []).Concat(Element?.All() ?? []);

    /// <summary>All fields in it, at any depth.</summary>
    public IEnumerable<DeltaField> AllFields() => Fields.SelectMany(static f => new[] { f }.Concat(f.Type.AllFields())).Concat(Key?.AllFields() ?? []).Concat(Element?.AllFields() ?? []);
}

/// <summary>Reads schemas from their JSON.</summary>
internal static class DeltaSchema
{
    private static readonly HashSet<string> Primitives = new(StringComparer.Ordinal)
    {
        "string", "long", "integer", "short", "byte", "float", "double", "boolean", "binary", "date", "timestamp", "timestamp_ntz", "void", "null", "decimal", "variant",
    };

    /// <exception cref="FormatException">It is no schema.</exception>
    public static DeltaType Parse(string schemaString)
    {
        try
        {
            var type = ParseType(JsonDocument.Parse(schemaString, new JsonDocumentOptions { AllowDuplicateProperties = false }).RootElement);
            return type.Kind == "struct" ? type : throw new FormatException("the schema is not a struct");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException(e.Message, e);
        }
    }

    private static DeltaType ParseType(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.String)
        {
            return ParsePrimitive(json.GetString()!);
        }

        return json.GetProperty("type").GetString() switch
        {
            "struct" => new DeltaType("struct") { Fields = [.. json.GetProperty("fields").EnumerateArray().Select(ParseField)] },
            "array" => new DeltaType("array") { Element = ParseType(json.GetProperty("elementType")), ContainsNull = json.GetProperty("containsNull").GetBoolean() },
            "map" => new DeltaType("map")
            {
                Key = ParseType(json.GetProperty("keyType")),
                Element = ParseType(json.GetProperty("valueType")),
                ContainsNull = json.GetProperty("valueContainsNull").GetBoolean(),
            },
            var other => throw new FormatException($"no such type: {other}"),
        };
    }

    private static DeltaField ParseField(JsonElement json) =>
        new(
            json.GetProperty("name").GetString() ?? throw new FormatException("a field without a name"),
            ParseType(json.GetProperty("type")),
            json.GetProperty("nullable").GetBoolean(),
            json.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object ? metadata : throw new FormatException("a field without metadata"));

    private static DeltaType ParsePrimitive(string name)
    {
        if (Primitives.Contains(name))
        {
            return new DeltaType(name);
        }

        var digits = name.StartsWith("decimal(", StringComparison.Ordinal) && name.EndsWith(')') ? name[8..^1].Split(',') : [];
        return digits is [var p, var s]
            && int.TryParse(p.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var precision)
            && int.TryParse(s.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var scale)
            && precision is >= 1 and <= 38 && scale <= precision
                ? new DeltaType($"decimal({precision},{scale})")
                : throw new FormatException($"no such type: {name}");
    }
}

/// <summary>Texts of SQL.</summary>
internal static class DeltaSql
{
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
