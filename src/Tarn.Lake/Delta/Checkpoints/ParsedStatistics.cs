using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Statistics that a checkpoint keeps in columns (<c>stats_parsed</c>), as the JSON of commits (protocol, "Per-file Statistics").</summary>
internal static class ParsedStatistics
{
    /// <summary>The statistics of a chunk's rows: the JSON where there is one, else made from the columns.</summary>
    public static ReadOnlyMemory<byte>[] ToJson(DuckDbVector parsed, DuckDbVector texts)
    {
        var all = new ReadOnlyMemory<byte>[parsed.Count];
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        for (var i = 0; i < all.Length; i++)
        {
            if (!texts.IsNull(i))
            {
                all[i] = texts.GetBytes(i).ToArray();
            }
            else if (!parsed.IsNull(i))
            {
                buffer.ResetWrittenCount();
                json.Reset(buffer);
                Write(json, parsed, i);
                json.Flush();
                all[i] = buffer.WrittenSpan.ToArray();
            }
        }

        return all;
    }

    private static void Write(Utf8JsonWriter json, in DuckDbVector vector, int row)
    {
        switch (vector.Type.Id)
        {
            case DuckDbTypeId.Struct:
                json.WriteStartObject();
                for (var i = 0; i < vector.Type.Names.Count; i++)
                {
                    var field = vector.StructChild(i, vector.Type.Children[i]);
                    if (!field.IsNull(row))
                    {
                        json.WritePropertyName(vector.Type.Names[i]);
                        Write(json, field, row);
                    }
                }

                json.WriteEndObject();
                break;
            case DuckDbTypeId.Varchar:
                json.WriteStringValue(vector.GetBytes(row));
                break;
            default:
                WriteValue(json, vector.GetValue(row)!);
                break;
        }
    }

    private static void WriteValue(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case bool flag: json.WriteBooleanValue(flag); break;
            case double number when !double.IsFinite(number): json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture)); break;
            case float number when !float.IsFinite(number): json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture)); break;
            case double number: json.WriteNumberValue(number); break;
            case float number: json.WriteNumberValue(number); break;
            case decimal number: json.WriteNumberValue(number); break;
            case DateTimeOffset instant: json.WriteStringValue(instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture)); break;
            case DateTime local: json.WriteStringValue(local.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture)); break;
            case DateOnly day: json.WriteStringValue(day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)); break;
            case IFormattable number when value is sbyte or short or int or long or byte or ushort or uint or ulong or Int128: json.WriteRawValue(number.ToString(null, CultureInfo.InvariantCulture)); break;
            default: json.WriteNullValue(); break;
        }
    }
}
