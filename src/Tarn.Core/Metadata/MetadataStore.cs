using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Logging;

namespace Tarn.Core;

/// <summary>
/// The program's own state in a relational database, used through ADO.NET and Dapper: in one SQLite file of the data directory (<see cref="Open"/>),
/// or in PostgreSQL, where several processes share it.
/// </summary>
/// <remarks>
/// Every store promises:
/// <list type="bullet">
/// <item>One writer at a time, in all processes that use the store: a write that reads and then writes needs no further lock, and sees all that was
/// written before it.</item>
/// <item>Writes of a process run in the order in which they were asked for, those that wait for each other share one commit, and each succeeds or fails
/// on its own.</item>
/// <item>Reads run beside writers, each on one consistent snapshot, and see every write whose task has ended.</item>
/// <item>When a write's task has ended without an error, its effects survive what its <see cref="WriteDurability"/> says. When it has ended with one,
/// nothing of it took effect, unless the error says that nobody can know (<see cref="TarnException.IsOutcomeUnknown"/>).</item>
/// </list>
/// <para>
/// The delegates must do nothing but database work: the next writer waits for them, and they run again in no case. A delegate must not go on after a
/// statement of its failed: let the error through. An error of the store itself (a disk, the network, the server) comes as a
/// <see cref="TarnException"/>, the error of a statement in a write as the driver's <see cref="DbException"/>; the store stays usable, and works
/// again when the cause is gone.
/// </para>
/// <para>
/// SQL is what all stores understand: integers of 64 bits and no booleans, named targets (<c>ON CONFLICT(name) DO UPDATE</c>), <c>CASE</c> in place of
/// <c>max(a, b)</c>, <c>RETURNING</c> in place of a last row id. A sum is cast (<c>CAST(sum(n) AS BIGINT)</c>). Text is compared
/// by its code points; text from elsewhere goes through <see cref="StoredText"/>.
/// </para>
/// </remarks>
public abstract class MetadataStore : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly WriteQueue _writes;
    private readonly SignalHandlers _handlers;
    private int _reads;
    private volatile bool _disposed;

    /// <summary>For an implementation.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where the store reports what it does.</param>
    protected MetadataStore(TimeProvider time, ILogger logger)
    {
        _time = time;
        _writes = new WriteQueue(this, logger);
        _handlers = new SignalHandlers(logger);
    }

    /// <summary>Whether other processes may use the store at the same time.</summary>
    public abstract bool IsShared { get; }

    /// <summary>Where the store is, for messages: the full path of a file, or user, host and database, never with a password.</summary>
    public abstract string Location { get; }

    /// <summary>Why the last write failed, where the fault was the store's (a full disk, a server out of reach); null again after one that did not. For health checks and notices.</summary>
    public TarnException? Fault => _writes.Fault;

    /// <summary>Opens the embedded store, a SQLite file, and makes the file where there is none. The folder must exist.</summary>
    /// <param name="path">The database file, such as <c>meta.db</c> in the data directory.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where the store reports what it does.</param>
    /// <exception cref="TarnException">The file cannot be opened, or is no database.</exception>
    public static MetadataStore Open(string path, TimeProvider time, ILoggerFactory loggers) => SqliteMetadataStore.OpenFile(path, time, loggers);

    /// <summary>
    /// Brings a component's tables to its newest form: runs, each once and in order, those of <paramref name="scripts"/> that have not run here yet.
    /// All or none take effect; of several processes that ask at once, one does it.
    /// </summary>
    /// <param name="component">The component's name; its tables' names begin with it or are otherwise its own.</param>
    /// <param name="scripts">Every script that there ever was, oldest first, in SQLite's words (a store of another kind translates types): a script that was released is never changed, only followed by another.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="TarnException">The store was written by a newer version, or a script that ran was changed.</exception>
    public Task MigrateAsync(string component, IReadOnlyList<string> scripts, CancellationToken cancellation = default) =>
        WriteAsync((connection, transaction) => Migrations.ApplyAsync(connection, transaction, component, scripts, Translate, _time.GetUtcNow()), cancellation: cancellation);

    /// <summary>Reads, on a consistent snapshot, beside writers.</summary>
    /// <exception cref="TarnException">The store cannot be read, or refused a statement.</exception>
    public async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellation.ThrowIfCancellationRequested();
        if (InterceptRead is { } before)
        {
            await before();
        }

        Interlocked.Increment(ref _reads);
        try
        {
            return await ReadSnapshotAsync(read, cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref _reads);
        }
    }

    /// <summary>Writes: what the delegate does takes effect as a whole, or, where it throws, not at all.</summary>
    /// <param name="write">The work; its commands use the transaction that it is given.</param>
    /// <param name="durability">What the finished write survives; default: loss of power.</param>
    /// <param name="cancellation">Cancels the wait for earlier writes; a write that has begun is finished.</param>
    /// <exception cref="TarnException">The store cannot be written: nothing of the write took effect, or the error says that this is unknown.</exception>
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

        var item = new MetadataWrite<T>(write, durability, this, cancellation);
        _writes.Enqueue(item);
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
                    : "INSERT INTO tarn_value(component, name, value) VALUES (@component, @name, @value) ON CONFLICT(component, name) DO UPDATE SET value = excluded.value",
                new { component, name, value },
                transaction),
            cancellation: cancellation);

    /// <summary>
    /// Sends a signal as part of a write: after its commit, and never without it, the handlers of the channel are called in every process that uses the
    /// store. Equal signals of writes that share a commit may come once.
    /// </summary>
    /// <param name="connection">The write's connection.</param>
    /// <param name="transaction">The write's transaction.</param>
    /// <param name="channel">The channel: 1 to 63 lower-case ASCII letters, digits, dots, underscores and dashes.</param>
    /// <param name="payload">What to say: text of up to 7,000 bytes in UTF-8 without U+0000, perhaps empty. What is longer belongs into a table.</param>
    /// <exception cref="TarnException">The channel or the payload breaks its rule.</exception>
    public Task SignalAsync(DbConnection connection, DbTransaction transaction, string channel, string payload)
    {
        SignalRules.Check(channel, payload);
        return SendAsync(connection, transaction, channel, payload);
    }

    /// <summary>
    /// Calls a handler for the signals of a channel, from now until the returned value is disposed, in the order of their commits. Where some may have
    /// been missed (the connection to a server was lost and is there again, or has just been made) it is called with null: then look at the state itself.
    /// </summary>
    /// <param name="channel">The channel, as in <see cref="SignalAsync"/>.</param>
    /// <param name="handler">Takes the payload. It returns at once, without waiting for the store: it wakes who does the work. It may be called on any thread.</param>
    public IDisposable Listen(string channel, Action<string?> handler)
    {
        SignalRules.Check(channel, "");
        ObjectDisposedException.ThrowIf(_disposed, this);
        var registration = _handlers.Add(channel, handler);
        StartListening();
        return registration;
    }

    /// <summary>Finishes the writes that were asked for, and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _writes.CloseAsync();
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The script of the store's own tables, for an implementation to run when it is opened.</summary>
    protected static string OwnTables => Migrations.OwnTables;

    /// <summary>Whether the store was closed.</summary>
    protected bool IsClosed => _disposed;

    /// <summary>Begins the transaction of the next writes, when it is the only one in all processes. There is one at a time.</summary>
    /// <param name="durability">What its commit survives.</param>
    /// <exception cref="TarnException">The store cannot be written.</exception>
    protected internal abstract ValueTask<MetadataTransaction> BeginAsync(WriteDurability durability);

    /// <summary>Does a read's work on a snapshot.</summary>
    protected abstract Task<T> ReadSnapshotAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation);

    /// <summary>An error of the store itself, which strikes the whole transaction, as it is told to people; null for the error of one statement, and for what is not the store's.</summary>
    protected internal abstract TarnException? FaultOf(Exception error);

    /// <summary>After a fault, when its transaction is disposed: the next one begins on a new connection, in a known state.</summary>
    protected internal abstract void DropWriter();

    /// <summary>A migration's script in this store's words.</summary>
    protected virtual string Translate(string script) => script;

    /// <summary>Adds a signal to the transaction.</summary>
    protected abstract Task SendAsync(DbConnection connection, DbTransaction transaction, string channel, string payload);

    /// <summary>Called when there is somebody to listen: a store whose signals come from elsewhere begins to receive them, if it does not yet.</summary>
    protected virtual void StartListening()
    {
    }

    /// <summary>Calls the handlers of a channel.</summary>
    protected void Deliver(string channel, string payload) => _handlers.Call(channel, payload);

    /// <summary>Calls all handlers with null: signals may have been missed.</summary>
    protected void DeliverMissed() => _handlers.CallAll();

    /// <summary>Closes what is open; no write is going on any more.</summary>
    protected abstract ValueTask CloseAsync();

    /// <summary>Closes what is open at once, as the end of the process does, whatever is going on.</summary>
    protected abstract void Break();

    /// <summary>Called before each commit's work and after each commit: tests inject faults here.</summary>
    internal Func<CommitMoment, Task>? Intercept
    {
        set => _writes.Intercept = value;
    }

    /// <summary>Called before each read: tests have it wait here.</summary>
    internal Func<Task>? InterceptRead { private get; set; }

    /// <summary>Whether a read or a write is going on: tests on one thread wait for the store where it answers from elsewhere.</summary>
    internal bool IsBusy => Volatile.Read(ref _reads) > 0 || _writes.IsBusy;

    /// <summary>How many writes were asked for.</summary>
    internal long WritesAsked => _writes.Asked;

    /// <summary>Closes the store at once, as the end of the process does: tests of crashes use it.</summary>
    internal void Abandon()
    {
        _disposed = true;
        Break();
    }
}
