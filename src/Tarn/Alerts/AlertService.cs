using Microsoft.Extensions.Hosting;
using Tarn.Core;

namespace Tarn;

/// <summary>Delivers alerts while the server runs.</summary>
internal sealed class AlertService(AlertDelivery delivery) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => delivery.RunAsync(stoppingToken);
}
