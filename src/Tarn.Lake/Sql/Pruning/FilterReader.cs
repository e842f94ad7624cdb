using System.Text.Json;
using System.Text.RegularExpressions;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Reads from a query's syntax tree what it asks of one table's rows. What it does not understand it leaves out: then no file is skipped for it.</summary>
internal sealed partial class FilterReader(DuckDbConnection connection)
{
    /// <summary>Functions that compute the same from the same.</summary>
    private static readonly HashSet<string> Pure = new(StringComparer.OrdinalIgnoreCase)
    {
        "+", "-", "*", "/", "//", "%", "||", "to_days", "to_hours", "to_minutes", "to_seconds", "to_weeks", "to_months", "to_years", "to_milliseconds", "to_microseconds", "trunc",
        "make_date", "make_timestamp", "date_trunc", "strptime", "epoch_ms", "to_timestamp", "lower", "upper", "concat",
    };

    /// <summary>Types whose values keep their order when one is cast to another of them.</summary>
    private static readonly HashSet<string> Ordered = new(StringComparer.Ordinal)
    {
        "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_MS", "TIMESTAMP_S",
    };

    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    /// <summary>What a condition asks of the table of an alias; null for nothing that is understood.</summary>
    public FilePredicate? Read(JsonElement condition, string alias)
    {
        switch (Type(condition))
        {
            case "CONJUNCTION_AND":
                return All(condition.GetProperty("children").EnumerateArray().Select(c => Read(c, alias)));
            case "CONJUNCTION_OR":
                var parts = condition.GetProperty("children").EnumerateArray().Select(c => Read(c, alias)).ToList();
                return parts.Contains(null) ? null : new AnyOf(parts!);
            case "COMPARE_EQUAL":
                return Compare(condition, alias, "=", "=");
            case "COMPARE_NOTEQUAL":
                return Compare(condition, alias, "<>", "<>");
            case "COMPARE_LESSTHAN":
                return Compare(condition, alias, "<", ">");
            case "COMPARE_LESSTHANOREQUALTO":
                return Compare(condition, alias, "<=", ">=");
            case "COMPARE_GREATERTHAN":
                return Compare(condition, alias, ">", "<");
            case "COMPARE_GREATERTHANOREQUALTO":
                return Compare(condition, alias, ">=", "<=");
            case "COMPARE_BETWEEN":
                return Between(condition, alias);
            case "COMPARE_IN":
                return In(condition, alias);
            case "OPERATOR_IS_NULL":
                return PlainColumn(condition.GetProperty("children")[0], alias) is { } absent ? new NullCheck(absent, IsNull: true) : null;
            case "OPERATOR_IS_NOT_NULL":
                return PlainColumn(condition.GetProperty("children")[0], alias) is { } present ? new NullCheck(present, IsNull: false) : null;
            case "COLUMN_REF":
                return Column(condition, alias) is { } flag ? new Comparison(flag, "=", new FilterValue("true", false, null)) : null;
            case "FUNCTION":
                return Prefix(condition, alias);
            default:
                return null;
        }
    }

    /// <summary>All of several; null where none is understood.</summary>
    public static FilePredicate? All(IEnumerable<FilePredicate?> parts)
    {
        var known = parts.OfType<FilePredicate>().ToList();
        return known.Count switch { 0 => null, 1 => known[0], _ => new AllOf(known) };
    }

    private Comparison? Compare(JsonElement node, string alias, string asIs, string turned)
    {
        var (left, right) = (node.GetProperty("left"), node.GetProperty("right"));
        if (Column(left, alias) is { } column && Value(right) is { } value)
        {
            return new Comparison(column, asIs, value);
        }

        return Column(right, alias) is { } other && Value(left) is { } first ? new Comparison(other, turned, first) : null;
    }

    private FilePredicate? Between(JsonElement node, string alias)
    {
        if (Column(node.GetProperty("input"), alias) is not { } column)
        {
            return null;
        }

        var lower = Value(node.GetProperty("lower"));
        var upper = Value(node.GetProperty("upper"));
        return All([lower is null ? null : new Comparison(column, ">=", lower), upper is null ? null : new Comparison(column, "<=", upper)]);
    }

    private AnyOf? In(JsonElement node, string alias)
    {
        var children = node.GetProperty("children").EnumerateArray().ToList();
        if (Column(children[0], alias) is not { } column)
        {
            return null;
        }

        var values = children.Skip(1).Select(Value).ToList();
        return values.Contains(null) ? null : new AnyOf([.. values.Select(v => new Comparison(column, "=", v!))]);
    }

    private static StartsWith? Prefix(JsonElement node, string alias)
    {
        var children = node.GetProperty("children");
        if (children.GetArrayLength() != 2 || PlainColumn(children[0], alias) is not { } column || TextOf(children[1]) is not { } pattern)
        {
            return null;
        }

        switch (node.GetProperty("function_name").GetString())
        {
            case "~~":
                var wild = pattern.AsSpan().IndexOfAny('%', '_');
                pattern = wild < 0 ? pattern : pattern[..wild];
                break;
            case "^@" or "starts_with" or "prefix":
                break;
            default:
                return null;
        }

        return pattern.Length == 0 ? null : new StartsWith(column, pattern);
    }

    private FilteredColumn? Column(JsonElement node, string alias)
    {
        switch (Type(node))
        {
            case "COLUMN_REF":
                return PlainColumn(node, alias);
            case "OPERATOR_CAST" when !node.GetProperty("try_cast").GetBoolean() && Ordered.Contains(TypeName(node)) && PlainColumn(node.GetProperty("child"), alias) is { } column:
                return new FilteredColumn(column.Name, "CAST(", $" AS {FullType(node)})");
            case "FUNCTION" when node.GetProperty("function_name").GetString() is "date_trunc" && node.GetProperty("children") is var children && children.GetArrayLength() == 2
                    && TextOf(children[0]) is { } unit && PlainColumn(children[1], alias) is { } column:
                return new FilteredColumn(column.Name, $"date_trunc({SqlNames.Text(unit)}, ", ")");
            case "FUNCTION" when node.GetProperty("function_name").GetString() is "year" && node.GetProperty("children") is var children && children.GetArrayLength() == 1
                    && PlainColumn(children[0], alias) is { } column:
                return new FilteredColumn(column.Name, "year(", ")");
            default:
                return null;
        }
    }

    private static FilteredColumn? PlainColumn(JsonElement node, string alias)
    {
        if (Type(node) != "COLUMN_REF")
        {
            return null;
        }

        var names = node.GetProperty("column_names");
        return names.GetArrayLength() switch
        {
            1 => new FilteredColumn(names[0].GetString()!),
            2 when string.Equals(names[0].GetString(), alias, StringComparison.OrdinalIgnoreCase) => new FilteredColumn(names[1].GetString()!),
            _ => null,
        };
    }

    private FilterValue? Value(JsonElement node)
    {
        if (!IsConstant(node))
        {
            return null;
        }

        var parameter = Type(node) == "VALUE_PARAMETER" ? node.GetProperty("identifier").GetString() : null;
        return new FilterValue(ToSql(node), TextOf(node) is not null, parameter);
    }

    private static bool IsConstant(JsonElement node) => Type(node) switch
    {
        "VALUE_CONSTANT" or "VALUE_PARAMETER" => true,
        "OPERATOR_CAST" => IsConstant(node.GetProperty("child")),
        "FUNCTION" => Pure.Contains(node.GetProperty("function_name").GetString()!) && node.GetProperty("children").EnumerateArray().All(IsConstant),
        _ => false,
    };

    private static string? TextOf(JsonElement node) =>
        Type(node) == "VALUE_CONSTANT" && node.GetProperty("value") is var value && value.GetProperty("type").GetProperty("id").GetString() == "VARCHAR" && !value.GetProperty("is_null").GetBoolean()
            ? value.GetProperty("value").GetString()
            : null;

    private static string TypeName(JsonElement cast) => cast.GetProperty("cast_type").GetProperty("id").GetString() ?? "";

    private static string FullType(JsonElement cast)
    {
        var type = cast.GetProperty("cast_type");
        return type.GetProperty("type_info") is { ValueKind: JsonValueKind.Object } info && info.TryGetProperty("width", out var width) && info.TryGetProperty("scale", out var scale)
            ? FormattableString.Invariant($"DECIMAL({width.GetInt32()},{scale.GetInt32()})")
            : TypeName(cast);
    }

    /// <summary>An expression as SQL, by DuckDB itself.</summary>
    private string ToSql(JsonElement expression)
    {
        var json = expression.GetRawText();
        if (_texts.TryGetValue(json, out var known))
        {
            return known;
        }

        const string head = "SELECT ";
        using var statement = connection.Prepare("SELECT json_deserialize_sql($1::JSON)");
        using var result = statement.Bind(1, Statement(Numbers().Replace(json, "\"identifier\":\"_$1\""))).Query();
        using var chunk = result.Fetch()!;
        return _texts[json] = chunk.Column(0).GetString(0)[head.Length..];
    }

    private static string Statement(string expression) => $$"""
        {"error": false, "statements": [{"node": {"type": "SELECT_NODE", "modifiers": [], "cte_map": {"map": []}, "select_list": [{{expression}}],
         "from_table": {"type": "EMPTY", "alias": "", "sample": null, "query_location": 0}, "where_clause": null, "group_expressions": [], "group_sets": [],
         "aggregate_handling": "STANDARD_HANDLING", "having": null, "sample": null, "qualify": null}, "named_param_map": []}]}
        """;

    // DuckDB takes parameters by number only where none is left out; here most are.
    [GeneratedRegex("\"identifier\":\"([0-9]+)\"", RegexOptions.CultureInvariant)]
    private static partial Regex Numbers();

    private static string Type(JsonElement node) =>
        node.ValueKind == JsonValueKind.Object && node.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString()! : "";
}
