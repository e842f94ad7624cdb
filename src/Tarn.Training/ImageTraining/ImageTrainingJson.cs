using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tarn.Training;

/// <summary>How a training's files are written: as other results, for people to read too.</summary>
internal static class ImageTrainingJson
{
    public static JsonSerializerOptions Indented { get; } = new(TrainingJson.Options)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };
}
