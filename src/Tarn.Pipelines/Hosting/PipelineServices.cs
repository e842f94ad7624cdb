using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Adds the orchestrator to a host.</summary>
public static class PipelineServices
{
    /// <summary>
    /// Adds the <see cref="Orchestrator"/>, started and stopped with the host. <see cref="MetadataStore"/>, <see cref="TimeProvider"/> and
    /// <see cref="IdSource"/> must be registered; settings are <see cref="OrchestratorOptions"/>.
    /// </summary>
    public static IServiceCollection AddPipelines(this IServiceCollection services)
    {
        services.AddOptions<OrchestratorOptions>();
        services.TryAddSingleton(static provider =>
            PipelineCatalog.Build(provider.GetServices<PipelineRegistration>(), provider.GetService<IServiceProviderIsService>()));
        services.TryAddSingleton(static provider => new Orchestrator(
            provider.GetRequiredService<PipelineCatalog>(),
            provider.GetRequiredService<MetadataStore>(),
            provider,
            provider.GetRequiredService<IOptions<OrchestratorOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IdSource>(),
            provider.GetRequiredService<ILoggerFactory>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ILoggerProvider, AttemptLoggerProvider>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, OrchestratorHost>());
        return services;
    }

    /// <summary>Adds the scheduler, for the one process that makes runs by schedule; after <see cref="AddPipelines"/>.</summary>
    public static IServiceCollection AddPipelineScheduler(this IServiceCollection services)
    {
        services.TryAddSingleton<PipelineScheduler>();
        services.AddHostedService(static provider => provider.GetRequiredService<PipelineScheduler>());
        return services;
    }

    /// <summary>
    /// Adds what lets a process without a scheduler bring the backfills to their end that it makes itself, such as that of a command that ends with its work; after
    /// <see cref="AddPipelines"/>.
    /// </summary>
    public static IServiceCollection AddLocalBackfills(this IServiceCollection services) => services.AddHostedService<LocalDuties>();

    /// <summary>Adds a pipeline; it is built, and checked together with all others, when the host starts.</summary>
    public static IServiceCollection AddPipeline(this IServiceCollection services, string name, Action<PipelineBuilder> configure) =>
        services.AddSingleton(new PipelineRegistration(name, configure));
}

/// <summary>Starts and stops the orchestrator with its host.</summary>
internal sealed class OrchestratorHost(Orchestrator orchestrator) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => orchestrator.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => orchestrator.StopAsync(cancellationToken);
}
