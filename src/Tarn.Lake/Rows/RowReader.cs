using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Reads the chunks of one result into rows.</summary>
internal sealed class RowReader<T>
{
    private readonly ColumnReader[] _readers;
    private readonly int[] _ordinals;
    private readonly Func<ColumnReader[], int, T> _construct;

    internal RowReader(IReadOnlyList<DuckDbColumn> source, MappedColumn<T>[] columns, Func<ColumnReader[], int, T> construct)
    {
        _construct = construct;
        _readers = Array.ConvertAll(columns, static c => c.CreateReader());
        _ordinals = new int[columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            _ordinals[i] = Find(source, columns[i].Column.Name);
            if (_ordinals[i] >= 0 && source[_ordinals[i]].Type is var type && type.Id != _readers[i].Id)
            {
                throw TarnException.InvalidInput(
                    $"Column {columns[i].Column.Name} is read as {columns[i].Column.Type}.", type.ToString(), $"Cast it to {SqlNames.Type(columns[i].Column.Type)}.");
            }
        }
    }

    /// <summary>The first rows of a chunk.</summary>
    internal List<T> Read(DuckDbChunk chunk, int count)
    {
        var rows = new List<T>(count);
        Read(chunk, count, rows);
        return rows;
    }

    /// <summary>Adds all rows of a chunk to a list.</summary>
    internal void Read(DuckDbChunk chunk, List<T> rows) => Read(chunk, chunk.Count, rows);

    private void Read(DuckDbChunk chunk, int count, List<T> rows)
    {
        for (var i = 0; i < _readers.Length; i++)
        {
            if (_ordinals[i] >= 0)
            {
                _readers[i].Load(chunk.Column(_ordinals[i]));
            }
            else
            {
                _readers[i].LoadMissing(chunk.Count);
            }
        }

        rows.EnsureCapacity(rows.Count + count);
        for (var i = 0; i < count; i++)
        {
            rows.Add(_construct(_readers, i));
        }
    }

    private static int Find(IReadOnlyList<DuckDbColumn> columns, string name)
    {
        for (var i = 0; i < columns.Count; i++)
        {
            if (string.Equals(columns[i].Name, name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }
}
