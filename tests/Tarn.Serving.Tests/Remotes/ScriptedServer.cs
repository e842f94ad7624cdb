using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tarn.Serving.Tests;

/// <summary>A server on a free port of loopback that does what a test says, and remembers what it was asked.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Seen> _seen = new();

    private ScriptedServer(Func<HttpContext, byte[], Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static k =>
        {
            k.Listen(System.Net.IPAddress.Loopback, 0);
            k.Limits.MaxRequestBodySize = null;
        });
        _app = builder.Build();
        _app.Run(async http =>
        {
            if (http.Request.Path == "/v2/health/ready")
            {
                http.Response.StatusCode = IsReady ? 200 : 503;
                return;
            }

            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            _seen.Enqueue(new Seen(http.Request.Method, http.Request.Path + http.Request.QueryString, http.Request.Headers.ToDictionary(static h => h.Key, static h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray()));
            await answer(http, body.ToArray());
        });
    }

    public bool IsReady { get; set; } = true;

    public string Url { get; private set; } = "";

    /// <summary>What it was asked, health checks left out.</summary>
    public IReadOnlyList<Seen> Requests => [.. _seen];

    public static async Task<ScriptedServer> StartAsync(Func<HttpContext, byte[], Task> answer)
    {
        var server = new ScriptedServer(answer);
        await server._app.StartAsync();
        server.Url = server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return server;
    }

    /// <summary>A server that answers JSON of a status.</summary>
    public static Task<ScriptedServer> AnsweringAsync(string json, int status = 200) => StartAsync(async (http, _) =>
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(json);
    });

    /// <summary>Ends it with whatever it is doing: its connections break off.</summary>
    public Task KillAsync() => _app.StopAsync(new CancellationToken(true));

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await _app.DisposeAsync();
    }

    internal sealed record Seen(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body);
}
