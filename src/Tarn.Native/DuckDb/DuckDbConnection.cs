namespace Tarn.Native;

/// <summary>
/// A connection. One thread at a time runs statements on it, and one result is streamed from it at a time; only
/// <see cref="Interrupt"/> may be called from another thread meanwhile.
/// </summary>
internal sealed unsafe class DuckDbConnection : IDisposable
{
    private readonly DuckDbConnectionHandle _handle;

    internal DuckDbConnection(DuckDbConnectionHandle handle) => _handle = handle;

    /// <summary>Runs one or several statements without parameters to their end.</summary>
    /// <returns>The number of rows that the last one inserted, updated or deleted.</returns>
    internal long Execute(string sql)
    {
        using var text = DuckDbText.Encode(sql);
        fixed (byte* pointer = text.Buffer)
        {
            var state = DuckDbApi.Query(_handle, pointer, out var result);
            try
            {
                DuckDbResult.ThrowOnError(state, ref result);
                return (long)DuckDbApi.RowsChanged(ref result);
            }
            finally
            {
                DuckDbApi.DestroyResult(ref result);
            }
        }
    }

    /// <summary>Runs one statement without parameters; its whole result is kept in DuckDB's memory until disposed.</summary>
    internal DuckDbResult Query(string sql)
    {
        using var text = DuckDbText.Encode(sql);
        fixed (byte* pointer = text.Buffer)
        {
            var state = DuckDbApi.Query(_handle, pointer, out var result);
            return DuckDbResult.Take(state, result);
        }
    }

    /// <summary>The first column of the first row of a statement without parameters, or null where there is no row.</summary>
    internal object? Scalar(string sql)
    {
        using var result = Query(sql);
        using var chunk = result.Fetch();
        return chunk is null ? null : chunk.Column(0).GetValue(0);
    }

    /// <summary>Prepares one statement; parameters are written <c>?</c>, <c>$1</c> or <c>$name</c>.</summary>
    internal DuckDbStatement Prepare(string sql)
    {
        using var text = DuckDbText.Encode(sql);
        fixed (byte* pointer = text.Buffer)
        {
            var state = DuckDbApi.Prepare(_handle, pointer, out var statement);
            return DuckDbStatement.Take(state, statement);
        }
    }

    /// <summary>Splits text into its statements without running any.</summary>
    internal DuckDbStatements Extract(string sql)
    {
        using var text = DuckDbText.Encode(sql);
        fixed (byte* pointer = text.Buffer)
        {
            var count = DuckDbApi.ExtractStatements(_handle, pointer, out var statements);
            return DuckDbStatements.Take(_handle, statements, count);
        }
    }

    /// <summary>The names of the tables and views that the statements read, as written but for quotes: <c>schema.table</c> where so qualified.</summary>
    internal IReadOnlyList<string> TableNames(string sql)
    {
        using var text = DuckDbText.Encode(sql);
        nint list;
        fixed (byte* pointer = text.Buffer)
        {
            list = DuckDbApi.TableNames(_handle, pointer, qualified: true);
        }

        if (list == 0)
        {
            return [];
        }

        var names = new string[DuckDbApi.ListSize(list)];
        for (var i = 0; i < names.Length; i++)
        {
            var child = DuckDbApi.ListChildValue(list, (ulong)i);
            names[i] = DuckDbText.Take(DuckDbApi.GetString(child));
            DuckDbApi.DestroyValue(ref child);
        }

        DuckDbApi.DestroyValue(ref list);
        return names;
    }

    /// <summary>An appender to an existing table.</summary>
    internal DuckDbAppender Append(string table, string? schema = null, string? catalog = null)
    {
        var state = DuckDbApi.CreateAppender(_handle, catalog, schema, table, out var appender);
        return DuckDbAppender.Take(state, appender);
    }

    /// <summary>Asks the running statement, if there is one, to stop: it fails with an error of type <see cref="DuckDbErrorType.Interrupt"/>. Any thread may call.</summary>
    internal void Interrupt()
    {
        try
        {
            DuckDbApi.Interrupt(_handle);
        }
        catch (ObjectDisposedException)
        {
            // The connection ended first: there is nothing left to stop.
        }
    }

    public void Dispose() => _handle.Dispose();
}
