using System.Buffers;
using System.Text;
using System.Text.Json;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>The structure of a table's statistics in columns (protocol, "Per-file Statistics"), as DuckDB's json_transform takes it.</summary>
internal static class StatisticsStructure
{
    public static string Of(LogState state)
    {
        var partitions = state.Metadata!.PartitionColumns;
        var fields = state.Fields.Fields.Where(f => !partitions.Contains(f.Name, StringComparer.OrdinalIgnoreCase)).ToList();
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("numRecords", "BIGINT");
        json.WriteString("tightBounds", "BOOLEAN");
        Part("minValues", static t => HasOrder(t) ? SqlNames.Type(t) : null);
        Part("maxValues", static t => HasOrder(t) ? SqlNames.Type(t) : null);
        Part("nullCount", static _ => "BIGINT");
        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);

        void Part(string name, Func<ColumnType, string?> type)
        {
            if (fields.Exists(f => Leaves(f, type)))
            {
                json.WriteStartObject(name);
                Write(json, fields, type);
                json.WriteEndObject();
            }
        }
    }

    private static bool HasOrder(ColumnType type) => type is DecimalType || (type is PrimitiveType && type != ColumnType.Boolean && type != ColumnType.Binary);

    private static bool Leaves(DeltaField field, Func<ColumnType, string?> type) =>
        field.Type is DeltaStruct nested ? nested.Fields.Any(f => Leaves(f, type)) : type(field.Type.Logical) is not null;

    private static void Write(Utf8JsonWriter json, IEnumerable<DeltaField> fields, Func<ColumnType, string?> type)
    {
        foreach (var field in fields.Where(f => Leaves(f, type)))
        {
            if (field.Type is DeltaStruct nested)
            {
                json.WriteStartObject(field.PhysicalName);
                Write(json, nested.Fields, type);
                json.WriteEndObject();
            }
            else
            {
                json.WriteString(field.PhysicalName, type(field.Type.Logical)!);
            }
        }
    }
}
