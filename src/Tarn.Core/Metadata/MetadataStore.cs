using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Tarn.Core;

/// <summary>
/// The program's own state in one SQLite file (write-ahead log), used through ADO.NET and Dapper.
/// </summary>
/// <remarks>
/// One writer at a time: writes run in the order in which they were asked for, those that wait for each other share one commit, and each
/// succeeds or fails on its own. Reads run beside them, each on a consistent snapshot. When a write's task has ended without an error,
/// its effects survive what its <see cref="WriteDurability"/> says.
/// <para>
/// The delegates must do nothing but database work: the next writer waits for them, and they run again in no case. An error of the disk or of
/// SQLite comes as a <see cref="TarnException"/>; the store stays usable, and works again when the cause is gone.
/// </para>
/// </remarks>
public sealed class MetadataStore : IAsyncDisposable
{
    private readonly MetadataWriter _writer;
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly TimeProvider _time;
    private volatile bool _disposed;

    private MetadataStore(string path, TimeProvider time, MetadataWriter writer)
    {
        Path = path;
        _time = time;
        _writer = writer;
    }

    /// <summary>The full path of the database file.</summary>
    public string Path { get; }

    /// <summary>Why the last write failed, where the fault was the store's (a full disk, a damaged file); null again after one that did not. For health checks and notices.</summary>
    public TarnException? Fault => _writer.Fault;

    /// <summary>Opens the store, and makes the file where there is none. The folder must exist.</summary>
    /// <param name="path">The database file, such as <c>meta.db</c> in the data directory.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where the store reports what it does.</param>
    /// <exception cref="TarnException">The file cannot be opened, or is no database.</exception>
    public static MetadataStore Open(string path, TimeProvider time, ILoggerFactory loggers)
    {
        var full = System.IO.Path.GetFullPath(path);
        var writer = new MetadataWriter(full, loggers.CreateLogger<MetadataStore>());
        var store = new MetadataStore(full, time, writer);
        try
        {
            writer.Open();
        }
        catch (SqliteException error)
        {
            throw MetadataErrors.Translate(error, full);
        }

        return store;
    }

    /// <summary>
    /// Brings a component's tables to its newest form: runs, each once and in order, those of <paramref name="scripts"/> that have not run here yet.
    /// All or none take effect.
    /// </summary>
    /// <param name="component">The component's name; its tables' names begin with it or are otherwise its own.</param>
    /// <param name="scripts">Every script that there ever was, oldest first: a script that was released is never changed, only followed by another.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="TarnException">The file was written by a newer version, or a script that ran was changed.</exception>
    public Task MigrateAsync(string component, IReadOnlyList<string> scripts, CancellationToken cancellation = default) =>
        WriteAsync((connection, transaction) => Migrations.ApplyAsync(connection, transaction, component, scripts, _time.GetUtcNow()), cancellation: cancellation);

    /// <summary>Reads, on a consistent snapshot, beside writers.</summary>
    public async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellation.ThrowIfCancellationRequested();
        try
        {
            var connection = _readers.TryTake(out var pooled) ? pooled : MetadataWriter.Connect(Path, readOnly: true);
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
            throw MetadataErrors.Translate(error, Path);
        }
    }

    /// <summary>Writes: what the delegate does takes effect as a whole, or, where it throws, not at all.</summary>
    /// <param name="write">The work; its commands use the transaction that it is given.</param>
    /// <param name="durability">What the finished write survives; default: loss of power.</param>
    /// <param name="cancellation">Cancels the wait for earlier writes; a write that has begun is finished.</param>
    /// <exception cref="TarnException">The disk is full or unwritable, or the file is damaged: nothing of the write took effect.</exception>
    /// <exception cref="InvalidOperationException">It was called inside another write, which would wait for itself.</exception>
    public Task<T> WriteAsync<T>(
        Func<DbConnection, DbTransaction, Task<T>> write,
        WriteDurability durability = WriteDurability.Power,
        CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (MetadataWrite.IsInside)
        {
            throw new InvalidOperationException("A write to the metadata store was asked for inside another one: use the connection and transaction at hand.");
        }

        var item = new MetadataWrite<T>(write, durability, cancellation);
        _writer.Enqueue(item);
        return item.Task;
    }

    /// <summary>The small value that was kept under a name, or null.</summary>
    public Task<string?> FindValueAsync(string component, string name, CancellationToken cancellation = default) =>
        ReadAsync(connection => connection.QuerySingleOrDefaultAsync<string?>(
            "SELECT value FROM tarn_value WHERE component = @component AND name = @name", new { component, name }), cancellation);

    /// <summary>Keeps a small value under a name, such as a mark of what the data directory is for; null forgets it.</summary>
    public Task SetValueAsync(string component, string name, string? value, CancellationToken cancellation = default) =>
        WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(
                value is null
                    ? "DELETE FROM tarn_value WHERE component = @component AND name = @name"
                    : "INSERT INTO tarn_value(component, name, value) VALUES (@component, @name, @value) ON CONFLICT DO UPDATE SET value = excluded.value",
                new { component, name, value },
                transaction),
            cancellation: cancellation);

    /// <summary>Finishes the writes that were asked for, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }

        await _writer.CloseAsync();
    }

    /// <summary>Called before each commit's work and after each commit: tests inject faults here.</summary>
    internal Func<CommitMoment, Task>? Intercept
    {
        set => _writer.Intercept = value;
    }

    /// <summary>Closes the file at once, as the end of the process does: tests of crashes use it.</summary>
    internal void Abandon()
    {
        _disposed = true;
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }

        _writer.Abandon();
    }

    private void Return(SqliteConnection connection, bool sound)
    {
        if (_disposed || !sound)
        {
            connection.Dispose();
        }
        else
        {
            _readers.Add(connection);
        }
    }
}
