using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Registry;
using Tarn.Serving;

namespace Tarn;

/// <summary>Runs serving while the server does: loads models, moves predictions to their topic, takes rollouts from stage to stage, and sees that what endpoints name is loaded.</summary>
internal sealed class ServingService(ServingParts parts, ModelServer models, ModelRegistry registry, TimeProvider time, ILoggerFactory loggers) : IHostedService
{
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _requiring = new(1, 1);
    private Task _pump = Task.CompletedTask;
    private Task _rollouts = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await models.StartAsync(cancellationToken).ConfigureAwait(false);
        parts.Book.Changed += OnChanged;
        foreach (var endpoint in parts.Book.Endpoints)
        {
            await RequireAsync(endpoint.Name, endpoint, cancellationToken).ConfigureAwait(false);
        }

        _pump = parts.Predictions.RunAsync(_stop.Token);
        _rollouts = new RolloutRunner(parts.Book, parts.Stats, registry.Models, time, loggers).RunAsync(_stop.Token);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        parts.Book.Changed -= OnChanged;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _pump.ConfigureAwait(false);
        await _rollouts.ConfigureAwait(false);
        try
        {
            await parts.Predictions.DrainAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is TarnException or OperationCanceledException)
        {
            // What is left stays in the journal, and is moved at the next start.
            return;
        }
    }

    private void OnChanged(EndpointChanged change)
    {
        if (change.After is null)
        {
            parts.Stats.Forget(change.Name);
        }

        _ = RequireAsync(change.Name, change.After, _stop.Token);
    }

    /// <summary>Has the versions loaded that an endpoint names by their numbers; those of aliases are anyway.</summary>
    private async Task RequireAsync(string name, Endpoint? endpoint, CancellationToken cancellation)
    {
        var targets = endpoint is null ? [] : endpoint.Route.Variants.Select(static v => v.Target).Concat(endpoint.Route.Shadows.Select(static s => s.Target));
        List<RequiredVersion> versions = [.. targets.Where(static t => t.Version is not null).Select(t => new RequiredVersion(endpoint!.Model, t.Version!.Value)).Distinct()];
        await _requiring.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (cancellation.IsCancellationRequested)
        {
            return;
        }

        try
        {
            await models.RequireAsync($"endpoint {name}", versions, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return;
        }
        finally
        {
            _requiring.Release();
        }
    }
}
