using System.Text.Json;
using System.Text.Json.Nodes;
using Tarn.Core;

namespace Tarn;

/// <summary>Parameters of a run as they are typed: <c>--param rounds=200 --param label=retrained</c>.</summary>
internal static class GivenParameters
{
    /// <summary>The parameters as a JSON object. A value is JSON, or text where it is no JSON, or where the schema asks for text.</summary>
    /// <exception cref="TarnException">One is not a pair, or is given twice.</exception>
    public static JsonElement Read(IReadOnlyList<string> given, IReadOnlyList<ParameterView> known)
    {
        var values = new JsonObject();
        foreach (var pair in given)
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw TarnException.InvalidInput("--param takes NAME=VALUE.", pair, "As in --param rounds=200.");
            }

            var name = pair[..equals];
            if (!values.TryAdd(name, Value(pair[(equals + 1)..], known.FirstOrDefault(p => p.Name == name))))
            {
                throw TarnException.InvalidInput("Each parameter is given once.", name);
            }
        }

        return JsonSerializer.SerializeToElement(values, ApiJson.Default.JsonNode);
    }

    private static JsonNode? Value(string text, ParameterView? parameter)
    {
        JsonNode? json;
        try
        {
            json = JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }

        return json?.GetValueKind() is not JsonValueKind.String && (json is not null || !Takes(parameter, "null")) && Takes(parameter, "string") ? JsonValue.Create(text) : json;
    }

    private static bool Takes(ParameterView? parameter, string type) => parameter?.Schema["type"] switch
    {
        JsonArray types => types.Any(t => t?.GetValue<string>() == type),
        JsonValue one => one.GetValue<string>() == type,
        _ => false,
    };
}
