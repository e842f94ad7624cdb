using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tarn;

/// <summary>Instants in ISO 8601, UTC, with milliseconds and Z.</summary>
internal sealed class InstantConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Instants.TryParse(reader.GetString() ?? "", out var time) ? time : throw new JsonException(Instants.Rule);

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(Instants.Show(value));
}
