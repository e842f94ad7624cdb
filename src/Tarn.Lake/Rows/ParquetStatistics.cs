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

    /// <summary>How statistics are written.</summary>
    internal static System.Text.Json.JsonSerializerOptions Json { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Statistics of a file whose columns have no parts.</summary>
    internal static string Write(TableSchema schema, long rows, IReadOnlyDictionary<string, ColumnStatistics> columns) =>
        Write(StatisticsColumns.Of(EmptyMap.Strings, [.. schema.Columns.Select(DeltaField.Of)]), rows, columns);

    /// <summary>Statistics of a file.</summary>
    /// <param name="wanted">The file's columns, and which of them have statistics.</param>
    /// <param name="rows">How many rows it holds.</param>
    /// <param name="columns">What is known of columns, by the names in the file that lead to them, joined by NUL; without regard to case.</param>
    internal static string Write(StatisticsColumns wanted, long rows, IReadOnlyDictionary<string, ColumnStatistics> columns)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("numRecords", rows);
            var leaves = new List<Leaf>();
            Collect(wanted, wanted.Fields, [], columns, leaves);

            // NaN sorts after all numbers for Spark, and Parquet's bounds leave it out: then there is no upper bound to give.
            WriteTree(json, "minValues", leaves, static l => l.Statistics.Min is not null, static (writer, l) => WriteBound(writer, l.Path[^1], l.Type, l.Statistics.Min!, isMax: false));
            WriteTree(json, "maxValues", leaves, static l => l.Statistics is { Max: not null, HasNaN: false }, static (writer, l) => WriteBound(writer, l.Path[^1], l.Type, l.Statistics.Max!, isMax: true));
            WriteTree(json, "nullCount", leaves, static l => true, static (writer, l) => writer.WriteNumber(l.Path[^1], l.Statistics.NullCount));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private readonly record struct Leaf(string[] Path, DeltaPrimitive Type, ColumnStatistics Statistics);

    private static void Collect(
        StatisticsColumns wanted,
        IReadOnlyList<DeltaField> fields,
        string[] path,
        IReadOnlyDictionary<string, ColumnStatistics> columns,
        List<Leaf> leaves)
    {
        foreach (var field in fields)
        {
            string[] own = [.. path, field.PhysicalName];
            if (field.Type is DeltaStruct nested)
            {
                Collect(wanted, nested.Fields, own, columns, leaves);
            }
            else if (field.Type is DeltaPrimitive type && string.Join('\0', own) is var key && wanted.Contains(key) && columns.TryGetValue(key, out var statistics))
            {
                leaves.Add(new Leaf(own, type, statistics));
            }
        }
    }

    /// <summary>Writes values of columns as the objects within objects that the columns are; the columns of one struct follow each other.</summary>
    private static void WriteTree(Utf8JsonWriter json, string name, List<Leaf> leaves, Func<Leaf, bool> has, Action<Utf8JsonWriter, Leaf> write)
    {
        json.WriteStartObject(name);
        string[] open = [];
        foreach (var leaf in leaves)
        {
            if (!has(leaf))
            {
                continue;
            }

            var path = leaf.Path[..^1];
            var common = 0;
            while (common < open.Length && common < path.Length && open[common] == path[common])
            {
                common++;
            }

            for (var i = open.Length; i > common; i--)
            {
                json.WriteEndObject();
            }

            for (var i = common; i < path.Length; i++)
            {
                json.WriteStartObject(path[i]);
            }

            open = path;
            write(json, leaf);
        }

        for (var i = 0; i < open.Length; i++)
        {
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteBound(Utf8JsonWriter json, string name, DeltaPrimitive type, string text, bool isMax)
    {
        switch (type.Type)
        {
            case DecimalType:
                WriteNumber(json, name, text);
                break;
            case PrimitiveType { Name: "byte" or "short" or "integer" or "long" }:
                WriteNumber(json, name, text);
                break;
            case PrimitiveType { Name: "float" or "double" }:
                if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
                {
                    WriteNumber(json, name, text);
                }

                break;
            case PrimitiveType { Name: "string" }:
                WriteText(json, name, text, isMax);
                break;
            case PrimitiveType { Name: "date" }:
                if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
                {
                    json.WriteString(name, text);
                }

                break;
            case PrimitiveType { Name: "timestamp" }:
                WriteTimestamp(json, name, text, isMax, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
                break;
            case PrimitiveType { Name: "timestamp_ntz" }:
                WriteTimestamp(json, name, text, isMax, "yyyy-MM-dd'T'HH:mm:ss.fff");
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
