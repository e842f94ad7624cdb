using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What all protocols have in common: which version answers a request, and what is done with an answer before it is sent.</summary>
internal sealed class ServingFront
{
    /// <summary>The header by which a request names a variant, and an answer says which one it is from.</summary>
    public const string VariantHeader = "X-Tarn-Variant";

    private const string VersionHeader = "X-Tarn-Model-Version";
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private readonly EndpointBook? _book;
    private readonly EndpointStats? _stats;
    private readonly ShadowCalls? _shadows;
    private readonly ulong _seed;
    private ulong _requests;

    public ServingFront(ModelServer models, ServingInfo info, EndpointBook? book = null, EndpointStats? stats = null, ShadowCalls? shadows = null) =>
        (Models, _book, _stats, _shadows, _seed) = (models, book, stats, shadows, info.Seed);

    public ModelServer Models { get; }

    /// <summary>The version that answers; the caller disposes of what it gets. Where no version is named and an endpoint has the name, its route chooses.</summary>
    /// <param name="http">The request.</param>
    /// <param name="name">The name of an endpoint or a model.</param>
    /// <param name="version">A version's number as text; empty for none.</param>
    /// <param name="label">An alias; empty for none.</param>
    /// <exception cref="TarnException">There is no such model or version, or it is not loaded.</exception>
    public Chosen Choose(HttpContext http, ReadOnlySpan<char> name, ReadOnlySpan<char> version, ReadOnlySpan<char> label) =>
        version.IsEmpty && label.IsEmpty && _book?.Find(name) is { } endpoint
            ? Choose(http, endpoint)
            : new Chosen(Models.Acquire(name, VersionOf(version), label), Models.Time.GetTimestamp());

    /// <summary>The version that answers a request to an endpoint.</summary>
    /// <exception cref="TarnException">The request names no variant of it, or none of its versions is loaded.</exception>
    public Chosen Choose(HttpContext http, Endpoint endpoint)
    {
        var route = endpoint.Route;
        var random = RouteHash.Mix(_seed + (Interlocked.Increment(ref _requests) * Golden));
        var key = route.StickyHeader is { } header ? http.Request.Headers[header] : default;
        var named = http.Request.Headers[VariantHeader];
        var variant = route.Choose(key.Count > 0 ? key[0] : null, named.Count > 0 ? named[0] : null, random);
        var model = Acquire(endpoint, ref variant, isNamed: named.Count > 0);
        var headers = http.Response.Headers;
        headers[VariantHeader] = variant.Name;
        headers[VersionHeader] = model.VersionText;
        return new Chosen(model, Models.Time.GetTimestamp())
        {
            Endpoint = endpoint,
            Variant = variant,
            Stats = _stats?.Of(endpoint.Name, variant.Name),
            Random = random,
        };
    }

    /// <summary>The endpoint of a name.</summary>
    /// <exception cref="TarnException">There is none.</exception>
    public Endpoint Endpoint(ReadOnlySpan<char> name) => _book?.Find(name) ?? throw TarnException.NotFound(
        "There is an endpoint of this name.", name.ToString(), _book is { Endpoints.Count: > 0 } ? $"Endpoints: {string.Join(", ", _book.Endpoints.Take(10).Select(static e => e.Name))}." : "There is none: make one.");

    /// <summary>Counts a request that was run, and lets shadows see it. To be called before the answer is sent, while the request's tensors are there.</summary>
    public void Finish(in Chosen chosen, InferenceRequest request)
    {
        if (chosen.Stats is not { } stats)
        {
            return;
        }

        var isError = request.Failure is { Kind: not ErrorKind.InvalidInput };
        if (request.Failure is null || isError)
        {
            stats.Record(Models.Time.GetElapsedTime(chosen.StartedAt).Ticks, isError);
        }

        if (request.Failure is null && chosen.Endpoint!.Route.Shadows.Count > 0)
        {
            _shadows?.Mirror(chosen, request);
        }
    }

    /// <summary>A version's number; null where the text is empty.</summary>
    /// <exception cref="TarnException">It is no number.</exception>
    public static long? VersionOf(ReadOnlySpan<char> text) => text.IsEmpty ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw TarnException.InvalidInput("A version is a whole number.", text.ToString(), "Use /labels/ to name an alias.");

    /// <summary>
    /// The version of a variant. One that is not loaded (yet, or any more) is stood in for by the others, the weightiest first: a change of the split fails no request.
    /// </summary>
    private LoadedModel Acquire(Endpoint endpoint, ref Variant variant, bool isNamed)
    {
        if (Models.TryAcquire(endpoint.Model, variant.Target) is { } model)
        {
            return model;
        }

        if (!isNamed)
        {
            foreach (var other in endpoint.Route.Variants.OrderByDescending(static v => v.Weight))
            {
                if (Models.TryAcquire(endpoint.Model, other.Target) is { } found)
                {
                    variant = other;
                    return found;
                }
            }
        }

        return Models.Acquire(endpoint.Model, variant.Target.Version, variant.Target.Alias);
    }
}
