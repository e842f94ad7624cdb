using Tarn.Core;
using Tarn.Pipelines;

namespace Tarn;

/// <summary>Pipelines name channels that there are.</summary>
internal static class PipelineChannels
{
    /// <exception cref="TarnException">Some do not; it names all of them.</exception>
    public static void Check(PipelineCatalog pipelines, AlertChannels channels)
    {
        var unknown =
            from pipeline in pipelines.Pipelines
            from name in pipeline.Alerts.SelectMany(static r => r.Channels).Distinct(StringComparer.Ordinal)
            where channels.Find(name) is null
            select $"{pipeline.Name}: {name}";
        if (string.Join(", ", unknown) is { Length: > 0 } broken)
        {
            throw TarnException.InvalidInput(
                $"A pipeline tells alerts through channels that there are: {string.Join(", ", channels.All.Select(static c => c.Name))}.", broken, "Configure the channel under Alerts:Channels, or correct its name in AlertOn.");
        }
    }
}
