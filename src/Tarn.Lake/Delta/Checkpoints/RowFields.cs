using Tarn.Native;

namespace Tarn.Lake;

/// <summary>The values of a chunk's columns, by column and row. Valid as long as the chunk.</summary>
internal readonly ref struct RowFields
{
    private readonly DuckDbVector[] _columns;
    private readonly PartitionValueCache _maps;

    public RowFields(DuckDbChunk chunk, PartitionValueCache maps)
    {
        _columns = new DuckDbVector[chunk.ColumnCount];
        _maps = maps;
        for (var i = 0; i < _columns.Length; i++)
        {
            _columns[i] = chunk.Column(i);
        }
    }

    public DuckDbVector Column(int column) => _columns[column];

    public string? Text(int column, int row) => _columns[column].IsNull(row) ? null : _columns[column].GetString(row);

    public long? Number(int column, int row) => _columns[column].IsNull(row) ? null : _columns[column].Values<long>()[row];

    public bool? Flag(int column, int row) => _columns[column].IsNull(row) ? null : _columns[column].Values<byte>()[row] != 0;

    public IReadOnlyDictionary<string, string?>? Values(int column, int row) => _columns[column].IsNull(row) ? null : _maps.Read(_columns[column], row);

    /// <summary>All texts of a column as UTF-8, side by side in one piece of memory; empty for null.</summary>
    public ReadOnlyMemory<byte>[] Texts(int column)
    {
        var vector = _columns[column];
        var texts = new ReadOnlyMemory<byte>[vector.Count];
        var length = 0;
        for (var i = 0; i < texts.Length; i++)
        {
            length += vector.IsNull(i) ? 0 : vector.GetBytes(i).Length;
        }

        var all = new byte[length];
        var at = 0;
        for (var i = 0; i < texts.Length; i++)
        {
            if (!vector.IsNull(i))
            {
                var bytes = vector.GetBytes(i);
                bytes.CopyTo(all.AsSpan(at));
                texts[i] = all.AsMemory(at, bytes.Length);
                at += bytes.Length;
            }
        }

        return texts;
    }
}
