namespace Tarn.Native;

/// <summary>The result of a statement, read forward chunk by chunk.</summary>
internal sealed class DuckDbResult : IDisposable
{
    private DuckDbApi.Result _result;
    private DuckDbColumn[]? _columns;
    private bool _disposed;

    private DuckDbResult(DuckDbApi.Result result) => _result = result;

    ~DuckDbResult() => Release();

    /// <summary>The columns, in order.</summary>
    internal IReadOnlyList<DuckDbColumn> Columns => _columns ??= ReadColumns();

    /// <summary>The number of rows that the statement inserted, updated or deleted.</summary>
    internal long RowsChanged
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return (long)DuckDbApi.RowsChanged(ref _result);
        }
    }

    /// <summary>The next chunk, of 1 to 2,048 rows, or null after the last. The caller disposes it; it does not need the result to live.</summary>
    /// <exception cref="DuckDbException">Computing the chunk failed or was interrupted.</exception>
    internal DuckDbChunk? Fetch()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var columns = Columns;
        while (true)
        {
            var chunk = DuckDbApi.FetchChunk(_result);
            if (chunk == 0)
            {
                ThrowOnError(0, ref _result);
                return null;
            }

            var taken = new DuckDbChunk(chunk, columns);
            if (taken.Count > 0)
            {
                return taken;
            }

            taken.Dispose();
        }
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    internal static DuckDbResult Take(int state, DuckDbApi.Result result)
    {
        try
        {
            ThrowOnError(state, ref result);
        }
        catch
        {
            DuckDbApi.DestroyResult(ref result);
            throw;
        }

        return new DuckDbResult(result);
    }

    internal static void ThrowOnError(int state, ref DuckDbApi.Result result)
    {
        var error = DuckDbApi.ResultError(ref result);
        var message = error == 0 ? "" : DuckDbText.Borrow(error);
        if (state != 0 || message.Length > 0)
        {
            throw new DuckDbException((DuckDbErrorType)DuckDbApi.ResultErrorType(ref result), message.Length > 0 ? message : "The statement failed.");
        }
    }

    private DuckDbColumn[] ReadColumns()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var columns = new DuckDbColumn[DuckDbApi.ColumnCount(ref _result)];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = new DuckDbColumn(
                DuckDbText.Borrow(DuckDbApi.ColumnName(ref _result, (ulong)i)),
                DuckDbType.Take(DuckDbApi.ColumnLogicalType(ref _result, (ulong)i)));
        }

        return columns;
    }

    private void Release()
    {
        if (!_disposed)
        {
            _disposed = true;
            DuckDbApi.DestroyResult(ref _result);
        }
    }
}

/// <summary>A column of a result.</summary>
internal sealed record DuckDbColumn(string Name, DuckDbType Type);
