using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;

namespace Tarn.Serving;

/// <summary>
/// Answers gRPC calls over Kestrel's HTTP/2, as gRPC's PROTOCOL-HTTP2 document says. <see cref="HandleAsync"/> is the whole of a program's pipeline on a port
/// of its own, or one branch of it (<see cref="GrpcEndpoints"/>).
/// </summary>
internal sealed class GrpcServer
{
    private readonly FrozenDictionary<string, GrpcMethod> _methods;
    private readonly FrozenSet<string> _services;
    private readonly GrpcOptions _options;
    private readonly ILogger _logger;
    private readonly ObjectPool<GrpcCall> _calls = new DefaultObjectPool<GrpcCall>(new DefaultPooledObjectPolicy<GrpcCall>());

    /// <summary>Makes a server of the methods that the table has now.</summary>
    /// <exception cref="Core.TarnException">An option is out of its range.</exception>
    public GrpcServer(GrpcServiceTable table, GrpcOptions options, ILogger logger)
    {
        options.Validate();
        _options = options;
        _logger = logger;
        _methods = table.Services.SelectMany(static s => s.Methods).ToFrozenDictionary(static m => m.Path, StringComparer.Ordinal);
        _services = table.Services.Select(static s => s.Name).ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>Answers one request; errors of handlers become statuses.</summary>
    public Task HandleAsync(HttpContext http)
    {
        if (_options.Requests is not { } requests)
        {
            return AnswerAsync(http);
        }

        var request = requests.Begin(http);
        return requests.Watch(http, request, new ValueTask(AnswerAsync(http)));
    }

    private Task AnswerAsync(HttpContext http)
    {
        if (!IsGrpc(http))
        {
            return Task.CompletedTask;
        }

        var headers = http.Request.Headers;
        http.Response.ContentType = ContentType;
        if (!_methods.TryGetValue(http.Request.Path.Value ?? "", out var method))
        {
            return Refuse(http, GrpcStatus.Unimplemented, Missing(http.Request.Path));
        }

        if (!string.Equals(headers.TE, "trailers", StringComparison.OrdinalIgnoreCase))
        {
            return Refuse(http, GrpcStatus.Internal, "The header te is to be trailers; something between client and server may have removed it.");
        }

        TimeSpan? timeout = null;
        if (headers.GrpcTimeout is { Count: > 0 } text)
        {
            if (!GrpcTimeout.TryParse(text.ToString(), out var time))
            {
                return Refuse(http, GrpcStatus.Internal, $"The header grpc-timeout is at most eight digits and one of H, M, S, m, u, n; not {text}.");
            }

            timeout = time;
        }

        LiftLimits(http, method);
        return RunAsync(http, method, timeout);
    }

    /// <summary>Whether a request's content is a gRPC message in Protocol Buffers' form.</summary>
    internal static bool HasContentType(HttpRequest request) => request.ContentType is { } type && (type is ContentType or WithProto || IsOfContentType(type));

    private async Task RunAsync(HttpContext http, GrpcMethod method, TimeSpan? timeout)
    {
        var call = _calls.Get();
        call.Begin(http, method, timeout, _options);
        try
        {
            await method.Run(call);
            if (call.Cancellation.IsCancellationRequested)
            {
                Answer(call, new OperationCanceledException(call.Cancellation));
            }
            else if (call.Refusal is { } refusal)
            {
                Answer(call, refusal);
            }
            else
            {
                call.Finish(GrpcStatus.Ok, null);
            }
        }
        catch (Exception fault)
        {
            Answer(call, fault);
        }
        finally
        {
            call.End();
            _calls.Return(call);
        }
    }

    private void Answer(GrpcCall call, Exception fault)
    {
        if (call.IsAbandoned)
        {
            GrpcCall.Note(call.Http, GrpcStatus.Cancelled);
            _logger.CallAbandoned(call.Method.Path);
            return;
        }

        if (_options.Explain?.Invoke(fault, call) is { } explained)
        {
            fault = explained;
        }

        if (GrpcErrors.Explain(fault, call) is not var (status, message))
        {
            _logger.CallFailed(call.Method.Path, fault);
            (status, message) = (GrpcStatus.Internal, "The server failed to answer; its log says why.");
        }
        else
        {
            _logger.CallRefused(call.Method.Path, status, message);
        }

        call.Finish(status, message);
    }

    private string Missing(PathString path)
    {
        var parts = (path.Value ?? "").Split('/');
        return parts.Length == 3 && _services.Contains(parts[1]) ? $"{parts[1]} has no method {parts[2]} here." : $"There is no service at {path.Value}.";
    }

    private static bool IsGrpc(HttpContext http)
    {
        var (request, response) = (http.Request, http.Response);
        if (!HttpProtocol.IsHttp2(request.Protocol))
        {
            response.StatusCode = StatusCodes.Status426UpgradeRequired;
            response.Headers.Upgrade = HttpProtocol.Http2;
            return false;
        }

        if (!HasContentType(request))
        {
            response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return false;
        }

        if (!HttpMethods.IsPost(request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = HttpMethods.Post;
            return false;
        }

        return true;
    }

    private static bool IsOfContentType(string type)
    {
        var media = type.AsSpan();
        media = (media.IndexOf(';') is >= 0 and var end ? media[..end] : media).Trim();
        return media.Equals(ContentType, StringComparison.OrdinalIgnoreCase) || media.Equals(WithProto, StringComparison.OrdinalIgnoreCase);
    }

    private static void LiftLimits(HttpContext http, GrpcMethod method)
    {
        // The limit is each message's, not the body's; and who streams may have nothing to say for hours.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (method.IsStreaming && http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    private static Task Refuse(HttpContext http, GrpcStatus status, string message)
    {
        GrpcCall.WriteStatus(http.Response.Headers, status, message);
        GrpcCall.Note(http, status);
        return Task.CompletedTask;
    }

    private const string ContentType = "application/grpc";
    private const string WithProto = "application/grpc+proto";
}
