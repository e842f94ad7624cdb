using Microsoft.Extensions.DependencyInjection;
using Tarn;
using Tarn.Core;
using Tarn.Registry;
using Tarn.Training;

namespace Pizza;

/// <summary>How the system is doing: which model is champion, and what it was trained on.</summary>
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

        return new SystemStatus(SystemState.Ok, champion is null
            ? "No model yet: `tarn train pizza` makes one."
            : FormattableString.Invariant($"Version {champion.Version} is champion. {(champion.Tags.Any(static t => t.Key == ModelCard.SyntheticTag && t.Value == "true") ? "It is synthetic: trained on drawn pictures." : "")}").TrimEnd());
    }
}
