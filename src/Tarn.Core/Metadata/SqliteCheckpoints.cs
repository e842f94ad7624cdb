using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace Tarn.Core;

/// <summary>
/// Carries what the write-ahead log has gathered over into the database file, so that the log begins anew: beside the writer, a moment after the commit that made it due, on a connection of its
/// own. SQLite by itself does it inside of the commit that passes the mark, which then takes three times as long as others. Where writes follow one another so closely that the log never
/// comes to its end beside them, the writer waits for one.
/// </summary>
internal sealed partial class SqliteCheckpoints(Func<SqliteConnection> connect, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>So many pages in the log make a checkpoint due: what SQLite's own default is, 4 MB.</summary>
    private const int DueAt = 1_000;

    /// <summary>So many make the writer wait for it: 32 MB.</summary>
    private const int WaitedForAt = 8_000;

    /// <summary>Many small writes are due together, and what comes at the same moment goes first.</summary>
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private SqliteConnection? _connection;
    private ITimer? _timer;
    private int _inLog;
    private volatile bool _asked;
    private bool _disposed;

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
            Carry(writer);
        }
        else if (inLog >= DueAt && !_asked)
        {
            _asked = true;
            _timer ??= time.CreateTimer(static c => ((SqliteCheckpoints)c!).CarryBeside(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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
                LogNotCarried(logger, error.Message);
            }

            _asked = false;
        }
    }

    private SqliteConnection Connect()
    {
        var connection = connect();

        // A connection that has read nothing does not know yet that there is a log, and carries nothing over.
        SqliteMetadataStore.Execute(connection, "SELECT count(*) FROM sqlite_schema");
        return connection;
    }

    /// <summary>Carries over what no reader's snapshot keeps, without waiting for anybody.</summary>
    private void Carry(SqliteConnection connection)
    {
        var before = Volatile.Read(ref _inLog);
        var code = raw.sqlite3_wal_checkpoint_v2(connection.Handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out var inLog, out var carried);
        if (code == raw.SQLITE_OK)
        {
            // The next write begins at the log's start where all of it was carried over and no reader needs it.
            Interlocked.Add(ref _inLog, (carried >= inLog ? 0 : inLog) - before);
        }
        else if (code is not (raw.SQLITE_BUSY or raw.SQLITE_LOCKED))
        {
            LogNotCarried(logger, raw.sqlite3_errmsg(connection.Handle).utf8_to_string());
        }
    }

    [LoggerMessage(1003, LogLevel.Warning, "The metadata's write-ahead log could not be carried over into its file; it is tried again. Nothing is lost by it. {Reason}")]
    private static partial void LogNotCarried(ILogger logger, string reason);
}
