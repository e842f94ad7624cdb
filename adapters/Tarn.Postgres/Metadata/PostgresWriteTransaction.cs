using System.Data.Common;
using Npgsql;
using Tarn.Core;

namespace Tarn.Postgres;

/// <summary>
/// A write transaction under the writers' lock. Savepoints cost one way to the server and back between two writes, and the mark by which a lost answer to the commit
/// is found out goes along with the commit.
/// </summary>
internal sealed class PostgresWriteTransaction(PostgresMetadataStore store, NpgsqlConnection connection, NpgsqlTransaction transaction) : MetadataTransaction
{
    private const string Savepoint = "w";

    private bool _saved;

    public override DbConnection Connection => connection;

    public override DbTransaction Transaction => transaction;

    public override ValueTask SaveAsync()
    {
        // The driver sends it with the next statement. After a write that was kept or undone, the savepoint is already there.
        if (!_saved)
        {
            RequireConnection();
            transaction.Save(Savepoint);
            _saved = true;
        }

        return default;
    }

    public override async ValueTask KeepAsync()
    {
        RequireConnection();
        try
        {
            await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new($"RELEASE SAVEPOINT {Savepoint}"), new($"SAVEPOINT {Savepoint}") } };
            await batch.ExecuteNonQueryAsync().ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InFailedSqlTransaction)
        {
            throw WentOn(error);
        }
        catch (InvalidOperationException error)
        {
            throw store.Lost(error);
        }
    }

    public override async ValueTask UndoAsync()
    {
        RequireConnection();
        try
        {
            await transaction.RollbackAsync(Savepoint).ConfigureAwait(false);
        }
        catch (InvalidOperationException error)
        {
            throw store.Lost(error);
        }
    }

    public override async ValueTask CommitAsync()
    {
        RequireConnection();
        var mark = store.NextMark();
        try
        {
            // In one message: where the mark is refused, because the transaction has failed, the commit is not done.
            await using var batch = new NpgsqlBatch(connection) { BatchCommands = { store.Mark(mark), new("COMMIT") } };
            await batch.ExecuteNonQueryAsync().ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InFailedSqlTransaction)
        {
            throw WentOn(error);
        }
        catch (PostgresException error) when (error.InvariantSeverity == "ERROR")
        {
            throw;
        }
        catch (Exception error) when (store.IsFault(error) || error is InvalidOperationException)
        {
            await store.RequireMarkAsync(mark, error).ConfigureAwait(false);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException)
        {
            // The server rolls back by itself when the connection is closed.
            store.CloseWriter();
        }
    }

    private static InvalidOperationException WentOn(PostgresException error) =>
        new("A statement of a write to the metadata store failed, and the write went on; nothing of it was kept. Let the error through.", error);

    /// <summary>A delegate may have kept the error to itself.</summary>
    private void RequireConnection()
    {
        if (PostgresMetadataStore.IsBroken(connection))
        {
            throw store.Lost(new IOException("The connection is closed."));
        }
    }
}
