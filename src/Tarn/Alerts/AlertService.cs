using Microsoft.Extensions.Hosting;
using Tarn.Core;

namespace Tarn;

/// <summary>Delivers alerts while the server runs.</summary>
internal sealed class AlertService(AlertDelivery delivery) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await delivery.RunAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped; a start that failed stops it without the host's own stop, and the host would call that a fault.
        }
    }
}
