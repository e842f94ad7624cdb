using System.Globalization;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// Where a Parquet file's columns are. Only the column chunks of columns that are not needed may be left out; all else (the head, the footer, indexes, Bloom
/// filters, whatever a writer puts between) is always needed, so that no reader's habit has to be known.
/// </summary>
internal sealed class ParquetLayout
{
    /// <summary>Writers before 2013 gave a chunk's length without that of its dictionary's head.</summary>
    private const int Slack = 256;

    private readonly long _size;
    private readonly ByteRange _footer;
    private readonly List<(string Name, int? FieldId, ByteRange Chunk)> _chunks;

    private ParquetLayout(long size, ByteRange footer, List<(string Name, int? FieldId, ByteRange Chunk)> chunks)
    {
        _size = size;
        _footer = footer;
        _chunks = chunks;
    }

    /// <summary>Lets DuckDB read the footer of a file that holds nothing else yet.</summary>
    public static ParquetLayout Read(DuckDbConnection connection, string file, long size, ByteRange footer)
    {
        var columns = Columns(connection, file);
        var chunks = new List<(string, int?, ByteRange)>();
        var sql = $"SELECT column_id, index_page_offset, dictionary_page_offset, data_page_offset, total_compressed_size FROM parquet_metadata({SqlNames.Text(SqlNames.Pattern(file))})";
        foreach (var row in Rows(connection, sql))
        {
            var (name, fieldId) = columns[Convert.ToInt32(row[0], CultureInfo.InvariantCulture)];
            var start = Offset(row[3]) ?? 0;
            start = Math.Min(start, Math.Min(Offset(row[1]) ?? start, Offset(row[2]) ?? start));
            chunks.Add((name, fieldId, new ByteRange(start, start + (Offset(row[4]) ?? 0))));
        }

        return new ParquetLayout(size, footer, chunks);
    }

    /// <summary>The bytes that a reader of some columns may touch; null for all columns.</summary>
    public ByteRanges Needed(ColumnSet? columns)
    {
        var needed = new ByteRanges([new ByteRange(0, _size)]);
        if (columns is null)
        {
            return needed;
        }

        // First what may be left out, then what may not: a chunk that a footer describes badly takes nothing from the others.
        foreach (var (name, fieldId, chunk) in _chunks)
        {
            if (!columns.Contains(name, fieldId))
            {
                needed.Remove(chunk);
            }
        }

        foreach (var (name, fieldId, chunk) in _chunks)
        {
            if (columns.Contains(name, fieldId))
            {
                needed.Add(new ByteRange(chunk.Start, Math.Min(_size, chunk.End + Slack)));
            }
        }

        needed.Add(new ByteRange(0, 4));
        needed.Add(_footer);
        return needed;
    }

    /// <summary>For each leaf of the schema, in order, the column at the top that it belongs to.</summary>
    private static List<(string Name, int? FieldId)> Columns(DuckDbConnection connection, string file)
    {
        var leaves = new List<(string, int?)>();
        var open = new Stack<int>();
        (string, int?) top = default;
        foreach (var row in Rows(connection, $"SELECT name, field_id, coalesce(num_children, 0) FROM parquet_schema({SqlNames.Text(SqlNames.Pattern(file))})"))
        {
            var children = Convert.ToInt32(row[2], CultureInfo.InvariantCulture);

            // The first row is the schema itself; its children are the columns.
            if (open.Count == 1)
            {
                top = ((string)row[0]!, row[1] is null ? null : Convert.ToInt32(row[1], CultureInfo.InvariantCulture));
            }

            if (children == 0 && open.Count > 0)
            {
                leaves.Add(top);
            }

            if (open.Count > 0)
            {
                open.Push(open.Pop() - 1);
            }

            if (children > 0)
            {
                open.Push(children);
            }

            while (open.Count > 1 && open.Peek() == 0)
            {
                open.Pop();
            }
        }

        return leaves;
    }

    // Some writers say 0 for "none": nothing but the head is there.
    private static long? Offset(object? value) => value is null ? null : Convert.ToInt64(value, CultureInfo.InvariantCulture) is var offset && offset > 0 ? offset : null;

    private static List<object?[]> Rows(DuckDbConnection connection, string sql)
    {
        var rows = new List<object?[]>();
        using var result = connection.Query(sql);
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                for (var i = 0; i < chunk.Count; i++)
                {
                    var row = new object?[result.Columns.Count];
                    for (var c = 0; c < row.Length; c++)
                    {
                        row[c] = chunk.Column(c).GetValue(i);
                    }

                    rows.Add(row);
                }
            }
        }

        return rows;
    }
}
