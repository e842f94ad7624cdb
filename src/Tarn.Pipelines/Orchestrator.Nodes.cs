using System.Data.Common;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <content>This process as a node: alone on its store, or one of several of which one leads.</content>
public sealed partial class Orchestrator
{
    private readonly CancellationTokenSource _leaving = new();
    private readonly List<IDisposable> _listening = [];
    private Func<StateWriter, ExecutionServices> _newServices = null!;
    private volatile LeaderTerm? _term;
    private volatile AttemptWorker? _worker;
    private TaskCompletionSource<LeaderTerm> _leading = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NodeSession? _session;
    private Task _nodeLoop = Task.CompletedTask;
    private long _epoch;

    /// <summary>Whether this process leads: makes runs by schedule, and admits and steers all runs. Always so where it has the store for itself.</summary>
    public bool IsLeader => _term is not null;

    /// <summary>Whether several nodes share the store.</summary>
    internal bool IsShared => _options.Shared ?? _store.IsShared;

    private RunExecutor? Executor => _term?.Executor;

    /// <summary>Waits until this process leads; the token is cancelled when it does no more.</summary>
    internal async Task<CancellationToken> LeadAsync(CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        Task<LeaderTerm> leading;
        lock (_listening)
        {
            leading = _leading.Task;
        }

        return (await leading.WaitAsync(stop)).Ended.Token;
    }

    /// <summary>Writes as the leader: where another leads by now, nothing is written. Where nobody knows whether it took effect, this node leads no more.</summary>
    /// <exception cref="TarnException">The store cannot be written, or this node does not lead.</exception>
    internal async Task<T> WriteAsLeaderAsync<T>(
        Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation, WriteDurability durability = WriteDurability.Power)
    {
        RequireStarted();
        var term = _term ?? throw NotLeading();
        try
        {
            return await term.Services.State.WriteOnceAsync(write, durability, cancellation);
        }
        catch (FencedException error)
        {
            term.Fenced?.Invoke(error.Message);
            throw error.Unknown ?? new TarnException(ErrorKind.Unavailable, error.Message);
        }
    }

    private static TarnException NotLeading() => new(ErrorKind.Unavailable, "This node does not lead.");

    /// <summary>Tells that a run is late, inside a write as the leader.</summary>
    internal Task SlaMissedAsync(DbConnection connection, DbTransaction transaction, PipelineDefinition pipeline, RunRow run) =>
        _term?.Services.Alerts.SlaMissedAsync(connection, transaction, pipeline, run) ?? Task.CompletedTask;

    /// <summary>Begins as the only process on its store: leads at once, and what any other left behind is taken over.</summary>
    private async Task<int> BeginAloneAsync(CancellationToken cancellation)
    {
        var id = _ids.NewId();
        var orphans = await _store.WriteAsync(
            async (connection, transaction) =>
            {
                await NodeStates.RegisterAsync(connection, transaction, id, _options.NodeName ?? id, _options.NodeSlots, _time.GetUtcNow());
                await NodeStates.ExpelOthersAsync(connection, transaction, id);
                await NodeStates.LeadAsync(connection, transaction, id);
                return await TakeOverAsync(connection, transaction);
            },
            cancellation: cancellation);
        _term!.Services.Node = id;
        _term.Services.Epoch = _epoch;
        _leading.TrySetResult(_term);
        _term.Executor.Start();
        return orphans;
    }

    private async Task<int> TakeOverAsync(DbConnection connection, DbTransaction transaction)
    {
        var closed = await ExecutionWrites.CloseOrphansAsync(connection, transaction, _time.GetUtcNow());
        await ExecutionWrites.RequeueRunsAsync(connection, transaction);
        return closed;
    }

    private void BeginShared()
    {
        _listening.Add(_store.Listen(NodeSignals.Runs, _ =>
        {
            Executor?.Wake();
            WantDuties();
        }));
        _listening.Add(_store.Listen(NodeSignals.Schedules, pipeline => ScheduleMoved?.Invoke(pipeline)));
        _listening.Add(_store.Listen(NodeSignals.Ended, _ => Executor?.Wake()));
        _listening.Add(_store.Listen(NodeSignals.Attempts, _ => _worker?.Wake()));
        _listening.Add(_store.Listen(NodeSignals.Changed, OnChangedElsewhere));
        _nodeLoop = LiveAsync();
    }

    /// <summary>One life as a node after another, until the process stops.</summary>
    private async Task LiveAsync()
    {
        try
        {
            while (!_leaving.IsCancellationRequested)
            {
                try
                {
                    await LiveOnceAsync();
                }
                catch (Exception error) when (error is not OperationCanceledException || !_leaving.IsCancellationRequested)
                {
                    // Not a matter of the store being away. A process that is no node any more must not stay so unseen.
                    LogNodeFault(_logger, error);
                    await Task.Delay(_options.NodeLease, _time, _leaving.Token);
                }
            }
        }
        catch (OperationCanceledException) when (_leaving.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private async Task LiveOnceAsync()
    {
        using var session = new NodeSession(_ids.NewId(), _store, _options, _time, _logger);
        await session.RegisterAsync(_options.NodeName ?? session.Id, _options.NodeSlots, _leaving.Token);
        var state = new StateWriter(_store, _time, _logger) { Fence = (connection, transaction) => NodeStates.AssertAliveAsync(connection, transaction, session.Id) };
        var services = _newServices(state);
        (services.Node, services.Epoch) = (session.Id, _epoch);
        var worker = new AttemptWorker(services, session, _leaving.Token);
        (_session, _worker) = (session, worker);
        worker.Start();
        try
        {
            await session.KeepAsync(view => OnBeatAsync(session, worker, view), _leaving.Token);
        }
        finally
        {
            var grace = _leaving.IsCancellationRequested ? _options.StopGrace : _options.NodeLease / 3;
            try
            {
                await EndTermAsync(grace);
            }
            finally
            {
                await worker.StopAsync(grace);
                _worker = null;
            }
        }

        if (_leaving.IsCancellationRequested)
        {
            await LeaveAsync(session);
        }
    }

    private async Task OnBeatAsync(NodeSession session, AttemptWorker worker, NodeView view)
    {
        if (view.Leader != session.Id)
        {
            if (_term is not null)
            {
                session.Lose("another node leads");
            }
        }
        else if (_term is null)
        {
            await BeginTermAsync(session, worker, view.Fence);
        }
        else if (view.Expelled > 0)
        {
            _term.Executor.Wake();
        }
    }

    private async Task BeginTermAsync(NodeSession session, AttemptWorker worker, long fence)
    {
        var state = new StateWriter(_store, _time, _logger) { Fence = (connection, transaction) => NodeStates.AssertLeadsAsync(connection, transaction, session.Id, fence) };
        int orphans;
        try
        {
            orphans = await state.WriteOnceAsync(TakeOverAsync);
        }
        catch (Exception error) when (error is FencedException or TarnException { Kind: ErrorKind.Unavailable })
        {
            // The next beat shows who leads.
            return;
        }

        if (orphans > 0)
        {
            LogOrphans(_logger, orphans);
        }

        var services = _newServices(state);
        (services.Node, services.Epoch, services.Worker) = (session.Id, _epoch, worker);
        var term = NewTerm(services);
        term.Fenced = reason => session.Lose(reason);
        term.Executor.AdmitAll();
        term.Executor.Start();
        LogLeads(_logger, session.Id, fence);
        _term = term;
        _leading.TrySetResult(term);
    }

    private LeaderTerm NewTerm(ExecutionServices services)
    {
        var term = new LeaderTerm(services);
        term.Executor = new RunExecutor(Pipelines, services, Publish, CancelSubRun, reason => term.Fenced?.Invoke(reason), _logger);
        services.SubRuns = term.Executor;
        return term;
    }

    private async Task EndTermAsync(TimeSpan grace)
    {
        if (_term is { } term)
        {
            (_term, _ahead) = (null, null);
            lock (_listening)
            {
                _leading = new TaskCompletionSource<LeaderTerm>(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            term.Ended.CancelLoudly(_logger);
            await term.Executor.StopAsync(grace, CancellationToken.None);
        }
    }

    private async Task LeaveAsync(NodeSession session)
    {
        try
        {
            await _store.WriteAsync(async (connection, transaction) =>
            {
                await NodeStates.LeaveAsync(connection, transaction, session.Id);
                await _store.SignalAsync(connection, transaction, NodeSignals.Runs, "");
                return true;
            });
        }
        catch (TarnException error)
        {
            LogNotLeft(_logger, session.Id, error.Message);
        }
    }

    /// <summary>A run moved on another node: those who watch here hear of it as if it had moved here.</summary>
    private async void OnChangedElsewhere(string? payload)
    {
        try
        {
            if (payload?.Split(' ') is [var node, var run])
            {
                if (node != _session?.Id)
                {
                    Publish((await _store.ReadAsync(connection => RunQueries.RunAsync(connection, run))).Summary());
                }

                return;
            }

            foreach (var id in _waiters.Waiting())
            {
                Publish((await _store.ReadAsync(connection => RunQueries.RunAsync(connection, id))).Summary());
            }
        }
        catch (Exception error) when (error is TarnException or ObjectDisposedException)
        {
            LogNotHeard(_logger, error.Message);
        }
    }

    private async Task StopNodeAsync(CancellationToken cancellation)
    {
        _listening.ForEach(static l => l.Dispose());
        _leaving.CancelLoudly(_logger);
        if (!IsShared && _term is { } alone)
        {
            alone.Ended.CancelLoudly(_logger);
            await alone.Executor.StopAsync(_options.StopGrace, cancellation);
        }

        await _nodeLoop;
    }

    [LoggerMessage(4074, LogLevel.Information, "Node {Node} leads, with fence {Fence}")]
    private static partial void LogLeads(ILogger logger, string node, long fence);

    [LoggerMessage(4075, LogLevel.Warning, "Node {Node} could not say that it leaves; others wait for its lease to end. {Reason}")]
    private static partial void LogNotLeft(ILogger logger, string node, string reason);

    [LoggerMessage(4076, LogLevel.Warning, "A change of a run on another node could not be read. {Reason}")]
    private static partial void LogNotHeard(ILogger logger, string reason);

    [LoggerMessage(4077, LogLevel.Critical, "By a fault of the orchestrator this process stopped its work as a node; it begins anew")]
    private static partial void LogNodeFault(ILogger logger, Exception exception);
}

/// <summary>A time during which this process leads.</summary>
internal sealed class LeaderTerm(ExecutionServices services)
{
    public ExecutionServices Services => services;

    public RunExecutor Executor { get; set; } = null!;

    /// <summary>Cancelled when the term is over.</summary>
    public CancellationTokenSource Ended { get; } = new();

    /// <summary>Called where a write showed that another leads.</summary>
    public Action<string>? Fenced { get; set; }
}
