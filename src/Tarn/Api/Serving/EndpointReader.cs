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
        // Before the look: if nothing is on its way then, what the look does not find is not there.
        var isBehind = models?.IsCatchingUp == true;
        var model = models?.Inspect(endpoint.Model);
        var variants = new List<VariantView>();
        foreach (var v in route.Variants)
        {
            var means = await MeaningAsync(endpoint.Model, model, v.Target, isBehind, cancellation).ConfigureAwait(false);
            variants.Add(new VariantView(
                v.Name, means.Version, EndpointViewParts.Of(v.Target), v.Weight, route.ShareOf(v), means.State == VariantMeaning.Loaded, Counts(endpoint.Name, v.Name), means.State, means.Problem, means.Next));
        }

        var shadows = new List<ShadowView>();
        foreach (var s in route.Shadows)
        {
            var means = await MeaningAsync(endpoint.Model, model, s.Target, isBehind, cancellation).ConfigureAwait(false);
            shadows.Add(new ShadowView(
                s.Name, means.Version, EndpointViewParts.Of(s.Target), s.Fraction, means.State == VariantMeaning.Loaded, Counts(endpoint.Name, s.Name), means.State, means.Problem, means.Next));
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

    private VariantCountsView Counts(string endpoint, string variant) => EndpointViewParts.Of(stats.Find(endpoint, variant)?.Read() ?? default);

    private async Task<VariantMeaning> MeaningAsync(string name, ModelSnapshot? model, VariantTarget target, bool isBehind, CancellationToken cancellation)
    {
        if (target.Remote is { } cluster)
        {
            var instances = (remotes?.Read() ?? []).Where(r => r.Name == cluster).ToList();
            return instances.Exists(static r => r.Problem is null)
                ? new VariantMeaning(null, VariantMeaning.Loaded)
                : new VariantMeaning(null, VariantMeaning.Unreachable, instances.Count == 0 ? $"no remote cluster {cluster} is configured (Serving:Remotes)" : string.Join("; ", instances.Select(static r => $"{r.Url}: {r.Problem}")));
        }

        // What is served may be behind, and a model none of whose versions is served may still have aliases.
        var registered = model?.VersionOf(target) is null ? target.Version ?? await AliasedAsync(name, target.Alias!, cancellation).ConfigureAwait(false) : null;
        return VariantMeaning.Of(target, model, registered, isBehind || models?.IsCatchingUp == true);
    }

    private async Task<long?> AliasedAsync(string name, string alias, CancellationToken cancellation)
    {
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
