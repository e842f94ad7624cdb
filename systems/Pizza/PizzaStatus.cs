using Microsoft.Extensions.DependencyInjection;
using Tarn;
using Tarn.Core;
using Tarn.Registry;
using Tarn.Serving;
using Tarn.Training;

namespace Pizza;

/// <summary>How the system is doing: which model is champion, what it was trained on, and whether the endpoint answers.</summary>
internal static class PizzaStatus
{
    public static async Task<SystemStatus> ReportAsync(IServiceProvider services, CancellationToken cancellation)
    {
        var models = services.GetRequiredService<ModelRegistry>().Models;
        ModelVersion? champion;
        try
        {
            champion = await models.FindByAliasAsync(PizzaSystem.ModelName, RegisteredModels.Champion, cancellation).ConfigureAwait(false);
        }
        catch (TarnException error) when (error.Kind == ErrorKind.NotFound)
        {
            champion = null;
        }

        if (champion is null)
        {
            return new SystemStatus(SystemState.Ok, $"No model yet, and the endpoint {PizzaSystem.EndpointName} does not answer: `tarn train pizza` makes one.");
        }

        var synthetic = champion.Tags.Any(static t => t.Key == ModelCard.SyntheticTag && t.Value == "true") ? " It is synthetic: trained on drawn pictures." : "";
        var served = services.GetService<ModelServer>()?.Inspect(PizzaSystem.ModelName)?.Find(champion.Version);
        return served switch
        {
            { State: VersionState.Available } => new SystemStatus(SystemState.Ok, FormattableString.Invariant($"Version {champion.Version} is champion and answers at /v1/endpoints/{PizzaSystem.EndpointName}/predict.{synthetic}")),
            { Error: { } error } => new SystemStatus(SystemState.Degraded, FormattableString.Invariant($"Version {champion.Version} is champion and cannot be loaded: {error}")),
            _ => new SystemStatus(SystemState.Ok, FormattableString.Invariant($"Version {champion.Version} is champion.{synthetic}")),
        };
    }
}
