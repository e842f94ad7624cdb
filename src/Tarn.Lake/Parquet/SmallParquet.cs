using System.Buffers;
using System.Buffers.Binary;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// Writes a small Parquet file in memory: one row group, one page a column, every column optional (Parquet format specification). It is for the commits of a few rows that
/// streams and pipelines make all day: DuckDB's COPY needs milliseconds to get going, this tens of microseconds. Larger files, and all that SQL makes, DuckDB writes.
/// </summary>
internal static class SmallParquet
{
    /// <summary>Up to so many rows this is the faster way.</summary>
    public const int MostRows = 4096;

    private const int Uncompressed = 0;
    private const int Gzip = 2;

    /// <summary>The file, and Delta's statistics of it.</summary>
    /// <param name="schema">The columns.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="value">A column's value of a row.</param>
    /// <param name="createdBy">What the footer says of the writer.</param>
    /// <param name="wanted">The columns of which statistics are wanted; null for the first of the file.</param>
    /// <param name="fieldId">A column's field id by its name; null for none.</param>
    public static (byte[] Content, string Stats) Write(
        TableSchema schema, int rows, Func<int, int, object?> value, string createdBy, StatisticsColumns? wanted = null, Func<string, int?>? fieldId = null)
    {
        var columns = new ParquetColumn[schema.Columns.Count];
        var statistics = new Dictionary<string, ColumnStatistics>(columns.Length, StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < columns.Length; i++)
        {
            var column = i;
            columns[i] = ParquetColumn.Encode(schema.Columns[i], rows, row => value(column, row));
            statistics[schema.Columns[i].Name] = columns[i].Statistics;
        }

        var stats = wanted is null ? ParquetStatistics.Write(schema, rows, statistics) : ParquetStatistics.Write(wanted, rows, statistics);
        return (File(columns, rows, createdBy, fieldId), stats);
    }

    private static byte[] File(ParquetColumn[] columns, int rows, string createdBy, Func<string, int?>? fieldId)
    {
        var output = new ArrayBufferWriter<byte>(columns.Sum(static c => c.Page.Length) + (128 * columns.Length) + 256);
        output.Write("PAR1"u8);
        var offsets = new long[columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            offsets[i] = output.WrittenCount;
            output.Write(columns[i].Page.Span);
        }

        var start = output.WrittenCount;
        Footer(output, columns, offsets, rows, createdBy, fieldId);
        var length = output.WrittenCount - start;
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(4), length);
        output.Advance(4);
        output.Write("PAR1"u8);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>FileMetaData.</summary>
    private static void Footer(ArrayBufferWriter<byte> output, ParquetColumn[] columns, long[] offsets, int rows, string createdBy, Func<string, int?>? fieldId)
    {
        var thrift = new ThriftWriter(output);
        thrift.BeginStruct();
        thrift.Field(1, 1);
        thrift.BeginStructs(2, columns.Length + 1);
        thrift.BeginStruct();
        thrift.Field(4, "root");
        thrift.Field(5, columns.Length);
        thrift.EndStruct();
        foreach (var column in columns)
        {
            ParquetType.WriteElement(ref thrift, column.Column, fieldId?.Invoke(column.Column.Name));
        }

        thrift.Field(3, (long)rows);
        thrift.BeginStructs(4, 1);
        RowGroup(ref thrift, columns, offsets, rows);
        thrift.Field(6, createdBy);

        // The bounds are in the order that the columns' types define.
        thrift.BeginStructs(7, columns.Length);
        for (var i = 0; i < columns.Length; i++)
        {
            thrift.BeginStruct();
            thrift.EmptyStruct(1);
            thrift.EndStruct();
        }

        thrift.EndStruct();
    }

    private static void RowGroup(ref ThriftWriter thrift, ParquetColumn[] columns, long[] offsets, int rows)
    {
        thrift.BeginStruct();
        thrift.BeginStructs(1, columns.Length);
        long uncompressed = 0, compressed = 0;
        for (var i = 0; i < columns.Length; i++)
        {
            Chunk(ref thrift, columns[i], offsets[i], rows);
            uncompressed += columns[i].UncompressedSize;
            compressed += columns[i].Page.Length;
        }

        thrift.Field(2, uncompressed);
        thrift.Field(3, (long)rows);
        thrift.Field(5, offsets.Length > 0 ? offsets[0] : 4L);
        thrift.Field(6, compressed);
        thrift.EndStruct();
    }

    private static void Chunk(ref ThriftWriter thrift, ParquetColumn column, long offset, int rows)
    {
        thrift.BeginStruct();
        thrift.Field(2, offset);
        thrift.BeginStruct(3);
        thrift.Field(1, (int)column.Physical);
        thrift.Numbers(2, 0, 3);
        thrift.Texts(3, column.Column.Name);
        thrift.Field(4, column.IsCompressed ? Gzip : Uncompressed);
        thrift.Field(5, (long)rows);
        thrift.Field(6, (long)column.UncompressedSize);
        thrift.Field(7, (long)column.Page.Length);
        thrift.Field(9, offset);
        thrift.BeginStruct(12);
        thrift.Field(3, column.NullCount);
        if (column.Max is { } max && column.Min is { } min)
        {
            thrift.Field(5, max.AsSpan());
            thrift.Field(6, min.AsSpan());
        }

        thrift.EndStruct();
        thrift.EndStruct();
        thrift.EndStruct();
    }
}
