using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.ObjectPool;

namespace Tarn.Serving;

/// <summary>Counts the requests of the serving protocols as they end, and writes them down in the access log. What it adds to a request that is answered at once makes no garbage.</summary>
internal sealed class ServedRequests(TimeProvider time, AccessLog? access = null)
{
    private readonly ConcurrentDictionary<string, ModelRequests> _models = new(StringComparer.Ordinal);
    private readonly ObjectPool<ServedRequest> _pool = new DefaultObjectPool<ServedRequest>(new DefaultPooledObjectPolicy<ServedRequest>(), 1024);

    /// <summary>What is counted of each model that answered, by name.</summary>
    public IReadOnlyList<ModelRequests> Models => [.. _models.Values.OrderBy(static m => m.Name, StringComparer.Ordinal)];

    /// <summary>What is counted of a model that is served: names that callers make up do not come here.</summary>
    public ModelRequests Of(string model) => _models.TryGetValue(model, out var known) ? known : _models.GetOrAdd(model, static (name, frequency) => new ModelRequests(name, frequency), time.TimestampFrequency);

    /// <summary>A request came; <see cref="End"/> is to be called when it was answered.</summary>
    public ServedRequest Begin(HttpContext http)
    {
        var request = _pool.Get();
        request.Begin(this, time.GetTimestamp());
        http.Features.Set(request);
        return request;
    }

    /// <summary>Sees a request that began to its end.</summary>
    public Task Watch(HttpContext http, ServedRequest request, ValueTask answering)
    {
        if (!answering.IsCompletedSuccessfully)
        {
            // A task is what the server waits for, and the least that waiting takes.
            return WatchAsync(http, request, answering).AsTask();
        }

        answering.GetAwaiter().GetResult();
        End(http, request, hasFailed: false);
        return Task.CompletedTask;
    }

    /// <summary>A request was answered.</summary>
    /// <param name="http">The request.</param>
    /// <param name="request">What was noted of it; it is not to be used any more.</param>
    /// <param name="hasFailed">Whether an exception goes on to the server.</param>
    public void End(HttpContext http, ServedRequest request, bool hasFailed)
    {
        var ticks = time.GetTimestamp() - request.StartedAt;
        var code = hasFailed ? StatusCodes.Status500InternalServerError : http.Response.StatusCode;
        var status = hasFailed ? GrpcStatus.Unknown : request.Grpc ?? StatusOf(code);
        if (request.Counts is { } counts && IsInference(http.Request, request))
        {
            counts.Record(status, ticks, ModelRequests.VerbOf(http.Request.Path.Value), request.Grpc is not null);
            if (status != GrpcStatus.Ok && !request.HasRun)
            {
                request.Model!.Stats.RecordUnreadable();
            }
        }

        if (access is not null && access.Takes(status != GrpcStatus.Ok))
        {
            access.Add(AccessEntry.Of(http, request, code, time.GetElapsedTime(request.StartedAt)));
        }

        http.Features.Set<ServedRequest>(null);
        request.Clear();
        _pool.Return(request);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WatchAsync(HttpContext http, ServedRequest request, ValueTask answering)
    {
        var hasFailed = true;
        try
        {
            await answering.ConfigureAwait(false);
            hasFailed = false;
        }
        finally
        {
            End(http, request, hasFailed);
        }
    }

    // A version is chosen for questions about it, too. A stream is no request: what it is for a client, no latency says.
    private static bool IsInference(HttpRequest http, ServedRequest request) =>
        request.Grpc is null ? HttpMethods.IsPost(http.Method) : http.Path.Value.AsSpan().EndsWith("/ModelInfer", StringComparison.Ordinal);

    private static GrpcStatus StatusOf(int code) => code switch
    {
        < 400 => GrpcStatus.Ok,
        StatusCodes.Status401Unauthorized => GrpcStatus.Unauthenticated,
        StatusCodes.Status403Forbidden => GrpcStatus.PermissionDenied,
        StatusCodes.Status404NotFound => GrpcStatus.NotFound,
        StatusCodes.Status409Conflict => GrpcStatus.Aborted,
        StatusCodes.Status429TooManyRequests => GrpcStatus.ResourceExhausted,
        StatusCodes.Status499ClientClosedRequest => GrpcStatus.Cancelled,
        < 500 => GrpcStatus.InvalidArgument,
        StatusCodes.Status501NotImplemented => GrpcStatus.Unimplemented,
        StatusCodes.Status503ServiceUnavailable => GrpcStatus.Unavailable,
        StatusCodes.Status504GatewayTimeout => GrpcStatus.DeadlineExceeded,
        _ => GrpcStatus.Internal,
    };
}
