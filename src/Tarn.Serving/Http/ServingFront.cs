using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What all protocols have in common: which version answers a request, and what is done with an answer before it is sent.</summary>
internal sealed class ServingFront
{
    /// <summary>The header by which a request names a variant, and an answer says which one it is from.</summary>
    public const string VariantHeader = "X-Tarn-Variant";

    /// <summary>The header of an answer with the prediction's id, by which feedback refers to it.</summary>
    public const string PredictionHeader = "X-Tarn-Prediction-Id";

    private const string VersionHeader = "X-Tarn-Model-Version";
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private readonly EndpointBook? _book;
    private readonly EndpointStats? _stats;
    private readonly ShadowCalls? _shadows;
    private readonly PredictionRecorder? _recorder;
    private readonly RemoteModels? _remotes;
    private readonly ulong _seed;
    private ulong _requests;

    public ServingFront(
        ModelServer models, ServingInfo info, EndpointBook? book = null, EndpointStats? stats = null, ShadowCalls? shadows = null, PredictionRecorder? recorder = null,
        RemoteModels? remotes = null) =>
        (Models, _book, _stats, _shadows, _recorder, _remotes, _seed) = (models, book, stats, shadows, recorder, remotes, info.Seed);

    public ModelServer Models { get; }

    /// <summary>The last predictions of endpoints.</summary>
    public RecentPredictions Recent { get; } = new();

    /// <summary>The version that answers; the caller disposes of what it gets. Where no version is named and an endpoint has the name, its route chooses.</summary>
    /// <param name="http">The request.</param>
    /// <param name="name">The name of an endpoint or a model.</param>
    /// <param name="version">A version's number as text; empty for none.</param>
    /// <param name="label">An alias; empty for none.</param>
    /// <param name="takesRemotes">Whether a remote cluster may be chosen, which the caller then asks instead of a version.</param>
    /// <exception cref="TarnException">There is no such model or version, or it is not loaded.</exception>
    public Chosen Choose(HttpContext http, ReadOnlySpan<char> name, ReadOnlySpan<char> version, ReadOnlySpan<char> label, bool takesRemotes = false) =>
        version.IsEmpty && label.IsEmpty && _book?.Find(name) is { } endpoint
            ? Choose(http, endpoint, takesRemotes)
            : Noted(http, Models.Acquire(name, VersionOf(version), label));

    /// <summary>The version that answers a request to an endpoint.</summary>
    /// <exception cref="TarnException">The request names no variant of it, or none of its versions is loaded.</exception>
    public Chosen Choose(HttpContext http, Endpoint endpoint, bool takesRemotes = false)
    {
        var route = endpoint.Route;
        var random = RouteHash.Mix(_seed + (Interlocked.Increment(ref _requests) * Golden));
        var key = route.StickyHeader is { } header ? http.Request.Headers[header] : default;
        var named = http.Request.Headers[VariantHeader];
        var variant = route.Choose(key.Count > 0 ? key[0] : null, named.Count > 0 ? named[0] : null, random);
        var model = Acquire(endpoint, ref variant, isNamed: named.Count > 0, takesRemotes);
        var remote = model is null ? Remote(variant.Target.Remote!) : null;
        if (!http.Response.HasStarted)
        {
            // Several requests in one stream have no headers of their own.
            var headers = http.Response.Headers;
            headers[VariantHeader] = variant.Name;
            if (model is not null)
            {
                headers[VersionHeader] = model.VersionText;
            }
        }

        var noted = http.Features.Get<ServedRequest>();
        noted?.Note(model, endpoint.Name, variant.Name);
        return new Chosen(model, Models.Time.GetTimestamp())
        {
            Noted = noted,
            Remote = remote,
            Endpoint = endpoint,
            Variant = variant,
            Stats = _stats?.Of(endpoint.Name, variant.Name),
            Random = random,
        };
    }

    /// <summary>All endpoints.</summary>
    public IReadOnlyList<Endpoint> Endpoints => _book?.Endpoints ?? [];

    /// <summary>The endpoint of a name.</summary>
    /// <exception cref="TarnException">There is none.</exception>
    public Endpoint Endpoint(ReadOnlySpan<char> name) => _book?.Find(name) ?? throw TarnException.NotFound(
        "There is an endpoint of this name.", name.ToString(), _book is { Endpoints.Count: > 0 } ? $"Endpoints: {string.Join(", ", _book.Endpoints.Take(10).Select(static e => e.Name))}." : "There is none: make one.");

    /// <summary>The model of a name, or, where no version is named, the one behind an endpoint of that name.</summary>
    /// <exception cref="TarnException">There is neither.</exception>
    public ServedModel Served(ReadOnlySpan<char> name, bool hasVersion) => Models.Table.Get(!hasVersion && _book?.Find(name) is { } endpoint ? endpoint.Model : name);

    /// <summary>
    /// Counts and records a request that was run, and lets shadows see it. To be called before the answer is sent, while the request's tensors are there: what is answered is recorded then.
    /// </summary>
    /// <param name="chosen">What answered.</param>
    /// <param name="request">The request.</param>
    /// <param name="http">The HTTP request.</param>
    /// <param name="protocol">Its protocol, as it is recorded.</param>
    /// <param name="source">The bytes that the inputs were made of (a picture's file); empty where the inputs themselves are to be recorded.</param>
    /// <param name="place">Its place among several predictions of one HTTP request.</param>
    /// <returns>The prediction's id; empty where no endpoint was called.</returns>
    /// <exception cref="TarnException">It cannot be recorded, and is not to be answered.</exception>
    public Guid Finish(in Chosen chosen, InferenceRequest request, HttpContext http, string protocol, ReadOnlyMemory<byte> source = default, int place = 0)
    {
        chosen.Noted?.NoteRun(request);
        if (ServingTelemetry.IsTraced)
        {
            ServingTelemetry.Trace(chosen, request, http, Models.Time);
        }

        if (chosen.Endpoint is not { } endpoint)
        {
            return Guid.Empty;
        }

        var took = Models.Time.GetElapsedTime(chosen.StartedAt);
        if (request.Failure is not { Kind: ErrorKind.InvalidInput })
        {
            chosen.Stats?.Record(took.Ticks, request.Failure is not null);
            ServingTelemetry.Record(endpoint.Name, chosen.Variant!.Name, took);
        }

        var id = _recorder is null ? Guid.Empty : _recorder.Record(chosen, request, http, protocol, source.Span, took);
        if (request.Failure is not null)
        {
            return id;
        }

        if (id != Guid.Empty)
        {
            Recent.Add(id, new RecentPrediction(endpoint.Name, Answers.First(chosen.Model, request), chosen.Stats));
            if (place == 0 && protocol is not ("tarn" or "image") && !http.Response.HasStarted)
            {
                http.Response.Headers[PredictionHeader] = id.ToString("N");
            }
        }

        if (endpoint.Route.Shadows.Count > 0)
        {
            _shadows?.Mirror(chosen, request, id);
        }

        return id;
    }

    private Chosen Noted(HttpContext http, LoadedModel model)
    {
        var noted = http.Features.Get<ServedRequest>();
        noted?.Note(model, null, null);
        return new Chosen(model, Models.Time.GetTimestamp()) { Noted = noted };
    }

    /// <summary>Counts and records a prediction that a remote cluster was asked for. To be called before the answer is sent.</summary>
    /// <exception cref="TarnException">It cannot be recorded, and is not to be answered.</exception>
    public void FinishRemote(in Chosen chosen, HttpContext http, in RemotePrediction prediction)
    {
        var took = Models.Time.GetElapsedTime(chosen.StartedAt);
        if (prediction.Status is < 400 or >= 500)
        {
            chosen.Stats?.Record(took.Ticks, prediction.Status >= 500);
        }

        var id = _recorder is null ? Guid.Empty : _recorder.Record(chosen, http, prediction, took);
        if (id != Guid.Empty && prediction.Status < 400)
        {
            Recent.Add(id, new RecentPrediction(chosen.Endpoint!.Name, null, chosen.Stats));
            http.Response.Headers[PredictionHeader] = id.ToString("N");
        }
    }

    /// <summary>A version's number; null where the text is empty.</summary>
    /// <exception cref="TarnException">It is no number.</exception>
    public static long? VersionOf(ReadOnlySpan<char> text) => text.IsEmpty ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw TarnException.InvalidInput("A version is a whole number.", text.ToString(), "Use /labels/ to name an alias.");

    /// <summary>
    /// The version of a variant; null where the variant is remote. One that is not loaded (yet, or any more) is stood in for by the others, the weightiest first: a change of the split fails no
    /// request. So is a remote one for who cannot ask it.
    /// </summary>
    private LoadedModel? Acquire(Endpoint endpoint, ref Variant variant, bool isNamed, bool takesRemotes)
    {
        if (takesRemotes && variant.Target.Remote is not null)
        {
            return null;
        }

        if (Models.TryAcquire(endpoint.Model, variant.Target) is { } model)
        {
            return model;
        }

        if (!isNamed)
        {
            foreach (var other in endpoint.Route.Variants.OrderByDescending(static v => v.Weight))
            {
                var found = Models.TryAcquire(endpoint.Model, other.Target);
                if (found is not null || (takesRemotes && other is { Weight: > 0, Target.Remote: not null }))
                {
                    variant = other;
                    return found;
                }
            }
        }

        if (variant.Target.Remote is { } remote)
        {
            throw new TarnException(
                ErrorKind.Unsupported, "A variant that is remote answers over HTTP.", $"{endpoint.Name}: {variant.Name} is answered by the cluster {remote}", "Ask over REST, for example POST /v2/models/NAME/infer.");
        }

        var isCatchingUp = Models.IsCatchingUp;
        try
        {
            return Models.Acquire(endpoint.Model, variant.Target.Version, variant.Target.Alias);
        }
        catch (TarnException error) when (error.Kind == ErrorKind.NotFound)
        {
            // The endpoint is there, which is what the client asked for; its model is on its way, or the operator's to bring.
            throw Models.OnItsWay(endpoint.Model, variant.Target, isCatchingUp) ?? new TarnException(
                ErrorKind.Unavailable, "An endpoint answers once its model has a version that is served.", $"{endpoint.Name}: {variant.Target} of the model {endpoint.Model}", _book?.RemedyOf(endpoint.Name) ?? error.Remedy, error);
        }
    }

    private RemoteCluster Remote(string name) => _remotes?.Get(name) ?? throw RemoteModels.NotConfigured(name);
}
