using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Tarn.Core;

/// <summary>A write transaction on the file, with the signals that are due when it is committed.</summary>
internal sealed class SqliteWriteTransaction : MetadataTransaction
{
    private readonly SqliteMetadataStore _store;
    private readonly SqliteConnection _connection;
    private readonly SqliteTransaction _transaction;
    private List<(string Channel, string Payload)>? _signals;
    private int _kept;

    public SqliteWriteTransaction(SqliteMetadataStore store, SqliteConnection connection)
    {
        _store = store;
        _connection = connection;
        _transaction = connection.BeginTransaction();
    }

    public override DbConnection Connection => _connection;

    public override DbTransaction Transaction => _transaction;

    public void Signal(string channel, string payload)
    {
        _signals ??= [];
        if (!_signals.Contains((channel, payload)))
        {
            _signals.Add((channel, payload));
        }
    }

    public override ValueTask SaveAsync()
    {
        SqliteMetadataStore.Execute(_connection, "SAVEPOINT w");
        return default;
    }

    public override ValueTask KeepAsync()
    {
        SqliteMetadataStore.Execute(_connection, "RELEASE w");
        _kept = _signals?.Count ?? 0;
        return default;
    }

    public override ValueTask UndoAsync()
    {
        SqliteMetadataStore.Execute(_connection, "ROLLBACK TO w; RELEASE w");
        _signals?.RemoveRange(_kept, _signals.Count - _kept);
        return default;
    }

    public override ValueTask CommitAsync()
    {
        _transaction.Commit();
        _store.Committed(_connection, _signals);
        return default;
    }

    public override ValueTask DisposeAsync()
    {
        try
        {
            _transaction.Dispose();
        }
        catch (SqliteException)
        {
            // The error that led here, such as a full disk, forbids the roll-back, too; closing the connection does it.
            _store.DropWriter();
        }

        return default;
    }
}
