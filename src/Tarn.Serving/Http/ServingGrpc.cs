using System.Globalization;
using Microsoft.AspNetCore.Builder;
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
        var health = new ModelHealth(front.Models, states, GrpcServiceReflection.Descriptor.Services[0].FullName);
        lifetime.ApplicationStopping.UnsafeRegister(static health => ((ModelHealth)health!).Stop(), health);
        HealthService.AddTo(table, states);
        ReflectionService.AddTo(table);
        var options = new GrpcOptions { MaxMessageBytes = maxMessageBytes, Time = front.Models.Time, Stopping = lifetime.ApplicationStopping, Explain = Explain };
        return app.UseGrpc(new GrpcServer(table, options, services.GetRequiredService<ILoggerFactory>().CreateLogger<GrpcServer>()), port);
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
