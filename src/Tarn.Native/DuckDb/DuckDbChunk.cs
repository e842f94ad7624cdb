namespace Tarn.Native;

/// <summary>Up to 2,048 rows of a result. Vectors taken from it are valid until it is disposed.</summary>
internal sealed class DuckDbChunk : IDisposable
{
    /// <summary>DuckDB's standard vector size: the most rows of a chunk.</summary>
    internal const int Capacity = 2048;

    private readonly DuckDbChunkHandle _handle;
    private readonly IReadOnlyList<DuckDbColumn> _columns;

    internal DuckDbChunk(nint chunk, IReadOnlyList<DuckDbColumn> columns)
    {
        _handle = new DuckDbChunkHandle(chunk);
        _columns = columns;
        Count = (int)DuckDbApi.ChunkSize(chunk);
    }

    /// <summary>The number of rows.</summary>
    internal int Count { get; }

    /// <summary>The number of columns.</summary>
    internal int ColumnCount => _columns.Count;

    /// <summary>A column's values.</summary>
    internal DuckDbVector Column(int index)
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        var type = _columns[index].Type;
        return new DuckDbVector(DuckDbApi.ChunkVector(_handle.DangerousGetHandle(), (ulong)index), type, Count);
    }

    public void Dispose() => _handle.Dispose();
}
