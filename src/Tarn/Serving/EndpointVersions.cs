using Tarn.Core;
using Tarn.Registry;
using Tarn.Serving;

namespace Tarn;

/// <summary>
/// Sees that the versions which endpoints name are loaded: before a change takes effect, so that it does so at once and fails no request, and for as long as they are named. Where no
/// models are served (a verb's own host), it sees that they are registered.
/// </summary>
internal sealed class EndpointVersions(EndpointBook book, ModelRegistry registry, ModelServer? models, RemoteModels remotes)
{
    private readonly SemaphoreSlim _following = new(1, 1);
    private long _changes;

    /// <summary>Changes an endpoint once all that it will name can answer.</summary>
    /// <param name="endpoint">The endpoint's name.</param>
    /// <param name="model">Its model.</param>
    /// <param name="targets">What it will name, and for whom.</param>
    /// <param name="change">The change.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="TarnException">Some cannot answer: the message has each with its reason.</exception>
    public async Task<T> ChangeAsync<T>(string endpoint, string model, IReadOnlyList<(string Name, VariantTarget Target)> targets, Func<Task<T>> change, CancellationToken cancellation)
    {
        Refuse([.. targets.Where(t => t.Target.Remote is { } remote && !remotes.Has(remote)).Select(static t => $"{t.Name}: no remote cluster {t.Target.Remote} is configured (Serving:Remotes)")]);
        targets = [.. targets.Where(static t => t.Target.Remote is null)];
        if (models is null)
        {
            Refuse(await BrokenAsync(model, targets, cancellation).ConfigureAwait(false));
            return await change().ConfigureAwait(false);
        }

        var owner = FormattableString.Invariant($"change {Interlocked.Increment(ref _changes)} of endpoint {endpoint}");
        await models.RequireAsync(owner, Numbered(model, targets.Select(static t => t.Target)), cancellation).ConfigureAwait(false);
        try
        {
            Refuse(Broken(models.Inspect(model), model, targets));
            var changed = await change().ConfigureAwait(false);
            await FollowAsync(endpoint, cancellation).ConfigureAwait(false);
            return changed;
        }
        finally
        {
            await models.RequireAsync(owner, [], CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Has the versions loaded that an endpoint names by their numbers now, and lets others of it go; those of aliases are loaded anyway.</summary>
    public async Task FollowAsync(string endpoint, CancellationToken cancellation)
    {
        if (models is null)
        {
            return;
        }

        // One after the other, and each by what is there when it begins: the last one leaves what is right.
        await _following.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var found = book.Find(endpoint);
            var targets = found is null ? [] : found.Route.Variants.Select(static v => v.Target).Concat(found.Route.Shadows.Select(static s => s.Target));
            await models.RequireAsync($"endpoint {endpoint}", Numbered(found?.Model ?? "", targets), cancellation).ConfigureAwait(false);
        }
        finally
        {
            _following.Release();
        }
    }

    private static List<RequiredVersion> Numbered(string model, IEnumerable<VariantTarget> targets) =>
        [.. targets.Where(static t => t.Version is not null).Select(t => new RequiredVersion(model, t.Version!.Value)).Distinct()];

    private static List<string> Broken(ModelSnapshot? model, string name, IReadOnlyList<(string Name, VariantTarget Target)> targets)
    {
        var broken = new List<string>();
        foreach (var (variant, target) in targets)
        {
            var number = model?.VersionOf(target);
            var reason = model is null ? $"there is no model {name}"
                : number is null ? $"the model {name} has no {target}"
                : model.Find(number) switch
                {
                    { State: VersionState.Available } => null,
                    { Error: { } error } => FormattableString.Invariant($"version {number} of {name} could not be loaded: {error}"),
                    null when target.Version is not null => FormattableString.Invariant($"the model {name} has no version {number} that can be served"),
                    _ => FormattableString.Invariant($"version {number} of {name} is not loaded, by its version policy"),
                };
            if (reason is not null)
            {
                broken.Add($"{variant}: {reason}");
            }
        }

        return broken;
    }

    private static void Refuse(List<string> broken)
    {
        if (broken.Count > 0)
        {
            throw TarnException.InvalidInput("The versions that an endpoint is told to use are there and can answer.", string.Join("; ", broken), "Name versions or aliases that there are: `models show MODEL` lists them.");
        }
    }

    private async Task<List<string>> BrokenAsync(string model, IReadOnlyList<(string Name, VariantTarget Target)> targets, CancellationToken cancellation)
    {
        var broken = new List<string>();
        foreach (var (variant, target) in targets)
        {
            try
            {
                var found = target.Version is { } number
                    ? await registry.Models.GetVersionAsync(model, number, cancellation).ConfigureAwait(false)
                    : await registry.Models.FindByAliasAsync(model, target.Alias!, cancellation).ConfigureAwait(false);
                if (found is null)
                {
                    broken.Add($"{variant}: the model {model} has no {target}");
                }
            }
            catch (TarnException error) when (error.Kind == ErrorKind.NotFound)
            {
                broken.Add($"{variant}: {error.Message}");
            }
        }

        return broken;
    }
}
