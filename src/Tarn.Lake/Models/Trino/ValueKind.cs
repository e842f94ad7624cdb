using System.Text.Json;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>What can be told of an expression's type from its own text.</summary>
internal enum ValueKind
{
    Unknown,
    Floating,
    Whole,
    Decimal,
    Text,
    Boolean,
    Date,
    Timestamp,
}

/// <summary>Tells the kind of an expression of DuckDB's syntax tree.</summary>
/// <param name="columns">The kind of a column by its name; null where columns are not known, as when no lake is at hand.</param>
internal sealed class ValueKinds(Func<string, ColumnType?>? columns)
{
    /// <summary>Without what the tables say of columns: where a rule asks for an explicit CAST, it asks everywhere.</summary>
    public static ValueKinds OfText { get; } = new(null);

    public ValueKind Of(JsonElement e)
    {
        switch (e.Text("class"))
        {
            case "CAST":
                return OfType(e.GetProperty("cast_type").Text("id"));
            case "CONSTANT":
                return OfType(e.GetProperty("value").GetProperty("type").Text("id"));
            case "COLUMN_REF":
                return columns?.Invoke(e.GetProperty("column_names").EnumerateArray().Last().GetString()!) is { } type ? OfColumn(type) : ValueKind.Unknown;
            case "COMPARISON" or "CONJUNCTION" or "BETWEEN":
                return ValueKind.Boolean;
            case "CASE":
                return First([.. e.GetProperty("case_checks").EnumerateArray().Select(static c => c.GetProperty("then_expr")), e.GetProperty("else_expr")]);
            case "OPERATOR":
                return e.Text("type") == "OPERATOR_COALESCE" ? First(e.Children()) : ValueKind.Boolean;
            case "FUNCTION" or "WINDOW":
                return OfFunction(e.Text("function_name"), e.Children());
            default:
                return ValueKind.Unknown;
        }
    }

    private ValueKind OfFunction(string name, IReadOnlyList<JsonElement> children)
    {
        if (TrinoFunctions.All.TryGetValue(name, out var function))
        {
            return function.Gives is { } kind ? kind : children.Count > 0 ? Of(children[0]) : ValueKind.Unknown;
        }

        return name switch
        {
            "||" => ValueKind.Text,
            "~~" or "!~~" => ValueKind.Boolean,
            "+" or "-" or "*" or "/" or "%" => Arithmetic(children),
            _ => ValueKind.Unknown,
        };
    }

    private ValueKind Arithmetic(IReadOnlyList<JsonElement> children)
    {
        var kinds = children.Select(Of).ToList();
        return kinds.Contains(ValueKind.Floating) ? ValueKind.Floating
            : kinds.Contains(ValueKind.Timestamp) ? ValueKind.Timestamp
            : kinds.Contains(ValueKind.Date) ? ValueKind.Date
            : kinds.TrueForAll(static k => k == ValueKind.Whole) ? ValueKind.Whole
            : kinds.TrueForAll(static k => k is ValueKind.Whole or ValueKind.Decimal) ? ValueKind.Decimal
            : ValueKind.Unknown;
    }

    private ValueKind First(IEnumerable<JsonElement> expressions)
    {
        foreach (var expression in expressions)
        {
            if (Of(expression) is var kind and not ValueKind.Unknown)
            {
                return kind;
            }
        }

        return ValueKind.Unknown;
    }

    private static ValueKind OfType(string id) => id switch
    {
        "DOUBLE" or "FLOAT" => ValueKind.Floating,
        "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" => ValueKind.Whole,
        "DECIMAL" => ValueKind.Decimal,
        "VARCHAR" => ValueKind.Text,
        "BOOLEAN" => ValueKind.Boolean,
        "DATE" => ValueKind.Date,
        "TIMESTAMP" or "TIMESTAMP WITH TIME ZONE" => ValueKind.Timestamp,
        _ => ValueKind.Unknown,
    };

    private static ValueKind OfColumn(ColumnType type) =>
        type == ColumnType.Double || type == ColumnType.Float ? ValueKind.Floating
        : type == ColumnType.String ? ValueKind.Text
        : type == ColumnType.Boolean ? ValueKind.Boolean
        : type == ColumnType.Date ? ValueKind.Date
        : type == ColumnType.Timestamp || type == ColumnType.TimestampNtz ? ValueKind.Timestamp
        : type is DecimalType ? ValueKind.Decimal
        : type == ColumnType.Byte || type == ColumnType.Short || type == ColumnType.Integer || type == ColumnType.Long ? ValueKind.Whole
        : ValueKind.Unknown;
}

/// <summary>Reads DuckDB's syntax tree.</summary>
internal static class SqlTreeJson
{
    public static string Text(this JsonElement e, string property) =>
        e.ValueKind == JsonValueKind.Object && e.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    public static IReadOnlyList<JsonElement> Children(this JsonElement e) => [.. e.GetProperty("children").EnumerateArray()];

    /// <summary>Whether a property holds something: neither missing, null, false nor an empty list.</summary>
    public static bool Has(this JsonElement e, string property) => e.TryGetProperty(property, out var value) && value.ValueKind switch
    {
        JsonValueKind.Object or JsonValueKind.True or JsonValueKind.Number => true,
        JsonValueKind.Array => value.GetArrayLength() > 0,
        JsonValueKind.String => value.GetString()!.Length > 0,
        _ => false,
    };
}
