namespace Tarn.Native;

/// <summary>The statements of a text, parsed and not run.</summary>
internal sealed class DuckDbStatements : IDisposable
{
    private readonly DuckDbConnectionHandle _connection;
    private nint _statements;

    private DuckDbStatements(DuckDbConnectionHandle connection, nint statements, int count)
    {
        _connection = connection;
        _statements = statements;
        Count = count;
    }

    internal int Count { get; }

    /// <summary>Prepares one of them, counted from 0.</summary>
    internal DuckDbStatement Prepare(int index)
    {
        ObjectDisposedException.ThrowIf(_statements == 0, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        var state = DuckDbApi.PrepareExtracted(_connection, _statements, (ulong)index, out var statement);
        return DuckDbStatement.Take(state, statement);
    }

    public void Dispose()
    {
        var statements = Interlocked.Exchange(ref _statements, 0);
        if (statements != 0)
        {
            DuckDbApi.DestroyExtracted(ref statements);
        }
    }

    internal static DuckDbStatements Take(DuckDbConnectionHandle connection, nint statements, ulong count)
    {
        var taken = new DuckDbStatements(connection, statements, (int)count);
        if (count == 0 && statements != 0 && DuckDbApi.ExtractStatementsError(statements) is var error and not 0)
        {
            var message = DuckDbText.Borrow(error);
            if (message.Length > 0)
            {
                taken.Dispose();
                throw new DuckDbException(DuckDbErrors.TypeOf(message), message);
            }
        }

        return taken;
    }
}
