using Tarn.Core;
using Tarn.Registry;
using Tarn.Serving;
using Tarn.Training;

namespace Tarn;

/// <summary>Endpoints as the API says them: with what their targets mean now, what is loaded, and what was counted.</summary>
internal sealed class EndpointReader(EndpointStats stats, ModelRegistry registry, ModelServer? models, RemoteModels? remotes)
{
    public async Task<EndpointView> ReadAsync(Endpoint endpoint, CancellationToken cancellation)
    {
        var route = endpoint.Route;
        var model = models?.Inspect(endpoint.Model);
        var variants = new List<VariantView>();
        foreach (var v in route.Variants)
        {
            var version = await VersionAsync(endpoint.Model, model, v.Target, cancellation).ConfigureAwait(false);
            variants.Add(new VariantView(v.Name, version, EndpointViewParts.Of(v.Target), v.Weight, route.ShareOf(v), v.Target.Remote is { } remote ? IsReached(remote) : IsLoaded(model, version), Counts(endpoint.Name, v.Name)));
        }

        var shadows = new List<ShadowView>();
        foreach (var s in route.Shadows)
        {
            var version = await VersionAsync(endpoint.Model, model, s.Target, cancellation).ConfigureAwait(false);
            shadows.Add(new ShadowView(s.Name, version, EndpointViewParts.Of(s.Target), s.Fraction, IsLoaded(model, version), Counts(endpoint.Name, s.Name)));
        }

        // What most requests are answered by says what the endpoint takes.
        var most = variants.MaxBy(static v => v.Weight)!.Version;
        var shown = model?.Find(most) is { State: VersionState.Available } found ? found : model?.Find(model.Default);
        return new EndpointView(
            endpoint.Name,
            endpoint.Model,
            endpoint.Revision,
            endpoint.CreatedAt,
            endpoint.ChangedAt,
            shown?.TakesImages ?? false,
            shown?.Labels,
            variants,
            shadows,
            route.StickyHeader,
            endpoint.Rollout is { } rollout ? EndpointViewParts.Of(rollout) : null,
            $"/v1/endpoints/{endpoint.Name}/predict",
            await IsSyntheticAsync(endpoint.Model, most, cancellation).ConfigureAwait(false));
    }

    /// <summary>The last minutes of an endpoint's variants and shadows, of those in which something happened.</summary>
    public EndpointWindowsView Windows(Endpoint endpoint, int minutes) => new(
        [.. endpoint.Route.Variants.Select(static v => v.Name).Concat(endpoint.Route.Shadows.Select(static s => s.Name))
            .Select(name => new VariantWindowsView(name, [.. (stats.Find(endpoint.Name, name)?.ReadWindows(minutes * 6) ?? []).Select(EndpointViewParts.Of)]))]);

    /// <summary>The classes that a version's probabilities are of; null where it is not loaded or has none.</summary>
    public IReadOnlyList<string>? LabelsOf(string model, long? version) => models?.Inspect(model)?.Find(version)?.Labels;

    /// <summary>Whether an instance of a cluster can be asked.</summary>
    private bool IsReached(string cluster) => remotes?.Read().Any(r => r.Name == cluster && r.Problem is null) ?? false;

    private static bool IsLoaded(ModelSnapshot? model, long? version) => model?.Find(version) is { State: VersionState.Available };

    private VariantCountsView Counts(string endpoint, string variant) => EndpointViewParts.Of(stats.Find(endpoint, variant)?.Read() ?? default);

    private async Task<long?> VersionAsync(string name, ModelSnapshot? model, VariantTarget target, CancellationToken cancellation)
    {
        if (model is not null || target.Alias is not { } alias)
        {
            return target.Remote is not null ? null : model is null ? target.Version : model.VersionOf(target);
        }

        // A model none of whose versions is served may still have aliases.
        try
        {
            return (await registry.Models.FindByAliasAsync(name, alias, cancellation).ConfigureAwait(false))?.Version;
        }
        catch (TarnException error) when (error.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }

    private async Task<bool?> IsSyntheticAsync(string model, long? version, CancellationToken cancellation)
    {
        if (version is not { } number)
        {
            return null;
        }

        try
        {
            var found = await registry.Models.GetVersionAsync(model, number, cancellation).ConfigureAwait(false);
            return found.Tags.Any(static t => t.Key == ModelCard.SyntheticTag) ? found.Tags.Any(static t => t.Key == ModelCard.SyntheticTag && t.Value == "true") : null;
        }
        catch (TarnException error) when (error.Kind == ErrorKind.NotFound)
        {
            // A model of a folder is not registered.
            return null;
        }
    }
}
