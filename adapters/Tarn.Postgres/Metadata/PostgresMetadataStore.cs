using System.Buffers.Binary;
using System.Data;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tarn.Core;

namespace Tarn.Postgres;

/// <summary>
/// The metadata in a schema of a PostgreSQL database (12 or newer), which several processes share. Every write transaction holds one advisory lock from its first to its last
/// moment, so there is one writer at a time in all of them; reads run beside it. Signals are PostgreSQL's notifications.
/// </summary>
/// <remarks>
/// A process that is cut off loses the lock after <see cref="PostgresMetadataOptions.WriterTimeout"/> at the latest, and its transaction with it. Where the answer to a commit
/// is lost, the store finds out on a new connection whether it took effect: it waits for the lock, so that the old transaction has ended one way or the other, and looks for the
/// mark that each commit leaves. Connections must be direct or pooled by session: the lock and the session's settings do not pass through a pooler of transactions.
/// </remarks>
public sealed class PostgresMetadataStore : MetadataStore
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan KeepMarks = TimeSpan.FromDays(7);

    private readonly PostgresSessions _sessions;
    private readonly PostgresMetadataOptions _options;
    private readonly PostgresMetadataErrors _errors;
    private readonly PostgresSignals _signals;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _process;
    private string _lock = "";
    private NpgsqlConnection? _writer;
    private volatile bool _broken;
    private long _marks;
    private bool _signalled;

    private PostgresMetadataStore(PostgresSessions sessions, PostgresMetadataOptions options, TimeProvider time, IdSource ids, ILogger logger)
        : base(time, logger)
    {
        (_sessions, _options, _time, _logger) = (sessions, options, time, logger);
        _process = ids.NewId();
        Location = $"{sessions.Display}, schema {options.Schema}";
        _errors = new PostgresMetadataErrors(Location);
        _signals = new PostgresSignals(sessions, ChannelOf(options.Schema), time, logger, Deliver, DeliverMissed);
    }

    /// <inheritdoc/>
    public override bool IsShared => true;

    /// <inheritdoc/>
    public override string Location { get; }

    /// <summary>Opens the store, and makes the schema and the store's own tables where there are none.</summary>
    /// <param name="connectionString">Npgsql's form (<c>Host=…;Database=…</c>) or a URI (<c>postgres://user@host/database</c>).</param>
    /// <param name="options">How it is reached.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ids">Where the process's own id comes from.</param>
    /// <param name="loggers">Where the store reports what it does.</param>
    /// <param name="cancellation">Cancels the opening.</param>
    /// <exception cref="TarnException">The connection string or an option breaks its rule, or the server cannot be used, or not be reached for <see cref="PostgresMetadataOptions.StartTimeout"/>.</exception>
    public static async Task<PostgresMetadataStore> OpenAsync(
        string connectionString, PostgresMetadataOptions options, TimeProvider time, IdSource ids, ILoggerFactory loggers, CancellationToken cancellation = default)
    {
        options.Validate();
        var store = new PostgresMetadataStore(new PostgresSessions(connectionString, options), options, time, ids, loggers.CreateLogger<PostgresMetadataStore>());
        try
        {
            await store.PrepareWhenThereAsync(cancellation).ConfigureAwait(false);
            return store;
        }
        catch (Exception error) when (store.FaultOf(error) is { } fault)
        {
            await store.CloseAsync().ConfigureAwait(false);
            throw fault;
        }
        catch
        {
            await store.CloseAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Asks the server, without changing anything, whether the store could be opened.</summary>
    /// <returns>What there is, for people.</returns>
    /// <exception cref="TarnException">It could not; it says why.</exception>
    public static async Task<string> CheckAsync(string connectionString, PostgresMetadataOptions options, CancellationToken cancellation = default)
    {
        options.Validate();
        await using var sessions = new PostgresSessions(connectionString, options);
        try
        {
            await using var connection = await sessions.OpenReaderAsync(cancellation).ConfigureAwait(false);
            var exists = await connection.ExecuteScalarAsync<bool>("SELECT to_regnamespace(@Schema) IS NOT NULL", new { options.Schema }).ConfigureAwait(false);
            return $"{sessions.Display}, PostgreSQL {connection.PostgreSqlVersion}, schema {options.Schema}{(exists ? "" : ", which the first start makes")}";
        }
        catch (Exception error) when (error is DbException or IOException or TimeoutException)
        {
            throw new PostgresMetadataErrors(sessions.Display).TranslateRead(error);
        }
    }

    internal long NextMark() => ++_marks;

    /// <summary>Writes the mark where there is anything to find out: a transaction that has written nothing needs none, and costs no flush.</summary>
    internal NpgsqlBatchCommand Mark(long mark) => new(
        """
        INSERT INTO tarn_writer(process, mark, at) SELECT $1, $2, $3 WHERE $4 OR txid_current_if_assigned() IS NOT NULL
        ON CONFLICT (process) DO UPDATE SET mark = excluded.mark, at = excluded.at
        """)
    {
        Parameters =
        {
            new NpgsqlParameter<string> { TypedValue = _process },
            new NpgsqlParameter<long> { TypedValue = mark },
            new NpgsqlParameter<long> { TypedValue = Instant.ToMicroseconds(_time.GetUtcNow()) },
            new NpgsqlParameter<bool> { TypedValue = _signalled },
        },
    };

    internal bool IsFault(Exception error) => FaultOf(error) is not null;

    internal TarnException Lost(Exception cause) => _errors.Lost(cause);

    /// <summary>Whether a connection can no longer be used; the driver then answers calls with errors of its own kind (<see cref="InvalidOperationException"/>).</summary>
    internal static bool IsBroken(NpgsqlConnection connection) => !connection.FullState.HasFlag(ConnectionState.Open);

    /// <summary>The answer to a commit did not come: finds out whether it took effect.</summary>
    /// <exception cref="TarnException">It did not, or nobody can tell.</exception>
    internal async Task RequireMarkAsync(long mark, Exception cause)
    {
        DropWriter();
        PostgresLog.OutcomeAsked(_logger, Location, cause.Message);
        var begun = _time.GetTimestamp();
        for (var pause = FirstPause; ; pause = Shorter(pause * 2, LongestPause))
        {
            try
            {
                if (await HasMarkAsync(mark).ConfigureAwait(false))
                {
                    return;
                }

                throw _errors.Lost(cause);
            }
            catch (Exception error) when (IsFault(error) || error is InvalidOperationException)
            {
                if (IsClosed || _time.GetElapsedTime(begun) >= _options.OutcomeTimeout)
                {
                    throw _errors.OutcomeUnknown(cause);
                }
            }

            await Task.Delay(pause, _time).ConfigureAwait(false);
        }
    }

    internal void CloseWriter()
    {
        var writer = Interlocked.Exchange(ref _writer, null);
        writer?.Dispose();
    }

    /// <inheritdoc/>
    protected override async ValueTask<MetadataTransaction> BeginAsync(WriteDurability durability)
    {
        if (_writer is { } open)
        {
            try
            {
                return await BeginAsync(open, durability).ConfigureAwait(false);
            }
            catch (Exception error) when (IsConnectionFault(error))
            {
                // Nothing has been done yet, so it may be tried again.
                PostgresLog.WriterLost(_logger, Location, error.Message);
                DropWriter();
            }
        }

        var opened = await _sessions.OpenWriterAsync(CancellationToken.None).ConfigureAwait(false);
        Interlocked.Exchange(ref _writer, opened);
        if (_broken)
        {
            // A process that has ended opens no session: its lock would be held for ever.
            CloseWriter();
            throw new ObjectDisposedException(nameof(PostgresMetadataStore));
        }

        return await BeginAsync(opened, durability).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task<T> ReadSnapshotAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation)
    {
        await using var connection = await OpenReaderAsync(cancellation).ConfigureAwait(false);
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation).ConfigureAwait(false);
            return await read(connection).ConfigureAwait(false);
        }
        catch (Exception error) when (error is DbException || _errors.FaultOf(error) is not null || (error is InvalidOperationException && IsBroken(connection)))
        {
            throw ReadFault(error is InvalidOperationException ? new IOException("The connection broke.", error) : error);
        }
    }

    /// <inheritdoc/>
    protected override TarnException? FaultOf(Exception error) =>
        _errors.FaultOf(error) ?? (error is InvalidOperationException && _writer is { } writer && IsBroken(writer) ? _errors.Lost(error) : null);

    /// <inheritdoc/>
    protected override void DropWriter()
    {
        CloseWriter();
        _sessions.DropReaders();
    }

    /// <inheritdoc/>
    protected override string Translate(string script) => "SET LOCAL statement_timeout = 0; " + SqliteScript.Translate(script);

    /// <inheritdoc/>
    protected override Task SendAsync(DbConnection connection, DbTransaction transaction, string channel, string payload)
    {
        _signalled = true;
        return connection.ExecuteAsync("SELECT pg_notify(@name, @text)", new { name = ChannelOf(_options.Schema), text = $"{channel}\n{payload}" }, transaction);
    }

    /// <inheritdoc/>
    protected override void StartListening() => _signals.Start();

    /// <inheritdoc/>
    protected override async ValueTask CloseAsync()
    {
        await _signals.DisposeAsync().ConfigureAwait(false);
        CloseWriter();
        await _sessions.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Break()
    {
        _broken = true;
        _signals.Cancel();
        CloseWriter();
        _sessions.DropReaders();
    }

    private static string ChannelOf(string schema) => $"tarn_{schema}";

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>Not that the lock was not to be had.</summary>
    private static bool IsConnectionFault(Exception error) => error switch
    {
        PostgresException e => e.InvariantSeverity != "ERROR",
        NpgsqlException or IOException or TarnException => true,
        _ => false,
    };

    private async Task<NpgsqlConnection> OpenReaderAsync(CancellationToken cancellation)
    {
        try
        {
            return await _sessions.OpenReaderAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (IsFault(error))
        {
            throw ReadFault(error);
        }
    }

    private TarnException ReadFault(Exception error)
    {
        var translated = _errors.TranslateRead(error);
        if (translated.Kind == ErrorKind.Unavailable)
        {
            _sessions.DropReaders();
        }

        return translated;
    }

    private async Task<MetadataTransaction> BeginAsync(NpgsqlConnection connection, WriteDurability durability)
    {
        // Read committed: each statement sees what was committed before it began, and so, from the lock on, everything.
        try
        {
            var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted).ConfigureAwait(false);
            await using var batch = new NpgsqlBatch(connection);
            if (durability == WriteDurability.Process)
            {
                batch.BatchCommands.Add(new("SET LOCAL synchronous_commit = off"));
            }

            batch.BatchCommands.Add(new(_lock));
            await batch.ExecuteNonQueryAsync().ConfigureAwait(false);
            _signalled = false;
            return new PostgresWriteTransaction(this, connection, transaction);
        }
        catch (InvalidOperationException error)
        {
            CloseWriter();
            throw _errors.Lost(error);
        }
        catch
        {
            CloseWriter();
            throw;
        }
    }

    private async Task<bool> HasMarkAsync(long mark)
    {
        await using var connection = await _sessions.OpenWriterAsync(CancellationToken.None).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted).ConfigureAwait(false);
        await connection.ExecuteAsync(_lock, transaction: transaction).ConfigureAwait(false);
        var found = await connection.QuerySingleOrDefaultAsync<long?>("SELECT mark FROM tarn_writer WHERE process = @process", new { process = _process }, transaction).ConfigureAwait(false);
        return found >= mark;
    }

    private async Task PrepareWhenThereAsync(CancellationToken cancellation)
    {
        var begun = _time.GetTimestamp();
        for (var pause = FirstPause; ; pause = Shorter(pause * 2, LongestPause))
        {
            try
            {
                await PrepareAsync(cancellation).ConfigureAwait(false);
                return;
            }
            catch (Exception error) when (PostgresMetadataErrors.IsAway(error) && _options.StartTimeout - _time.GetElapsedTime(begun) is { Ticks: > 0 } left)
            {
                if (pause == FirstPause)
                {
                    PostgresLog.Awaited(_logger, Location, left.TotalSeconds, error.InnerException?.Message ?? error.Message);
                }

                await Task.Delay(Shorter(pause, left), _time, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task PrepareAsync(CancellationToken cancellation)
    {
        await using var connection = await _sessions.OpenWriterAsync(cancellation).ConfigureAwait(false);
        var database = await connection.ExecuteScalarAsync<string>("SELECT current_database()").ConfigureAwait(false);
        _lock = LockOf($"{database}\0{_options.Schema}");
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellation).ConfigureAwait(false);
        await connection.ExecuteAsync(_lock, transaction: transaction).ConfigureAwait(false);

        // Asked first, because to make what is there needs the right to make it.
        if (!await connection.ExecuteScalarAsync<bool>("SELECT to_regnamespace(@Schema) IS NOT NULL", new { _options.Schema }, transaction).ConfigureAwait(false))
        {
            await connection.ExecuteAsync($"CREATE SCHEMA {SqlNames.Quote(_options.Schema)}", transaction: transaction).ConfigureAwait(false);
        }

        if (!await connection.ExecuteScalarAsync<bool>("SELECT to_regclass('tarn_writer') IS NOT NULL", transaction: transaction).ConfigureAwait(false))
        {
            await connection.ExecuteAsync(SqliteScript.Translate(OwnTables), transaction: transaction).ConfigureAwait(false);
            await connection.ExecuteAsync(
                """
                CREATE TABLE tarn_writer(process TEXT COLLATE "C" PRIMARY KEY, mark BIGINT NOT NULL, at BIGINT NOT NULL) WITH (fillfactor = 50);
                COMMENT ON TABLE tarn_writer IS 'The last commit of each process: how it finds out whether a commit took effect whose answer was lost.';
                """,
                transaction: transaction).ConfigureAwait(false);
        }

        var before = Instant.ToMicroseconds(_time.GetUtcNow() - KeepMarks);
        await connection.ExecuteAsync("DELETE FROM tarn_writer WHERE at < @before", new { before }, transaction).ConfigureAwait(false);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>The statement that takes the writers' lock of a schema of a database until the end of the transaction.</summary>
    private static string LockOf(string name) => FormattableString.Invariant(
        $"SELECT pg_advisory_xact_lock({BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"tarn metadata\0{name}")))})");
}
