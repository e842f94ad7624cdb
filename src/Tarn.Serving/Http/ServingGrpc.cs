using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Serving.OpenInference;

namespace Tarn.Serving;

/// <summary>Puts the model server's gRPC services into a web application.</summary>
public static class ServingGrpc
{
    /// <summary>
    /// Answers gRPC: the Open Inference Protocol (<c>inference.GRPCInferenceService</c>), health checks (<c>grpc.health.v1.Health</c>) and reflection. A listener for it speaks HTTP/2 alone
    /// where it has no TLS. What <see cref="ServingExtensions.AddServing"/> adds has to be there.
    /// </summary>
    /// <param name="app">The pipeline; before routing, and after whatever decides who may call.</param>
    /// <param name="port">The local port of which everything is gRPC; null: requests of gRPC's content type are, wherever they arrive, and others go on.</param>
    /// <param name="maxMessageBytes">Bytes of a request message at most; 1 to 2,000,000,000, default 64 MiB. A model's own limit holds, too.</param>
    /// <param name="access">Asked before a request is answered that names an endpoint or a model; null: everybody may.</param>
    public static IApplicationBuilder UseServingGrpc(this IApplicationBuilder app, int? port = null, int maxMessageBytes = 64 << 20, ModelAccess? access = null)
    {
        ArgumentNullException.ThrowIfNull(app);
        var services = app.ApplicationServices;
        var front = services.GetRequiredService<ServingFront>();
        var lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        var table = new GrpcServiceTable();
        GrpcInference.AddTo(table, front, services.GetRequiredService<ServingInfo>().Version, access);
        var states = new ServingStates();
        var health = new ModelHealth(front.Models, states, GrpcInference.Service);
        lifetime.ApplicationStopping.UnsafeRegister(static health => ((ModelHealth)health!).Stop(), health);
        HealthService.AddTo(table, states);
        ReflectionService.AddTo(table);
        var options = new GrpcOptions { MaxMessageBytes = maxMessageBytes, Time = front.Models.Time, Stopping = lifetime.ApplicationStopping, Explain = Explain, Requests = services.GetRequiredService<ServedRequests>() };
        return app.UseGrpc(new GrpcServer(table, options, services.GetRequiredService<ILoggerFactory>().CreateLogger<GrpcServer>()), port);
    }

    /// <summary>Whether a request is a gRPC call, by its content type.</summary>
    public static bool IsCall(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return GrpcServer.HasContentType(request);
    }

    /// <summary>Refuses a gRPC call before it comes to its service.</summary>
    /// <param name="http">The call; nothing of an answer may have been sent.</param>
    /// <param name="status">The status that an HTTP request would have; gRPC's for it is sent, such as UNAUTHENTICATED for 401 and PERMISSION_DENIED for 403.</param>
    /// <param name="message">What the client is told.</param>
    public static Task RefuseAsync(HttpContext http, int status, string message)
    {
        ArgumentNullException.ThrowIfNull(http);
        http.Response.StatusCode = StatusCodes.Status200OK;
        http.Response.ContentType = "application/grpc";
        GrpcCall.WriteStatus(http.Response.Headers, GrpcHttpStatus.FromHttp(status), message);
        return Task.CompletedTask;
    }

    /// <summary>The status that an HTTP request would have, of a gRPC call that was answered; 200 where it went well, or where it failed after its answer had begun.</summary>
    public static int HttpStatusOf(HttpResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return response.Headers.GrpcStatus is { Count: > 0 } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? GrpcHttpStatus.ToHttp((GrpcStatus)status)
            : response.StatusCode;
    }

    /// <summary>Says when to try again, where an error does: seconds, as HTTP's header of that name.</summary>
    private static GrpcException? Explain(Exception fault, GrpcCall call)
    {
        if (fault is TarnException { RetryAfter: { } after })
        {
            call.SetTrailer("retry-after", Math.Max(1, (long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture));
        }

        return null;
    }
}
