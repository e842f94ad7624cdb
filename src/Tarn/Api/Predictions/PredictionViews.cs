using System.Text.Json.Serialization;

namespace Tarn;

/// <summary>What a model says of a file; where it could not be asked, <c>error</c> says why and the others are left out.</summary>
internal sealed record PredictionView
{
    /// <summary>The file, as it was called.</summary>
    public required string File { get; init; }

    /// <summary>The likeliest class.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Label { get; init; }

    /// <summary>Its probability.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float? Probability { get; init; }

    /// <summary>The probability of each class.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, float>? Scores { get; init; }

    /// <summary>Why there is no answer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }

    /// <summary>What to do about that.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Remedy { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Its version.</summary>
    public required long ModelVersion { get; init; }

    /// <summary>The variant that answered, where an endpoint was asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Variant { get; init; }

    /// <summary>By what feedback refers to it, where an endpoint was asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PredictionId { get; init; }

    /// <summary>Whether that was trained on drawn pictures, not on real ones.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Synthetic { get; init; }
}

/// <summary>The predictions of one request, in the order of its files.</summary>
internal sealed record PredictionsView(string Model, long Version, bool Synthetic, IReadOnlyList<string> Labels, IReadOnlyList<PredictionView> Predictions);
