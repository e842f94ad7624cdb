using Microsoft.AspNetCore.Builder;

namespace Tarn.Serving;

/// <summary>Puts a <see cref="GrpcServer"/> into a program's HTTP pipeline.</summary>
internal static class GrpcEndpoints
{
    /// <summary>
    /// Answers gRPC. With a port, everything that arrives there goes to the server; the listener speaks HTTP/2 alone, without TLS by prior knowledge. Without one,
    /// requests of gRPC's content type do, wherever they arrive, and the others go on.
    /// </summary>
    /// <param name="app">The pipeline; before routing.</param>
    /// <param name="server">The server.</param>
    /// <param name="port">The local port, or null.</param>
    public static IApplicationBuilder UseGrpc(this IApplicationBuilder app, GrpcServer server, int? port = null)
    {
        return app.Use(next => http =>
            (port is { } own ? http.Connection.LocalPort == own : GrpcServer.HasContentType(http.Request)) ? server.HandleAsync(http) : next(http));
    }
}
