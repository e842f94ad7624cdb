using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace Tarn.Core;

/// <summary>
/// Carries what the write-ahead log has gathered over into the database file, so that the log begins anew: beside the writer, a moment after the commit that made it due, on a connection of its
/// own. SQLite by itself does it inside of the commit that passes the mark, which then takes three times as long as others. The log begins anew where a write finds all of it carried over and no
/// reader in it; where writes follow one another so closely that none does, and the log grows, the writer carries it over itself.
/// </summary>
internal sealed partial class SqliteCheckpoints : IDisposable
{
    /// <summary>So many pages in the log that were not carried over make a checkpoint due: what SQLite's own default is, 4 MB.</summary>
    private const int DueAt = 1_000;

    /// <summary>So many in the log make the writer do it: 32 MB.</summary>
    private const int WaitedForAt = 8_000;

    /// <summary>A page in the log, with its header.</summary>
    private const int PageBytes = 4096 + 24;

    /// <summary>Many small writes are due together, and what comes at the same moment goes first.</summary>
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private readonly Func<SqliteConnection> _connect;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private SqliteConnection? _connection;
    private ITimer? _timer;

    // Pages in the log, and those of them that were carried over, as the last checkpoint said; of what came since, all is counted. So the log has as many at most, and has fewer where it began anew since.
    private int _inLog;
    private int _carried;
    private volatile bool _asked;
    private bool _disposed;

    /// <summary>Makes it, before the first commit.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="connect">Makes a connection of its own.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where it says what it cannot do.</param>
    public SqliteCheckpoints(string path, Func<SqliteConnection> connect, TimeProvider time, ILogger logger)
    {
        (_connect, _time, _logger) = (connect, time, logger);

        // An earlier process that was killed left its log.
        var log = new FileInfo(path + "-wal");
        _inLog = log.Exists ? (int)Math.Min(int.MaxValue / 2, log.Length / PageBytes) : 0;
    }

    /// <summary>Has a writer's connection leave checkpoints to this.</summary>
    public static void LeaveTo(SqliteConnection writer) => SqliteMetadataStore.Execute(writer, "PRAGMA wal_autocheckpoint = 0");

    /// <summary>Called after each commit, by the writer, before the next write begins.</summary>
    public void Committed(SqliteConnection writer)
    {
        // The pages that the commit wrote to the log, counted from the call before.
        _ = raw.sqlite3_db_status(writer.Handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, 1);
        var inLog = Interlocked.Add(ref _inLog, pages);
        if (inLog >= WaitedForAt)
        {
            lock (_gate)
            {
                Carry(writer);
            }
        }
        else if (inLog - Volatile.Read(ref _carried) >= DueAt && !_asked)
        {
            _asked = true;
            _timer ??= _time.CreateTimer(static c => ((SqliteCheckpoints)c!).CarryBeside(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(Delay, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer?.Dispose();
            _connection?.Dispose();
            _connection = null;
        }
    }

    private void CarryBeside()
    {
        lock (_gate)
        {
            _asked = false;
            if (_disposed)
            {
                return;
            }

            try
            {
                Carry(_connection ??= Connect());
            }
            catch (SqliteException error)
            {
                LogNotCarried(_logger, error.Message);
            }
        }
    }

    private SqliteConnection Connect()
    {
        var connection = _connect();
        try
        {
            // A connection that has read nothing does not know yet that there is a log, and carries nothing over.
            SqliteMetadataStore.Execute(connection, "SELECT count(*) FROM sqlite_schema");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Carries over what no reader's snapshot keeps, without waiting for anybody.</summary>
    private void Carry(SqliteConnection connection)
    {
        var before = Volatile.Read(ref _inLog);
        var code = raw.sqlite3_wal_checkpoint_v2(connection.Handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out var inLog, out var carried);
        if (code == raw.SQLITE_OK && inLog >= 0)
        {
            // What was committed meanwhile is in it or not, and is counted again.
            Interlocked.Add(ref _inLog, inLog - before);
            Volatile.Write(ref _carried, carried);
        }
        else if (code is not (raw.SQLITE_OK or raw.SQLITE_BUSY or raw.SQLITE_LOCKED))
        {
            LogNotCarried(_logger, raw.sqlite3_errmsg(connection.Handle).utf8_to_string());
        }
    }

    [LoggerMessage(1003, LogLevel.Warning, "The metadata's write-ahead log could not be carried over into its file; it is tried again. Nothing is lost by it. {Reason}")]
    private static partial void LogNotCarried(ILogger logger, string reason);
}
