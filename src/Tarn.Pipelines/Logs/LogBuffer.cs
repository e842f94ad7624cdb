using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// Collects log lines and stores many at a time: a quarter of a second after the first one, or before and with the next end of an attempt, so that
/// whoever sees that an attempt has ended can read all of its lines. It does nothing while nothing is logged.
/// </summary>
internal sealed partial class LogBuffer : IAsyncDisposable
{
    /// <summary>So many lines wait in memory at most while they cannot be stored; further ones are dropped.</summary>
    private const int LargestBacklog = 100_000;

    /// <summary>So many lines go into one commit at most: other writers wait for it.</summary>
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

    /// <summary>Stores all that waits now. An error of the store leaves the lines waiting.</summary>
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
                static (_, _) => Task.CompletedTask);
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

    /// <summary>
    /// Stores all that waits at the call, the last of it in the same commit as other work: either takes effect, or neither and the lines wait on. Where nobody knows, they
    /// wait on as well, and may be kept twice. What is logged meanwhile goes along where there is room, and is not waited for.
    /// </summary>
    /// <param name="write">Asks the store once to do the work that it is given; called for each commit.</param>
    /// <param name="work">The other work.</param>
    public async Task StoreWithAsync(Func<Func<DbConnection, DbTransaction, Task<bool>>, Task<bool>> write, Func<DbConnection, DbTransaction, Task> work)
    {
        long end;
        lock (_gate)
        {
            end = _order;
        }

        while (await StoreBatchAsync(end, write, work))
        {
        }
    }

    /// <summary>Stores all that waits at the call, as far as the store takes it: what is logged from now on may be lost.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closed = true;
        }

        try
        {
            await FlushAsync();
        }
        finally
        {
            await _timer.DisposeAsync();
        }
    }

    /// <summary>Stores the next lines, and the work with the last of those before an end; true where there are more of them.</summary>
    private async Task<bool> StoreBatchAsync(
        long end, Func<Func<DbConnection, DbTransaction, Task<bool>>, Task<bool>> write, Func<DbConnection, DbTransaction, Task> work)
    {
        List<PendingLine> taken = [];
        var last = new Dictionary<string, long>();
        try
        {
            var more = await write(async (connection, transaction) =>
            {
                try
                {
                    (taken, var others) = Take(end);
                    last = await InsertAsync(connection, transaction, taken);
                    if (!others)
                    {
                        await work(connection, transaction);
                    }

                    return others;
                }
                catch
                {
                    // At once: the next write may share the commit, and must not store an end without these lines, or later lines before them.
                    PutBack(taken);
                    taken = [];
                    throw;
                }
            });
            taken = [];
            foreach (var (run, sequence) in last)
            {
                _appended(new LogAppended(run, sequence));
            }

            return more;
        }
        finally
        {
            PutBack(taken);
        }
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

    /// <summary>The next lines, and whether others from before an end are left.</summary>
    private (List<PendingLine> Lines, bool More) Take(long end)
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
                return (all, false);
            }

            var taken = _pending.GetRange(0, LargestBatch);
            _pending.RemoveRange(0, LargestBatch);
            Arm(Linger);
            return (taken, _pending[0].Order < end);
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
