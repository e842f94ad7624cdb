using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>What DuckDB tells of a column that it wrote, its values as text.</summary>
internal readonly record struct ColumnStatistics(string? Min, string? Max, long NullCount, bool HasNaN)
{
    internal static ColumnStatistics From(KeyValuePair<object, object?>[] values)
    {
        var statistics = default(ColumnStatistics);
        foreach (var (key, value) in values)
        {
            statistics = (string)key switch
            {
                "min" => statistics with { Min = (string?)value },
                "max" => statistics with { Max = (string?)value },
                "null_count" => statistics with { NullCount = long.Parse((string)value!, CultureInfo.InvariantCulture) },
                "has_nan" => statistics with { HasNaN = (string?)value == "true" },
                _ => statistics,
            };
        }

        return statistics;
    }
}

/// <summary>
/// Delta's statistics of a file (protocol, "Per-file Statistics"): numRecords, minValues, maxValues, nullCount. A bound that JSON or the protocol
/// cannot say exactly is widened (long texts, parts of a millisecond) or left out (NaN, infinity, booleans, bytes), never narrowed: readers skip files by it.
/// </summary>
internal static class ParquetStatistics
{
    /// <summary>Spark's own limit for texts, in characters.</summary>
    private const int TextPrefix = 32;

    /// <summary>Sorts after every other character in UTF-8.</summary>
    private const string LastCharacter = "\U0010FFFF";

    private static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static string Write(TableSchema schema, long rows, IReadOnlyDictionary<string, ColumnStatistics> columns)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("numRecords", rows);
            WriteBounds(json, "minValues", schema, columns, isMax: false);
            WriteBounds(json, "maxValues", schema, columns, isMax: true);
            json.WriteStartObject("nullCount");
            foreach (var column in schema.Columns)
            {
                if (columns.TryGetValue(column.Name, out var statistics))
                {
                    json.WriteNumber(column.Name, statistics.NullCount);
                }
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteBounds(Utf8JsonWriter json, string name, TableSchema schema, IReadOnlyDictionary<string, ColumnStatistics> columns, bool isMax)
    {
        json.WriteStartObject(name);
        foreach (var column in schema.Columns)
        {
            // NaN sorts after all numbers for Spark, and Parquet's bounds leave it out: then there is no upper bound to give.
            if (columns.TryGetValue(column.Name, out var statistics) && (isMax ? statistics.Max : statistics.Min) is { } text && !(isMax && statistics.HasNaN))
            {
                WriteBound(json, column, text, isMax);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteBound(Utf8JsonWriter json, Column column, string text, bool isMax)
    {
        switch (column.Type)
        {
            case DecimalType:
                WriteNumber(json, column.Name, text);
                break;
            case PrimitiveType { Name: "byte" or "short" or "integer" or "long" }:
                WriteNumber(json, column.Name, text);
                break;
            case PrimitiveType { Name: "float" or "double" }:
                if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
                {
                    WriteNumber(json, column.Name, text);
                }

                break;
            case PrimitiveType { Name: "string" }:
                WriteText(json, column.Name, text, isMax);
                break;
            case PrimitiveType { Name: "date" }:
                if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
                {
                    json.WriteString(column.Name, text);
                }

                break;
            case PrimitiveType { Name: "timestamp" }:
                WriteTimestamp(json, column.Name, text, isMax, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
                break;
            case PrimitiveType { Name: "timestamp_ntz" }:
                WriteTimestamp(json, column.Name, text, isMax, "yyyy-MM-dd'T'HH:mm:ss.fff");
                break;
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, string text)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(text, skipInputValidation: false);
    }

    private static void WriteText(Utf8JsonWriter json, string name, string text, bool isMax)
    {
        if (text.Length <= TextPrefix)
        {
            json.WriteString(name, text);
            return;
        }

        var length = char.IsHighSurrogate(text[TextPrefix - 1]) ? TextPrefix - 1 : TextPrefix;
        json.WriteString(name, isMax ? string.Concat(text.AsSpan(0, length), LastCharacter) : text[..length]);
    }

    private static void WriteTimestamp(Utf8JsonWriter json, string name, string text, bool isMax, string format)
    {
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant))
        {
            return;
        }

        var rest = instant.Ticks % TimeSpan.TicksPerMillisecond;
        if (isMax && rest != 0)
        {
            if (instant.Ticks - rest > DateTimeOffset.MaxValue.Ticks - TimeSpan.TicksPerMillisecond)
            {
                return;
            }

            rest -= TimeSpan.TicksPerMillisecond;
        }

        json.WriteString(name, instant.AddTicks(-rest).UtcDateTime.ToString(format, CultureInfo.InvariantCulture));
    }
}
