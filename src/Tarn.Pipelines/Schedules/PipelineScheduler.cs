using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Tarn.Pipelines;

/// <summary>
/// Makes the runs that schedules ask for, and lets the <see cref="Orchestrator"/> take up the runs that earlier processes left queued.
/// It sleeps until the next data interval ends. Several processes must not run it on one data directory.
/// </summary>
public sealed class PipelineScheduler(Orchestrator orchestrator, TimeProvider time, ILogger<PipelineScheduler> logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => throw new NotImplementedException($"{orchestrator} {time} {logger}");
}
