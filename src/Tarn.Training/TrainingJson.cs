using System.Text.Json;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>How results are written as JSON: camel case, names of enums.</summary>
internal static class TrainingJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web);

    public static T Read<T>(string json, string what)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) ?? throw TarnException.Corrupt($"The JSON of {what} is an object.", json);
        }
        catch (JsonException e)
        {
            throw TarnException.Corrupt($"The text is the JSON of {what}.", json.Length > 100 ? json[..100] + "…" : json, null, e);
        }
    }
}
