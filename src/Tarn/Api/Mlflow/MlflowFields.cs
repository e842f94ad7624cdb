using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Tarn;

/// <summary>
/// The fields of a request in MLflow's way: of a GET in the query, else in a JSON object in the body, whatever its content type. As in the JSON of Protocol Buffers, a whole number may be a text
/// of digits, and an enumeration its name or its number.
/// </summary>
internal readonly struct MlflowFields(JsonElement fields)
{
    /// <summary>The most bytes of a logged batch.</summary>
    public const int MostBatchBytes = 1_000_000;

    /// <summary>Reads them.</summary>
    /// <exception cref="MlflowFault">The body is no JSON object.</exception>
    public static async Task<MlflowFields> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (HttpMethods.IsGet(request.Method))
        {
            var query = new JsonObject();
            foreach (var (name, values) in request.Query)
            {
                query[name] = values.Count == 1 ? JsonValue.Create(values[0]) : new JsonArray([.. values.Select(static v => (JsonNode?)JsonValue.Create(v))]);
            }

            using var made = JsonDocument.Parse(query.ToJsonString());
            return new MlflowFields(made.RootElement.Clone());
        }

        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellation).ConfigureAwait(false);
        if (body.Length > MostBatchBytes && request.Path.Value!.EndsWith("/log-batch", StringComparison.Ordinal))
        {
            throw new MlflowFault(MlflowFault.Invalid, string.Create(CultureInfo.InvariantCulture, $"Batched logging API requests must be at most {MostBatchBytes} bytes, got a request of size {body.Length}."));
        }

        if (body.Length == 0)
        {
            return new MlflowFields(JsonSerializer.SerializeToElement(new JsonObject(), ApiJson.Default.JsonNode));
        }

        try
        {
            using var document = JsonDocument.Parse(body.GetBuffer().AsMemory(0, (int)body.Length));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new MlflowFields(document.RootElement.Clone())
                : throw new MlflowFault(MlflowFault.Invalid, "The body of a request is a JSON object.");
        }
        catch (JsonException exception)
        {
            throw new MlflowFault(MlflowFault.Invalid, $"The body of a request is a JSON object, and this one does not read: {exception.Message}");
        }
    }

    /// <summary>The fields of an object in a field.</summary>
    public static MlflowFields Of(JsonElement element, string name) => element.ValueKind == JsonValueKind.Object ? new MlflowFields(element) : throw Wrong(name, element, "an object");

    /// <summary>A text; null where the field is missing.</summary>
    public string? Text(string name) => Find(name) is not { } value ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name, value, "a string");

    /// <summary>A text that has to be given.</summary>
    public string Required(string name) => Text(name) is { Length: > 0 } text ? text : throw MissingField(name);

    /// <summary>A text that has to be given, and may be empty.</summary>
    public string Given(string name) => Text(name) ?? throw MissingField(name);

    /// <summary>The id of a run, by its name of today or of yesterday.</summary>
    public string RunId() => Text("run_id") is { Length: > 0 } id ? id : Text("run_uuid") is { Length: > 0 } old ? old : throw MissingField("run_id");

    /// <summary>A whole number; null where the field is missing.</summary>
    public long? Number(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number
            : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var real) && real == Math.Floor(real) && Math.Abs(real) < 9e18 ? (long)real
            : value.ValueKind == JsonValueKind.String && long.TryParse(value.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number) ? number
            : throw Wrong(name, value, "a whole number");
    }

    /// <summary>How many are wanted: within the range, or the default.</summary>
    public int MaxResults(int otherwise, int most) => Number("max_results") is not { } wanted ? otherwise
        : wanted >= 1 && wanted <= most ? (int)wanted
        : throw new MlflowFault(MlflowFault.Invalid, string.Create(CultureInfo.InvariantCulture, $"Invalid value {wanted} for parameter 'max_results' supplied: It must be at least 1 and at most {most}."));

    /// <summary>A floating-point number that has to be given: also <c>"NaN"</c>, <c>"Infinity"</c> and <c>"-Infinity"</c>.</summary>
    public double Real(string name)
    {
        var value = Find(name) ?? throw MissingField(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number
            : value.ValueKind == JsonValueKind.String && double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number) ? number
            : throw Wrong(name, value, "a 64-bit floating point number");
    }

    /// <summary>Yes or no; no where the field is missing.</summary>
    public bool Flag(string name) => Find(name) is { } value && value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String when bool.TryParse(value.GetString(), out var flag) => flag,
        _ => throw Wrong(name, value, "true or false"),
    };

    /// <summary>The objects of a list; empty where the field is missing.</summary>
    public IReadOnlyList<MlflowFields> Objects(string name) => [.. List(name).Select(e => Of(e, name))];

    /// <summary>The texts of a list; empty where the field is missing.</summary>
    public IReadOnlyList<string> Texts(string name) => [.. List(name).Select(e => e.ValueKind == JsonValueKind.String ? e.GetString()! : throw Wrong(name, e, "a string"))];

    /// <summary>The tags of a list.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Pairs(string name) => [.. Objects(name).Select(static p => KeyValuePair.Create(p.Required("key"), p.Text("value") ?? ""))];

    /// <summary>The offset that a page token says.</summary>
    public long Offset()
    {
        if (Text("page_token") is not { Length: > 0 } token)
        {
            return 0;
        }

        try
        {
            using var document = JsonDocument.Parse(Convert.FromBase64String(token));
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("offset", out var offset) && offset.TryGetInt64(out var number) && number >= 0)
            {
                return number;
            }
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidOperationException)
        {
            throw new MlflowFault(MlflowFault.Invalid, "Invalid page token, could not base64-decode or read it.");
        }

        throw new MlflowFault(MlflowFault.Invalid, "Invalid page token, it says no offset.");
    }

    /// <summary>The token of a page; null for none.</summary>
    public static string? Token(long? offset) =>
        offset is { } number ? Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"offset\": {number}}}"))) : null;

    /// <summary>What is said where a field is missing.</summary>
    public static MlflowFault MissingField(string name) =>
        new(MlflowFault.Invalid, $"Missing value for required parameter '{name}'. See the API docs for more information about request parameters.");

    /// <summary>Whether a field is given, and not null.</summary>
    public JsonElement? Find(string name) => fields.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private IEnumerable<JsonElement> List(string name) => Find(name) is not { } value ? []
        : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray()
        : value.ValueKind == JsonValueKind.String ? [value]
        : throw Wrong(name, value, "a list");

    private static MlflowFault Wrong(string name, JsonElement value, string rule)
    {
        var text = value.GetRawText();
        return new(MlflowFault.Invalid, $"Invalid value {(text.Length > 100 ? text[..100] + "…" : text)} for parameter '{name}' supplied: it is {rule}.");
    }
}
