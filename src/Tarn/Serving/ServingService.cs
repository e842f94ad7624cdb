using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Registry;
using Tarn.Serving;

namespace Tarn;

/// <summary>Runs serving while the server does: loads models, moves predictions to their topic, takes rollouts from stage to stage, and sees that what endpoints name is loaded.</summary>
internal sealed partial class ServingService(ServingParts parts, ModelServer models, EndpointVersions versions, RemoteModels remotes, ModelRegistry registry, TimeProvider time, ILoggerFactory loggers) : IHostedService
{
    private readonly ILogger _logger = loggers.CreateLogger<ServingService>();
    private readonly CancellationTokenSource _stop = new();
    private Task _pump = Task.CompletedTask;
    private Task _rollouts = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // A model runs on the thread that brought its request: the others go on meanwhile.
        ThreadPool.GetMinThreads(out var workers, out var completions);
        _ = ThreadPool.SetMinThreads(Math.Max(workers, (2 * Environment.ProcessorCount) + 2), completions);
        await models.StartAsync(cancellationToken).ConfigureAwait(false);
        remotes.Start();
        parts.Book.Changed += OnChanged;
        foreach (var endpoint in parts.Book.Endpoints)
        {
            await versions.FollowAsync(endpoint.Name, cancellationToken).ConfigureAwait(false);
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

        _ = FollowAsync(change.Name);
    }

    private async Task FollowAsync(string endpoint)
    {
        try
        {
            await versions.FollowAsync(endpoint, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
        catch (Exception error) when (error is TarnException or IOException)
        {
            // The sources cannot be listed; what is loaded goes on, and the next change or look brings the rest.
            LogNotFollowed(endpoint, error.Message);
        }
    }

    [LoggerMessage(7062, LogLevel.Warning, "The versions that the endpoint {Endpoint} names cannot be loaded at the moment: {Reason}")]
    private partial void LogNotFollowed(string endpoint, string reason);
}
