using System.Globalization;
using System.Text.Json;

namespace Tarn;

/// <summary>
/// Values of a result as JSON: numbers as numbers, instants as ISO 8601 in UTC, days as yyyy-MM-dd, bytes as base64; what JSON's numbers
/// cannot say (NaN, the infinities) as text.
/// </summary>
internal static class CellJson
{
    public static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case bool v:
                writer.WriteBooleanValue(v);
                break;
            case string v:
                writer.WriteStringValue(v);
                break;
            case int v:
                writer.WriteNumberValue(v);
                break;
            case long v:
                writer.WriteNumberValue(v);
                break;
            case short v:
                writer.WriteNumberValue(v);
                break;
            case sbyte v:
                writer.WriteNumberValue(v);
                break;
            case decimal v:
                writer.WriteNumberValue(v);
                break;
            case double v:
                WriteDouble(writer, v);
                break;
            case float v:
                WriteFloat(writer, v);
                break;
            default:
                WriteOther(writer, value);
                break;
        }
    }

    private static void WriteOther(Utf8JsonWriter writer, object value)
    {
        switch (value)
        {
            case DateTimeOffset v:
                writer.WriteStringValue(Instants.Show(v));
                break;
            case DateTime v:
                writer.WriteStringValue(v.ToString(v.Ticks % TimeSpan.TicksPerMillisecond == 0 ? "yyyy-MM-ddTHH:mm:ss.fff" : "yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture));
                break;
            case DateOnly v:
                writer.WriteStringValue(v.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
                break;
            case byte[] v:
                writer.WriteBase64StringValue(v);
                break;
            case IReadOnlyDictionary<string, object?> fields:
                writer.WriteStartObject();
                foreach (var (name, field) in fields)
                {
                    writer.WritePropertyName(name);
                    Write(writer, field);
                }

                writer.WriteEndObject();
                break;
            case KeyValuePair<object, object?>[] map:
                WriteMap(writer, map);
                break;
            case System.Collections.IEnumerable list:
                writer.WriteStartArray();
                foreach (var item in list)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            default:
                writer.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void WriteMap(Utf8JsonWriter writer, KeyValuePair<object, object?>[] map)
    {
        writer.WriteStartObject();
        foreach (var (key, field) in map)
        {
            writer.WritePropertyName(Convert.ToString(key, CultureInfo.InvariantCulture) ?? "");
            Write(writer, field);
        }

        writer.WriteEndObject();
    }

    private static void WriteDouble(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteStringValue(NotFinite(value));
        }
    }

    private static void WriteFloat(Utf8JsonWriter writer, float value)
    {
        if (float.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteStringValue(NotFinite(value));
        }
    }

    private static string NotFinite(double value) => double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}
