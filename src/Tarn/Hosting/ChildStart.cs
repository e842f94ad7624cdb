using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tarn;

/// <summary>What the process of an attempt has to know to open the same program as its parent: what the parent was asked for, and what it decided.</summary>
internal sealed record ChildStart
{
    /// <summary>The data directory as configured, which may have a tarn.json.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Where the data is: it, or a sub-directory of it that a system chose.</summary>
    public required string Data { get; init; }

    /// <summary>The systems asked for; empty for all.</summary>
    public required IReadOnlyList<string> Systems { get; init; }

    /// <summary>Configuration keys that the command line sets.</summary>
    public required IReadOnlyDictionary<string, string?> Settings { get; init; }

    /// <summary>Configuration keys that systems set at start.</summary>
    public required IReadOnlyDictionary<string, string?> Overrides { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, ChildStartJson.Default.ChildStart);

    public static ChildStart Parse(string json) => JsonSerializer.Deserialize(json, ChildStartJson.Default.ChildStart) ?? throw new JsonException("null");
}

/// <summary>Its form on the way to the child.</summary>
[JsonSerializable(typeof(ChildStart))]
internal sealed partial class ChildStartJson : JsonSerializerContext;
