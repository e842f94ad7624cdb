using System.Text.Json;
using Tarn.Core;

namespace Tarn;

/// <summary>Values of a query's parameters, from JSON.</summary>
internal static class QueryArguments
{
    /// <exception cref="TarnException">A value is none that a parameter takes.</exception>
    public static IReadOnlyDictionary<string, object?> Read(IReadOnlyDictionary<string, JsonElement>? parameters)
    {
        var values = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in parameters ?? new Dictionary<string, JsonElement>())
        {
            values[name.TrimStart('$')] = Value(name, value);
        }

        return values;
    }

    private static object? Value(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => Number(value),
        JsonValueKind.Array when value.EnumerateArray().All(static v => v.ValueKind is JsonValueKind.String or JsonValueKind.Null) =>
            value.EnumerateArray().Select(static v => v.GetString()).ToArray(),
        JsonValueKind.Array when value.EnumerateArray().All(static v => v.ValueKind == JsonValueKind.Number && v.TryGetInt64(out _)) =>
            value.EnumerateArray().Select(static v => v.GetInt64()).ToArray(),
        _ => throw TarnException.InvalidInput(
            "A parameter is null, a boolean, a number, a text, or a list of whole numbers or of texts.", $"{name}: {value.GetRawText()}", "Give other values as texts, and cast them in the query."),
    };

    private static object Number(JsonElement value) =>
        value.TryGetInt64(out var whole) ? whole : value.TryGetDecimal(out var exact) && !value.GetRawText().Contains('e', StringComparison.OrdinalIgnoreCase) ? exact : value.GetDouble();
}
