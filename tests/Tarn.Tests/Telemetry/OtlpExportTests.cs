using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Tarn.Tests;

/// <summary>What a collector gets by OTLP over HTTP, as the server stops at the latest.</summary>
public sealed class OtlpExportTests
{
    [Fact]
    public async Task A_collector_gets_the_metrics_and_the_spans_of_requests_in_the_traces_of_their_callers()
    {
        var messages = new ConcurrentQueue<(string Path, string Type, string? Key, byte[] Body)>();
        await using var collector = await CollectorAsync(messages);
        var trace = ActivityTraceId.CreateRandom();
        var server = new TestServer
        {
            Settings = new Dictionary<string, string?>
            {
                ["Telemetry:Otlp:Endpoint"] = collector.Urls.Single(),
                ["Telemetry:Otlp:Headers"] = "x-key=secret",
                ["Telemetry:ServiceName"] = "tarn-of-the-test",
            },
        };
        await server.InitializeAsync();
        using (var request = new HttpRequestMessage(HttpMethod.Get, "/health/live"))
        {
            request.Headers.Add("traceparent", $"00-{trace}-00f067aa0ba902b7-01");
            using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(200, (int)answer.StatusCode);
        }

        await server.DisposeAsync();
        Assert.Contains("/v1/traces", messages.Select(static m => m.Path));
        Assert.Contains("/v1/metrics", messages.Select(static m => m.Path));
        Assert.All(messages, static m => Assert.Equal(("application/x-protobuf", "secret"), (m.Type, m.Key)));
        Assert.All(messages, static m => Assert.True(Has(m.Body, "tarn-of-the-test"u8), m.Path));
        var bytes = Convert.FromHexString(trace.ToHexString());
        Assert.Contains(messages, m => m.Path == "/v1/traces" && Has(m.Body, bytes));
        foreach (var name in (string[])["http.server.request.duration", "tarn.serving.prediction_log.unmoved", "dotnet.gc.collections"])
        {
            Assert.Contains(messages, m => m.Path == "/v1/metrics" && Has(m.Body, Encoding.UTF8.GetBytes(name)));
        }
    }

    [Fact]
    public async Task A_collector_that_is_not_there_keeps_no_server_from_starting_and_stopping()
    {
        await using var server = new TestServer { Settings = new Dictionary<string, string?> { ["Telemetry:Otlp:Endpoint"] = "http://127.0.0.1:9", ["Telemetry:Otlp:Protocol"] = "grpc" } };
        await server.InitializeAsync();
        await server.GetAsync("/health/live");
    }

    private static bool Has(ReadOnlySpan<byte> body, ReadOnlySpan<byte> part) => body.IndexOf(part) >= 0;

    private static async Task<WebApplication> CollectorAsync(ConcurrentQueue<(string Path, string Type, string? Key, byte[] Body)> messages)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async http =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body, http.RequestAborted);
            messages.Enqueue((http.Request.Path, http.Request.ContentType ?? "", http.Request.Headers["x-key"], body.ToArray()));
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }
}
