using System.Text.Json.Serialization;

namespace Tarn;

/// <summary>Feedback as endpoints take it; what is not said is left out.</summary>
internal sealed record FeedbackBody(string PredictionId, string? Label, bool? Correct, double? Score, string? Comment);

/// <summary>The JSON of that.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FeedbackBody))]
internal sealed partial class FeedbackJson : JsonSerializerContext;
