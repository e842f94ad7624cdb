using Dapper;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Serving;

/// <content>How what is in memory follows what is stored.</content>
public sealed partial class EndpointBook
{
    /// <summary>Brings what is in memory to what is stored, and tells of what changed.</summary>
    internal async Task RefreshAsync(CancellationToken cancellation = default)
    {
        List<EndpointChanged> changes = [];
        await _refreshing.WaitAsync(cancellation);
        try
        {
            var before = _snapshot;
            IReadOnlyList<Endpoint> all = [.. (await LoadAsync(cancellation)).Select(e => before.Find(e.Name) is { } old && old.Revision == e.Revision ? e with { Route = old.Route } : e)];
            var after = new Snapshot(all);
            _snapshot = after;
            changes.AddRange(all.Where(e => before.Find(e.Name)?.Revision != e.Revision).Select(e => new EndpointChanged(e.Name, before.Find(e.Name), e)));
            changes.AddRange(before.All.Where(e => after.Find(e.Name) is null).Select(static e => new EndpointChanged(e.Name, e, null)));

            // Told before others may look: changes come in their order.
            changes.ForEach(Tell);
        }
        finally
        {
            _refreshing.Release();
        }
    }

    private async Task<IReadOnlyList<Endpoint>> LoadAsync(CancellationToken cancellation) => await _store.ReadAsync(
        static async connection =>
        {
            var rows = (await connection.QueryAsync<EndpointRow>($"SELECT {EndpointRow.Columns} FROM endpoint ORDER BY name")).AsList();
            var rollouts = (await connection.QueryAsync<RolloutRow>($"SELECT {RolloutRow.Columns} FROM endpoint_rollout WHERE ended_at IS NULL")).ToDictionary(static r => r.Endpoint, StringComparer.Ordinal);
            return (IReadOnlyList<Endpoint>)[.. rows.Select(r => r.ToEndpoint(rollouts.GetValueOrDefault(r.Name)?.ToRollout()))];
        },
        cancellation);

    private void Tell(EndpointChanged change)
    {
        foreach (var handler in Changed?.GetInvocationList() ?? [])
        {
            try
            {
                ((Action<EndpointChanged>)handler)(change);
            }
            catch (Exception error)
            {
                // One handler's fault is not the next one's, nor that of the change, which has taken effect.
                LogHandlerFailed(change.Name, error);
            }
        }
    }

    private void Hear() => _heard.Writer.TryWrite(true);

    private async Task FollowAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await _heard.Reader.ReadAsync(stop);
                await RefreshAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (TarnException error)
            {
                LogNotRead(error.Message);
                await Task.Delay(Pause, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Hear();
            }
        }
    }

    [LoggerMessage(5301, LogLevel.Error, "A handler of changes of the endpoint {Endpoint} failed")]
    private partial void LogHandlerFailed(string endpoint, Exception error);

    [LoggerMessage(5302, LogLevel.Warning, "The endpoints cannot be read at the moment; requests are split as before, and they are read again in a second: {Reason}")]
    private partial void LogNotRead(string reason);
}
