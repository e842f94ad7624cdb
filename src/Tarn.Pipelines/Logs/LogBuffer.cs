using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// Collects log lines and stores many at a time: a quarter of a second after the first one, or with the next end of an attempt, so that
/// whoever sees that an attempt has ended can read all of its lines. It does nothing while nothing is logged.
/// </summary>
internal sealed partial class LogBuffer : IAsyncDisposable
{
    /// <summary>So many lines wait in memory at most while they cannot be stored; further ones are dropped.</summary>
    private const int LargestBacklog = 100_000;
    private const int LargestBatch = 2000;

    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly MetadataStore _store;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Action<LogAppended> _appended;
    private List<PendingLine> _pending = [];
    private long _order;
    private long _dropped;
    private bool _armed;
    private bool _closed;

    public LogBuffer(MetadataStore store, TimeProvider time, ILogger logger, Action<LogAppended> appended)
    {
        _store = store;
        _logger = logger;
        _appended = appended;
        _timer = time.CreateTimer(static state => _ = ((LogBuffer)state!).FlushAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Append(PendingLine line)
    {
        lock (_gate)
        {
            if (_pending.Count >= LargestBacklog)
            {
                _dropped++;
                return;
            }

            _pending.Add(line with { Order = _order++ });
            Arm(Linger);
        }
    }

    /// <summary>Stores what waits now. An error of the store leaves the lines waiting.</summary>
    public async Task FlushAsync()
    {
        lock (_gate)
        {
            _armed = false;
            if (_pending.Count == 0)
            {
                return;
            }
        }

        try
        {
            await StoreWithAsync(
                work => _store.WriteAsync(work, WriteDurability.Process),
                static (_, _) => Task.FromResult(true));
        }
        catch (TarnException error) when (error.Kind == ErrorKind.Unavailable)
        {
            LogWaits(_logger, error.Message);
            lock (_gate)
            {
                Arm(RetryDelay);
            }
        }
        catch (ObjectDisposedException)
        {
            // The store was closed before the timer's last flush: the process ends.
            lock (_gate)
            {
                _pending.Clear();
            }
        }
    }

    /// <summary>Stores what waits in the same commit as other work: either takes effect, or neither and the lines wait on. Where nobody knows, they wait on as well, and may be kept twice.</summary>
    /// <param name="write">Calls the store with the work that it is given.</param>
    /// <param name="work">The other work.</param>
    public async Task<T> StoreWithAsync<T>(
        Func<Func<DbConnection, DbTransaction, Task<T>>, Task<T>> write,
        Func<DbConnection, DbTransaction, Task<T>> work)
    {
        List<PendingLine> taken = [];
        var last = new Dictionary<string, long>();
        try
        {
            var result = await write(async (connection, transaction) =>
            {
                // The writer may run this again after a failed commit, with what has come since.
                PutBack(taken);
                taken = Take();
                last = await InsertAsync(connection, transaction, taken);
                return await work(connection, transaction);
            });
            taken = [];
            foreach (var (run, sequence) in last)
            {
                _appended(new LogAppended(run, sequence));
            }

            return result;
        }
        finally
        {
            PutBack(taken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await FlushAsync();
        lock (_gate)
        {
            _closed = true;
        }

        await _timer.DisposeAsync();
    }

    private static async Task<Dictionary<string, long>> InsertAsync(DbConnection connection, DbTransaction transaction, List<PendingLine> lines)
    {
        var last = new Dictionary<string, long>();
        foreach (var line in lines)
        {
            // A run that was forgotten while it still logged has no place for the line.
            var sequence = await connection.QuerySingleOrDefaultAsync<long?>(
                """
                INSERT INTO task_log(run, task, attempt, at, level, category, message, exception, fields)
                SELECT @Run, @Task, @Attempt, @At, @Level, @Category, @Message, @Exception, @Fields
                WHERE EXISTS (SELECT 1 FROM pipeline_run WHERE seq = @Run) RETURNING seq
                """,
                new
                {
                    line.Run,
                    line.Task,
                    line.Attempt,
                    At = Instant.ToMicroseconds(line.At),
                    Level = (int)line.Level,
                    Category = StoredText.Clean(line.Category),
                    Message = StoredText.Clean(line.Message),
                    Exception = StoredText.Clean(line.Exception),
                    Fields = StoredText.Clean(line.Fields),
                },
                transaction);
            if (sequence is { } stored)
            {
                last[line.RunId] = stored;
            }
        }

        return last;
    }

    private List<PendingLine> Take()
    {
        lock (_gate)
        {
            if (_dropped > 0)
            {
                LogDropped(_logger, _dropped);
                _dropped = 0;
            }

            if (_pending.Count <= LargestBatch)
            {
                var all = _pending;
                _pending = [];
                return all;
            }

            var taken = _pending.GetRange(0, LargestBatch);
            _pending.RemoveRange(0, LargestBatch);
            Arm(Linger);
            return taken;
        }
    }

    private void PutBack(List<PendingLine> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        lock (_gate)
        {
            _pending = [.. lines.Concat(_pending).OrderBy(static l => l.Order)];
            Arm(RetryDelay);
        }
    }

    private void Arm(TimeSpan delay)
    {
        if (!_armed && !_closed)
        {
            _armed = true;
            _timer.Change(delay, Timeout.InfiniteTimeSpan);
        }
    }

    [LoggerMessage(4010, LogLevel.Warning, "Log lines of pipeline runs cannot be stored and wait in memory. {Reason}")]
    private static partial void LogWaits(ILogger logger, string reason);

    [LoggerMessage(4011, LogLevel.Warning, "{Lines} log line(s) of pipeline runs were dropped, because too many waited to be stored")]
    private static partial void LogDropped(ILogger logger, long lines);
}
