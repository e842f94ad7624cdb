using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tarn.Serving;

/// <summary>How predictions and feedback are written in their topics. Texts keep their characters: JSON within JSON would double in size.</summary>
[JsonSerializable(typeof(PredictionRecord))]
[JsonSerializable(typeof(FeedbackRecord))]
internal sealed partial class PredictionJson : JsonSerializerContext
{
    public static PredictionJson Written { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
