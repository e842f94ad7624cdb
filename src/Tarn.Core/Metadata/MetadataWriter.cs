using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace Tarn.Core;

/// <summary>
/// The one writer. Whoever asks for a write while none is going on does it at once, on his own thread; those who come meanwhile are served
/// together in the next transaction, so that they share its commit.
/// </summary>
internal sealed partial class MetadataWriter(string path, ILogger logger)
{
    private const int LargestBatch = 512;

    private readonly Lock _gate = new();
    private readonly Queue<MetadataWrite> _waiting = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SqliteConnection? _connection;
    private bool _busy;
    private bool _closing;
    private bool _relaxed;

    public Func<CommitMoment, Task>? Intercept { get; set; }

    public TarnException? Fault { get; private set; }

    public static SqliteConnection Connect(string path, bool readOnly)
    {
        Batteries_V2.Init();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = 30,
        }.ToString());
        try
        {
            connection.Open();
            Execute(connection, readOnly ? "PRAGMA query_only = 1" : "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = 1; PRAGMA journal_size_limit = 16777216");
            return connection;
        }
        catch (SqliteException)
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens the connection and makes the store's own tables.</summary>
    public void Open()
    {
        _connection = Connect(path, readOnly: false);
        Execute(_connection, Migrations.OwnTables);
    }

    public void Enqueue(MetadataWrite write)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing, typeof(MetadataStore));
            _waiting.Enqueue(write);
            if (_busy)
            {
                return;
            }

            _busy = true;
        }

        _ = ServeAsync(write);
    }

    public async Task CloseAsync()
    {
        lock (_gate)
        {
            _closing = true;
            if (!_busy)
            {
                _idle.TrySetResult();
            }
        }

        await _idle.Task;
        _connection?.Dispose();
        _connection = null;
    }

    public void Abandon()
    {
        _connection?.Dispose();
        _connection = null;
    }

    /// <summary>Serves batches until none waits; once the caller's own write is done, the rest moves off his thread.</summary>
    private async Task ServeAsync(MetadataWrite? own)
    {
        while (TakeBatch() is { } batch)
        {
            await CommitAsync(batch);
            if (own is { Done: true } && Waits())
            {
                own = null;
                await Task.Yield();
            }
        }
    }

    private bool Waits()
    {
        lock (_gate)
        {
            return _waiting.Count > 0;
        }
    }

    private List<MetadataWrite>? TakeBatch()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _busy = false;
                if (_closing)
                {
                    _idle.TrySetResult();
                }

                return null;
            }

            var batch = new List<MetadataWrite>(Math.Min(_waiting.Count, LargestBatch));
            while (batch.Count < LargestBatch && _waiting.TryDequeue(out var write))
            {
                batch.Add(write);
            }

            return batch;
        }
    }

    private async Task CommitAsync(List<MetadataWrite> batch)
    {
        try
        {
            if (Intercept is { } before)
            {
                await before(CommitMoment.Before);
            }

            await RunAsync(batch);
            Fault = null;
            if (Intercept is { } after)
            {
                await after(CommitMoment.After);
            }
        }
        catch (SqliteException error)
        {
            var translated = MetadataErrors.Translate(error, path);
            LogFailed(logger, translated.Message);
            Fault = translated;
            Fail(batch, translated);
        }
        catch (Exception error)
        {
            // Handed to all who wait: a batch must end with an outcome, or its writers would wait for ever.
            Fail(batch, error);
        }

        foreach (var write in batch)
        {
            write.Complete();
        }
    }

    private async Task RunAsync(List<MetadataWrite> batch)
    {
        var connection = _connection ?? Reopen();
        try
        {
            SetDurability(connection, batch.TrueForAll(static w => w.Durability == WriteDurability.Process));
            using var transaction = connection.BeginTransaction();
            foreach (var write in batch)
            {
                if (batch.Count == 1)
                {
                    await write.RunAsync(connection, transaction);
                    if (write.Failed)
                    {
                        return;
                    }
                }
                else
                {
                    Execute(connection, "SAVEPOINT w");
                    await write.RunAsync(connection, transaction);
                    Execute(connection, write.Failed ? "ROLLBACK TO w; RELEASE w" : "RELEASE w");
                }
            }

            transaction.Commit();
        }
        catch (SqliteException)
        {
            // What state a connection is in after a full disk differs by where it struck: a new one is in a known state.
            connection.Dispose();
            _connection = null;
            throw;
        }
    }

    private SqliteConnection Reopen()
    {
        _relaxed = false;
        return _connection = Connect(path, readOnly: false);
    }

    private void SetDurability(SqliteConnection connection, bool relaxed)
    {
        if (relaxed != _relaxed)
        {
            Execute(connection, relaxed ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL");
            _relaxed = relaxed;
        }
    }

    private static void Fail(List<MetadataWrite> batch, Exception error)
    {
        foreach (var write in batch)
        {
            write.Fail(error);
        }
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    [LoggerMessage(1001, LogLevel.Error, "Metadata cannot be written: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}

/// <summary>A moment of a commit at which a test may inject a fault.</summary>
internal enum CommitMoment
{
    /// <summary>Nothing has been done yet.</summary>
    Before,

    /// <summary>The commit is durable, and its writers have not been told yet.</summary>
    After,
}
