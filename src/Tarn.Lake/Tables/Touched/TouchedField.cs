using System.Text.Json;

namespace Tarn.Lake;

/// <summary>What a commit says of itself: which event times it touched (field <c>tarn.touched</c> of commitInfo).</summary>
/// <param name="Column">The event time's column.</param>
/// <param name="Times">The times; null where they may be any.</param>
internal sealed record TouchedField(string Column, TouchedTimes? Times)
{
    public const string Name = "tarn.touched";

    /// <summary>Writes the field: spans as pairs of microseconds since the Unix epoch, and flags where they are set.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject(Name);
        json.WriteString("column", Column);
        if (Times is not { } times)
        {
            json.WriteBoolean("unknown", true);
            json.WriteEndObject();
            return;
        }

        json.WriteStartArray("spans");
        foreach (var span in times.Spans)
        {
            json.WriteStartArray();
            json.WriteNumberValue(EventTime.Micros(span.Start));
            json.WriteNumberValue(EventTime.Micros(span.End));
            json.WriteEndArray();
        }

        json.WriteEndArray();
        if (times.HasNulls)
        {
            json.WriteBoolean("nulls", true);
        }

        if (times.IsCoarse)
        {
            json.WriteBoolean("coarse", true);
        }

        json.WriteEndObject();
    }

    /// <summary>Reads the field; null where it is none of ours, and the commit's files tell instead.</summary>
    public static TouchedField? Read(ref Utf8JsonReader json)
    {
        using var document = JsonDocument.ParseValue(ref json);
        var field = document.RootElement;
        if (field.ValueKind != JsonValueKind.Object || !field.TryGetProperty("column", out var column) || column.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        if (Is(field, "unknown"))
        {
            return new TouchedField(column.GetString()!, null);
        }

        return field.TryGetProperty("spans", out var spans) && Read(spans) is { } read
            ? new TouchedField(column.GetString()!, new TouchedTimes(read, Is(field, "nulls"), Is(field, "coarse")))
            : null;
    }

    private static List<EventSpan>? Read(JsonElement spans)
    {
        if (spans.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var read = new List<EventSpan>(spans.GetArrayLength());
        foreach (var pair in spans.EnumerateArray())
        {
            if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2
                || pair[0].ValueKind != JsonValueKind.Number || pair[1].ValueKind != JsonValueKind.Number || !pair[0].TryGetInt64(out var start) || !pair[1].TryGetInt64(out var end))
            {
                return null;
            }

            read.Add(new EventSpan(EventTime.Instant(start), EventTime.Instant(end)));
        }

        return read;
    }

    private static bool Is(JsonElement field, string name) => field.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
}
