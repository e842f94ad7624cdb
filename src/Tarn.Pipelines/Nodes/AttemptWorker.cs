using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Takes attempts that wait for a node, as far as this one has slots, and runs them.</summary>
internal sealed partial class AttemptWorker
{
    private readonly ExecutionServices _services;
    private readonly NodeSession _session;
    private readonly AttemptRunner _runner;
    private readonly WakeSignal _wake;
    private readonly CancellationTokenSource _stop;
    private readonly Lock _gate = new();
    private readonly Dictionary<(long Run, string Task, int Number), (CancellationTokenSource Cancel, string RunId)> _running = [];
    private readonly List<Task> _tasks = [];
    private Task _loop = Task.CompletedTask;
    private int _used;
    private long _outcomes;

    /// <summary>Makes the worker of a session.</summary>
    /// <param name="services">Parts of the executor; its state writer asks whether this node is alive.</param>
    /// <param name="session">The node.</param>
    /// <param name="stop">The end of the process.</param>
    public AttemptWorker(ExecutionServices services, NodeSession session, CancellationToken stop)
    {
        _services = services;
        _session = session;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop, session.Lost);
        _runner = new AttemptRunner(services, _stop.Token);
        _wake = new WakeSignal(services.Time);
    }

    /// <summary>How many attempts run here.</summary>
    public int Used => Volatile.Read(ref _used);

    public void Start() => _loop = RunAsync();

    public void Wake() => _wake.Set();

    /// <summary>Takes a slot for an attempt that this node, leading, runs itself.</summary>
    public bool TryTakeSlot()
    {
        lock (_gate)
        {
            if (_used >= _services.Options.NodeSlots)
            {
                return false;
            }

            _used++;
            return true;
        }
    }

    public void ReturnSlot()
    {
        lock (_gate)
        {
            _used--;
        }

        _wake.Set();
    }

    /// <summary>Waits until nothing runs any more; the session was lost, or the process stops.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        _stop.CancelLoudly(_services.Logger);
        Task[] all;
        lock (_gate)
        {
            all = [.. _tasks, _loop];
        }

        try
        {
            await Task.WhenAll(all).WaitAsync(grace, _services.Time);
        }
        catch (TimeoutException)
        {
            LogStillRunning(_services.Logger, all.Count(static t => !t.IsCompleted));
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                try
                {
                    await TakeAsync();
                    await CancelAsync();
                }
                catch (TarnException error)
                {
                    LogCannot(_services.Logger, error.Message);
                }
                catch (FencedException error)
                {
                    _session.Lose(error.Message);
                }

                await _wake.WaitAsync(_services.Options.NodePoll, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped.
        }
        catch (Exception error)
        {
            // A node that takes nothing must not look alive: its session ends, and says why.
            _session.Lose($"its worker failed: {error.Message}");
            throw;
        }
    }

    private async Task TakeAsync()
    {
        int free;
        lock (_gate)
        {
            free = _services.Options.NodeSlots - _used;
            _used += Math.Max(free, 0);
        }

        if (free <= 0)
        {
            return;
        }

        IReadOnlyList<TakenAttempt> taken = [];
        try
        {
            if (await _services.State.Store.ReadAsync(static connection => Dapper.SqlMapper.QueryFirstOrDefaultAsync<long?>(
                connection, "SELECT run FROM task_attempt WHERE state = 'queued' AND worker IS NULL LIMIT 1"), _stop.Token) is not null)
            {
                taken = await _services.State.WriteOnceAsync(
                    (connection, transaction) => AttemptOrders.TakeAsync(
                        connection, transaction, _services.Pipelines, _session.Id, free, _services.WriteVersion, _services.Time.GetUtcNow()),
                    WriteDurability.Process,
                    _stop.Token);
            }
        }
        finally
        {
            lock (_gate)
            {
                _used -= free - taken.Count;
            }
        }

        foreach (var attempt in taken)
        {
            var run = RunAttemptAsync(attempt);
            lock (_gate)
            {
                _tasks.RemoveAll(static t => t.IsCompleted);
                _tasks.Add(run);
            }
        }
    }

    private async Task RunAttemptAsync(TakenAttempt attempt)
    {
        var key = (attempt.Order.RunNumber, attempt.Order.Name, attempt.Order.Attempt);
        using var cancel = new CancellationTokenSource();
        lock (_gate)
        {
            _running[key] = (cancel, attempt.Order.RunId);
        }

        try
        {
            var outcome = await _runner.RunAsync(attempt.Task, attempt.Order, cancel.Token);
            var id = $"{_session.Id}-{Interlocked.Increment(ref _outcomes)}";
            await _services.StoreWithLogsAsync(
                "end of an attempt",
                async (connection, transaction) =>
                {
                    await AttemptOrders.EndAsync(connection, transaction, attempt.Order, _session.Id, outcome, id, _services.Time.GetUtcNow());
                    await _services.State.Store.SignalAsync(connection, transaction, NodeSignals.Ended, attempt.Order.RunId);
                },
                _session.Lost,
                WriteDurability.Process);
        }
        catch (Exception error) when (error is FencedException or OperationCanceledException)
        {
            // This node was declared gone, or gave up: the attempt is made again elsewhere.
            _session.Lose(error.Message);
        }
        catch (TarnException error)
        {
            LogCannot(_services.Logger, error.Message);
        }
        finally
        {
            lock (_gate)
            {
                // One that was deferred may be back, under its own token.
                if (_running.TryGetValue(key, out var latest) && latest.Cancel == cancel)
                {
                    _running.Remove(key);
                }
            }

            ReturnSlot();
        }
    }

    /// <summary>Tells the code to stop whose attempts are not to go on, as the store says.</summary>
    private async Task CancelAsync()
    {
        // What runs was stored as running before, so that what the store does not show as such is over for the others.
        List<KeyValuePair<(long Run, string Task, int Number), (CancellationTokenSource Cancel, string RunId)>> running;
        lock (_gate)
        {
            running = [.. _running];
        }

        if (running.Count == 0)
        {
            return;
        }

        var goingOn = await _services.State.Store.ReadAsync(connection => AttemptOrders.GoingOnAsync(connection, _session.Id), _stop.Token);
        foreach (var (cancel, run) in running.Where(r => !goingOn.Contains(r.Key)).Select(static r => r.Value))
        {
            try
            {
                cancel.Cancel();
            }
            catch (AggregateException error)
            {
                // Thrown by what the task's code registered on its token.
                _services.CancelFault(run, error);
            }
            catch (ObjectDisposedException)
            {
                // The attempt has ended meanwhile.
            }
        }
    }

    [LoggerMessage(4072, LogLevel.Warning, "This node can take no attempts now. {Reason}")]
    private static partial void LogCannot(ILogger logger, string reason);

    [LoggerMessage(4073, LogLevel.Warning, "{Count} attempt(s) of this node did not stop in time; they may run here and elsewhere at once until their code heeds its token")]
    private static partial void LogStillRunning(ILogger logger, int count);
}

/// <summary>What nodes tell each other through the store.</summary>
internal static class NodeSignals
{
    /// <summary>A run was made, or is to be cancelled, or tried again: the leader looks.</summary>
    public const string Runs = "pipelines_runs";

    /// <summary>The schedule of the pipeline that is named may go on: it was resumed, or a run that it waited for was cancelled.</summary>
    public const string Schedules = "pipelines_schedules";

    /// <summary>Attempts wait for a worker, or are to be cancelled.</summary>
    public const string Attempts = "pipelines_attempts";

    /// <summary>An attempt has ended elsewhere.</summary>
    public const string Ended = "pipelines_ended";

    /// <summary>A run's state moved: node and run, for those who watch on other nodes.</summary>
    public const string Changed = "pipelines_changed";
}
