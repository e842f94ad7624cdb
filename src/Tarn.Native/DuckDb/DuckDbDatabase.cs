namespace Tarn.Native;

/// <summary>An open DuckDB database: in memory, or a file. Connections keep what they need of it alive after it is disposed.</summary>
internal sealed class DuckDbDatabase : IDisposable
{
    private readonly DuckDbDatabaseHandle _handle;

    private DuckDbDatabase(DuckDbDatabaseHandle handle) => _handle = handle;

    /// <summary>Opens a database in memory (<paramref name="path"/> null) or in a file.</summary>
    /// <exception cref="Core.TarnException">DuckDB's library is missing or of another version.</exception>
    /// <exception cref="DuckDbException">DuckDB refuses the file or a setting.</exception>
    internal static DuckDbDatabase Open(string? path = null, IReadOnlyDictionary<string, string>? settings = null)
    {
        DuckDbLibrary.Require();
        if (DuckDbApi.CreateConfig(out var config) != 0)
        {
            throw new DuckDbException(DuckDbErrorType.OutOfMemory, "A configuration could not be allocated.");
        }

        try
        {
            foreach (var (name, value) in settings ?? new Dictionary<string, string>())
            {
                if (DuckDbApi.SetConfig(config, name, value) != 0)
                {
                    throw new DuckDbException(DuckDbErrorType.InvalidInput, $"DuckDB has no setting {name} that takes '{value}'.");
                }
            }

            if (DuckDbApi.Open(path, out var handle, config, out var error) != 0)
            {
                handle.SetHandleAsInvalid();
                throw new DuckDbException(DuckDbErrorType.Io, error == 0 ? "The database could not be opened." : DuckDbText.Take(error));
            }

            return new DuckDbDatabase(handle);
        }
        finally
        {
            DuckDbApi.DestroyConfig(ref config);
        }
    }

    /// <summary>A new connection, with its own transaction, settings and temporary tables.</summary>
    internal DuckDbConnection Connect()
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        if (DuckDbApi.Connect(_handle, out var connection) != 0)
        {
            connection.SetHandleAsInvalid();
            throw new DuckDbException(DuckDbErrorType.Invalid, "A connection could not be made.");
        }

        return new DuckDbConnection(connection);
    }

    public void Dispose() => _handle.Dispose();
}
