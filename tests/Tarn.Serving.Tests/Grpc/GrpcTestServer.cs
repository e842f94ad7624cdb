using System.Buffers;
using System.Net;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>A gRPC server on a free port of loopback, with the services that a test gives it, and what it logged.</summary>
internal sealed class GrpcTestServer : IAsyncDisposable
{
    public const string Service = "tarn.test.Echo";
    private readonly WebApplication _app;
    private readonly GrpcCallsUnderWay _calls;

    private GrpcTestServer(WebApplication app, GrpcCallsUnderWay calls, CountingPool pool, GrpcTestLog log)
    {
        _app = app;
        _calls = calls;
        Pool = pool;
        Log = log;
        Url = new Uri(app.Urls.Single());
        Client = new GrpcClient(Url);
    }

    public Uri Url { get; }

    public GrpcClient Client { get; }

    public CountingPool Pool { get; }

    public GrpcTestLog Log { get; }

    /// <summary>Starts a server.</summary>
    public static async Task<GrpcTestServer> StartAsync(Action<GrpcServiceTable> fill, Func<GrpcOptions, GrpcOptions>? configure = null, Action<WebApplication, GrpcServer>? use = null, HttpProtocols protocols = HttpProtocols.Http2)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.Protocols = protocols));
        var app = builder.Build();
        var pool = new CountingPool();
        var log = new GrpcTestLog();
        var calls = new GrpcCallsUnderWay();
        var table = new GrpcServiceTable();
        fill(table);
        var options = new GrpcOptions { Pool = pool, Stopping = app.Lifetime.ApplicationStopping };
        var server = new GrpcServer(table, configure?.Invoke(options) ?? options, log);
        if (use is null)
        {
            app.Run(http => calls.RunAsync(server.HandleAsync, http));
        }
        else
        {
            use(app, server);
        }

        await app.StartAsync();
        return new GrpcTestServer(app, calls, pool, log);
    }

    /// <summary>A service that gives back what it gets, in each of the ways that there are.</summary>
    public static void Echo(GrpcServiceTable table)
    {
        table.Add(Service)
            .Unary<BytesValue, BytesValue>("Unary", BytesValue.Parser, static (request, _) => ValueTask.FromResult(request))
            .UnaryRaw("Raw", static (_, request, response) =>
            {
                foreach (var segment in request)
                {
                    response.Write(segment.Span);
                }

                return default;
            })
            .UnaryRaw("Declared", static (_, request, response) =>
            {
                response.Declare((int)request.Length);
                foreach (var segment in request)
                {
                    response.Write(segment.Span);
                }

                return default;
            })
            .ServerStreaming<Int32Value, Int32Value>("Count", Int32Value.Parser, static async (request, responses, _) =>
            {
                for (var i = 1; i <= request.Value; i++)
                {
                    await responses.WriteAsync(new Int32Value { Value = i });
                }
            })
            .Duplex<BytesValue, BytesValue>("Both", BytesValue.Parser, static async (requests, responses, _) =>
            {
                while (await requests.ReadAsync() is { } request)
                {
                    await responses.WriteAsync(request);
                }
            })
            .DuplexRaw("BothRaw", static async (requests, responses, _) =>
            {
                while (await requests.ReadAsync())
                {
                    foreach (var segment in requests.Message)
                    {
                        responses.Write(segment.Span);
                    }

                    await responses.SendAsync();
                }
            });
    }

    /// <summary>Stops it, which waits for the calls that are under way.</summary>
    public Task StopAsync() => _app.StopAsync();

    /// <summary>Fails where a call left a buffer rented, gave one back twice, or failed in a way that nobody foresaw. Stops the server, so that none is under way.</summary>
    public async Task AssertCleanAsync()
    {
        await StopAsync();

        // Kestrel does not wait for calls whose client is gone.
        await _calls.WhenNoneAsync();
        Assert.Equal((0, 0), (Pool.Rented, Pool.Faults));
        Assert.True(!Log.Errors.Any(), string.Join('\n', Log.Errors));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
