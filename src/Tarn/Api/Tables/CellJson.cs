using System.Buffers;
using System.Data.SqlTypes;
using System.Globalization;
using System.Numerics;
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
            case DateTimeOffset or DateTime or DateOnly:
                writer.WriteStringValue(Text(value));
                break;
            case BigInteger or SqlDecimal:
                writer.WriteRawValue(Text(value));
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
            writer.WritePropertyName(Text(key));
            Write(writer, field);
        }

        writer.WriteEndObject();
    }

    /// <summary>A value as text: what a JSON text of it holds.</summary>
    private static string Text(object value) => value switch
    {
        DateTimeOffset v => Instants.Show(v),
        DateTime v => v.ToString(v.Ticks % TimeSpan.TicksPerMillisecond == 0 ? "yyyy-MM-ddTHH:mm:ss.fff" : "yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        DateOnly v => v.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        byte[] v => Convert.ToBase64String(v),
        bool v => v ? "true" : "false",
        SqlDecimal v => v.ToString(),
        string or IFormattable => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        _ => Json(value),
    };

    private static string Json(object value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            Write(writer, value);
        }

        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
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
