using System.Runtime.InteropServices;

namespace Tarn.Native;

/// <summary>
/// Appends rows to a table chunk by chunk: fill <see cref="Column"/>s, then <see cref="Append"/>, and at the end
/// <see cref="Flush"/>. What was not flushed when it is disposed is not kept.
/// </summary>
internal sealed unsafe class DuckDbAppender : IDisposable
{
    private readonly DuckDbAppenderHandle _handle;
    private readonly DuckDbChunkHandle _chunk;
    private readonly DuckDbType[] _types;

    private DuckDbAppender(DuckDbAppenderHandle handle)
    {
        _handle = handle;
        var types = new nint[DuckDbApi.AppenderColumnCount(handle)];
        for (var i = 0; i < types.Length; i++)
        {
            types[i] = DuckDbApi.AppenderColumnType(handle, (ulong)i);
        }

        fixed (nint* first = types)
        {
            _chunk = DuckDbApi.CreateChunk(first, (ulong)types.Length);
        }

        _types = Array.ConvertAll(types, DuckDbType.Take);
    }

    /// <summary>The types of the table's columns.</summary>
    internal IReadOnlyList<DuckDbType> Types => _types;

    /// <summary>A column to fill, of <see cref="DuckDbChunk.Capacity"/> rows; taken anew after each <see cref="Append"/>.</summary>
    internal DuckDbVector Column(int index)
    {
        ObjectDisposedException.ThrowIf(_chunk.IsClosed, this);
        return new DuckDbVector(DuckDbApi.ChunkVector(_chunk.DangerousGetHandle(), (ulong)index), _types[index], DuckDbChunk.Capacity);
    }

    /// <summary>Appends the first rows of the filled columns and makes the columns empty again.</summary>
    internal void Append(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, DuckDbChunk.Capacity);
        DuckDbApi.SetChunkSize(_chunk, (ulong)rows);
        ThrowOnError(DuckDbApi.AppendChunk(_handle, _chunk));
        DuckDbApi.ResetChunk(_chunk);
    }

    /// <summary>Makes the appended rows part of the table (and durable with its transaction).</summary>
    internal void Flush() => ThrowOnError(DuckDbApi.FlushAppender(_handle));

    public void Dispose()
    {
        _chunk.Dispose();
        _handle.Dispose();
    }

    internal static DuckDbAppender Take(int state, DuckDbAppenderHandle handle)
    {
        if (state == 0)
        {
            return new DuckDbAppender(handle);
        }

        using (handle)
        {
            throw handle.IsInvalid ? new DuckDbException(DuckDbErrorType.Catalog, "The table to append to does not exist.") : Error(handle);
        }
    }

    private void ThrowOnError(int state)
    {
        if (state != 0)
        {
            throw Error(_handle);
        }
    }

    private static DuckDbException Error(DuckDbAppenderHandle handle)
    {
        var error = DuckDbApi.AppenderErrorData(handle);
        var message = DuckDbText.Borrow(DuckDbApi.ErrorMessage(error));
        var type = (DuckDbErrorType)DuckDbApi.ErrorType(error);
        DuckDbApi.DestroyErrorData(ref error);
        return new DuckDbException(type, message);
    }
}
