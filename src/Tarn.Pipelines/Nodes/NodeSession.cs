using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// One life of this process as a node, from its registration to the loss of its lease. A lease needs no common clock: whoever sees a node's beat stand still for the lease's time, by his own
/// clock that only runs forwards, may declare it gone; the node itself gives up at two thirds of that time since the start of its last renewal, and what it writes after it was
/// declared gone is refused in the same transaction. So code that heeds its token has a third of the lease to stop before it may run elsewhere.
/// </summary>
internal sealed partial class NodeSession : IDisposable
{
    private readonly MetadataStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TimeSpan _lease;
    private readonly CancellationTokenSource _lost = new();
    private readonly Dictionary<string, (long Beat, long SeenAt)> _others = new(StringComparer.Ordinal);
    private readonly ITimer _giveUp;

    public NodeSession(string id, MetadataStore store, OrchestratorOptions options, TimeProvider time, ILogger logger)
    {
        Id = id;
        _store = store;
        _time = time;
        _logger = logger;
        _lease = options.NodeLease;
        _giveUp = time.CreateTimer(static session => ((NodeSession)session!).Lose("its lease could not be renewed in time"), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Id { get; }

    /// <summary>Cancelled when this node must stop all of its work.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Gives the lease up: at once, and for ever.</summary>
    public void Lose(string reason)
    {
        if (!_lost.IsCancellationRequested)
        {
            LogLost(_logger, Id, reason);
            _lost.CancelLoudly(_logger);
        }
    }

    /// <summary>Registers the node; waits for a store that cannot be reached.</summary>
    public async Task RegisterAsync(string name, int slots, CancellationToken stop)
    {
        while (true)
        {
            var begun = _time.GetTimestamp();
            try
            {
                await _store.WriteAsync(
                    async (connection, transaction) =>
                    {
                        await NodeStates.RegisterAsync(connection, transaction, Id, name, slots, _time.GetUtcNow());
                        return true;
                    },
                    cancellation: stop);
                Renewed(begun);
                return;
            }
            catch (TarnException error) when (error.Kind == ErrorKind.Unavailable)
            {
                LogUnreachable(_logger, Id, error.Message);
            }

            await Task.Delay(TimeSpan.FromSeconds(1), _time, stop);
        }
    }

    /// <summary>Renews the lease until it is lost or the process stops; tells after each renewal what it saw.</summary>
    public async Task KeepAsync(Func<NodeView, Task> seen, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, Lost);
        try
        {
            while (true)
            {
                var renewed = await BeatAsync(seen);
                await Task.Delay(renewed ? _lease / 3 : Min(TimeSpan.FromSeconds(1), _lease / 10), _time, either.Token);
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // Lost, or stopped.
        }
    }

    public void Dispose() => _giveUp.Dispose();

    private async Task<bool> BeatAsync(Func<NodeView, Task> seen)
    {
        var begun = _time.GetTimestamp();
        var suspects = _others.Where(o => _time.GetElapsedTime(o.Value.SeenAt, begun) >= _lease).Select(static o => (o.Key, o.Value.Beat)).ToList();
        NodeView view;
        try
        {
            // A store that does not answer must not keep this from giving up: who leads stops its attempts only after that.
            view = await _store.WriteAsync(
                (connection, transaction) => NodeStates.BeatAsync(connection, transaction, Id, suspects, _time.GetUtcNow()), WriteDurability.Process).WaitAsync(Lost);
        }
        catch (TarnException error) when (error.Kind == ErrorKind.Unavailable)
        {
            LogUnreachable(_logger, Id, error.Message);
            return false;
        }

        if (!view.IsAlive)
        {
            Lose("others declared it gone");
            return false;
        }

        Renewed(begun);
        Observe(view);
        if (!Lost.IsCancellationRequested)
        {
            await seen(view);
        }

        return true;
    }

    private void Renewed(long begun)
    {
        var left = (_lease * 2 / 3) - _time.GetElapsedTime(begun);
        _giveUp.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Notes when each other node's beat was first seen where it is.</summary>
    private void Observe(NodeView view)
    {
        var now = _time.GetTimestamp();
        var alive = view.Nodes.ToDictionary(static n => n.Id, static n => n.Beat, StringComparer.Ordinal);
        foreach (var gone in _others.Keys.Where(id => !alive.ContainsKey(id)).ToList())
        {
            _others.Remove(gone);
        }

        foreach (var (id, beat) in alive)
        {
            if (id != Id && (!_others.TryGetValue(id, out var known) || known.Beat != beat))
            {
                _others[id] = (beat, now);
            }
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    [LoggerMessage(4070, LogLevel.Warning, "Node {Node} stops its work and begins anew: {Reason}")]
    private static partial void LogLost(ILogger logger, string node, string reason);

    [LoggerMessage(4071, LogLevel.Warning, "Node {Node} cannot reach the metadata store; it goes on until its lease ends. {Reason}")]
    private static partial void LogUnreachable(ILogger logger, string node, string reason);
}
