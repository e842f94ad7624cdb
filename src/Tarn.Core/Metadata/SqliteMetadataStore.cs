using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace Tarn.Core;

/// <summary>The embedded store: one SQLite file with a write-ahead log, for one process at a time.</summary>
internal sealed class SqliteMetadataStore : MetadataStore
{
    private readonly string _path;
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly SqliteCheckpoints _checkpoints;
    private SqliteConnection? _writer;
    private SqliteWriteTransaction? _current;
    private bool _relaxed;

    private SqliteMetadataStore(string path, TimeProvider time, ILogger logger)
        : base(time, logger)
    {
        _path = path;
        _checkpoints = new SqliteCheckpoints(path, () => Connect(readOnly: true), time, logger);
    }

    public override bool IsShared => false;

    public override string Location => _path;

    public static SqliteMetadataStore OpenFile(string path, TimeProvider time, ILoggerFactory loggers)
    {
        var store = new SqliteMetadataStore(Path.GetFullPath(path), time, loggers.CreateLogger<MetadataStore>());
        try
        {
            store._writer = store.Connect(readOnly: false);
            Execute(store._writer, Migrations.OwnTables);
        }
        catch (SqliteException error)
        {
            store._writer?.Dispose();
            throw SqliteErrors.Translate(error, store._path);
        }

        return store;
    }

    internal static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Called by the transaction after its commit.</summary>
    internal void Committed(SqliteConnection writer, List<(string Channel, string Payload)>? signals)
    {
        foreach (var (channel, payload) in signals ?? [])
        {
            Deliver(channel, payload);
        }

        _checkpoints.Committed(writer);
    }

    protected override async Task<T> ReadSnapshotAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation)
    {
        try
        {
            var connection = _readers.TryTake(out var pooled) ? pooled : Connect(readOnly: true);
            var sound = false;
            try
            {
                using (connection.BeginTransaction(deferred: true))
                {
                    var result = await read(connection);
                    sound = true;
                    return result;
                }
            }
            finally
            {
                Return(connection, sound);
            }
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Translate(error, _path);
        }
    }

    protected internal override ValueTask<MetadataTransaction> BeginAsync(WriteDurability durability)
    {
        if (_writer is null)
        {
            _relaxed = false;
            _writer = Connect(readOnly: false);
        }

        SetDurability(_writer, durability == WriteDurability.Process);
        _current = new SqliteWriteTransaction(this, _writer);
        return new(_current);
    }

    protected internal override TarnException? FaultOf(Exception error) => error switch
    {
        SqliteException e when SqliteErrors.IsOfTheStore(e) => SqliteErrors.Translate(e, _path),
        _ => null,
    };

    // What state a connection is in after a full disk differs by where it struck.
    protected internal override void DropWriter()
    {
        _writer?.Dispose();
        _writer = null;
    }

    protected override Task SendAsync(DbConnection connection, DbTransaction transaction, string channel, string payload)
    {
        if (_current is not { } current || current.Transaction != transaction)
        {
            throw new InvalidOperationException("A signal is sent inside a write, with its transaction.");
        }

        current.Signal(channel, payload);
        return Task.CompletedTask;
    }

    protected override ValueTask CloseAsync()
    {
        Break();
        return default;
    }

    protected override void Break()
    {
        _checkpoints.Dispose();
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }

        DropWriter();
    }

    private SqliteConnection Connect(bool readOnly)
    {
        Batteries_V2.Init();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = _path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = 30,
        }.ToString());
        try
        {
            connection.Open();
            Execute(connection, readOnly ? "PRAGMA query_only = 1" : "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = 1; PRAGMA journal_size_limit = 16777216");
            if (!readOnly)
            {
                SqliteCheckpoints.LeaveTo(connection);
            }

            return connection;
        }
        catch (SqliteException)
        {
            connection.Dispose();
            throw;
        }
    }

    private void Return(SqliteConnection connection, bool sound)
    {
        if (IsClosed || !sound)
        {
            connection.Dispose();
        }
        else
        {
            _readers.Add(connection);
        }
    }

    private void SetDurability(SqliteConnection connection, bool relaxed)
    {
        if (relaxed != _relaxed)
        {
            Execute(connection, relaxed ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL");
            _relaxed = relaxed;
        }
    }
}
