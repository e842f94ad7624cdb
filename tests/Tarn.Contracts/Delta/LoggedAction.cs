using System.Text.Json;

namespace Tarn.Contracts;

/// <summary>One action as it stands in a commit or a checkpoint.</summary>
public sealed record LoggedAction(string Name, JsonElement Body)
{
    private LogicalFile? _file;

    /// <summary>A text field; null where absent, null or not a text.</summary>
    public string? Text(string field) => Find(field) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>A number field; null where absent, null or not a whole number of 64 bits.</summary>
    public long? Number(string field) => Find(field) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    public bool? Flag(string field) => Find(field)?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>A field that is there and not null.</summary>
    public JsonElement? Find(string field) =>
        Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A map of texts; empty where absent.</summary>
    public IReadOnlyDictionary<string, string?> Map(string field)
    {
        var map = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (Find(field) is { ValueKind: JsonValueKind.Object } value)
        {
            foreach (var entry in value.EnumerateObject())
            {
                map[entry.Name] = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
            }
        }

        return map;
    }

    /// <summary>An array of texts; null where absent.</summary>
    public IReadOnlyList<string>? Texts(string field) =>
        Find(field) is { ValueKind: JsonValueKind.Array } value ? [.. value.EnumerateArray().Select(static item => item.ValueKind == JsonValueKind.String ? item.GetString()! : item.GetRawText())] : null;

    /// <summary>The statistics, or null where there are none or they are not JSON.</summary>
    public JsonElement? Stats()
    {
        try
        {
            return Text("stats") is { } text ? JsonDocument.Parse(text).RootElement : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The deletion vector, or null.</summary>
    public LoggedAction? DeletionVector => Find("deletionVector") is { } vector ? new LoggedAction("deletionVector", vector) : null;

    /// <summary>The logical file that an add or a remove is about: its path, decoded, and the deletion vector's unique id.</summary>
    public LogicalFile File => _file ??= new LogicalFile(DeltaPath.Decode(Text("path") ?? ""), DeletionVector is { } vector ? DeltaDeletionVector.UniqueId(vector) : null);
}

/// <summary>A logical file: a data file with the rows that a deletion vector leaves of it.</summary>
public sealed record LogicalFile(string Path, string? VectorId)
{
    public override string ToString() => VectorId is null ? Path : $"{Path} with {VectorId}";
}

/// <summary>Paths of the log: URIs, relative to the table's folder or absolute.</summary>
internal static class DeltaPath
{
    /// <summary>The path in one form: percent-decoded, and without the scheme of local files.</summary>
    public static string Decode(string path)
    {
        var decoded = Uri.UnescapeDataString(path);
        if (decoded.StartsWith("file:", StringComparison.Ordinal))
        {
            decoded = "/" + decoded[5..].TrimStart('/');
        }

        return decoded;
    }

    /// <summary>The file on disk.</summary>
    public static string Locate(string folder, string decoded) => decoded.StartsWith('/') ? decoded : Path.Combine(folder, decoded);
}
