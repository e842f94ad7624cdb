using Xunit;

namespace Tarn.Serving.Tests;

public sealed class AccessLogTests
{
    private const string Row = """{"instances":[[1,2,3,4]]}""";
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";

    [Fact]
    public async Task All_requests_of_the_protocols_have_a_line_without_their_query()
    {
        await using var host = await TelemetryHost.StartAsync();
        await host.PostAsync("/v1/models/dense:predict?secret=1", Row);
        await host.PostAsync("/v1/endpoints/pets/predict", Row, $"00-{Trace}-00f067aa0ba902b7-01");
        await host.PostAsync("/v1/models/no%0Abody:predict", Row);
        await host.MetricsAsync();
        var lines = await host.AccessAsync();
        Assert.Equal(3, lines.Count);
        Assert.Matches(@"^POST /v1/models/dense:predict 200 grpc - \d+ B [\d.]+ ms caller - trace - model dense 1 endpoint - -$", lines[0]);
        Assert.Matches($@"^POST /v1/endpoints/pets/predict 200 grpc - \d+ B [\d.]+ ms caller - trace {Trace} model dense 1 endpoint pets main$", lines[1]);
        Assert.Matches(@"^POST /v1/models/no\?body:predict 404 .* model - - endpoint - -$", lines[2]);
    }

    [Theory]
    [InlineData(AccessLogLevel.Errors, 1)]
    [InlineData(AccessLogLevel.Off, 0)]
    public async Task Only_errors_have_a_line_by_default_and_nothing_has_when_it_is_off(AccessLogLevel level, int lines)
    {
        Assert.Equal(AccessLogLevel.Errors, new AccessLogOptions().Level);
        await using var host = await TelemetryHost.StartAsync(level);
        await host.PostAsync("/v1/models/dense:predict", Row);
        await host.PostAsync("/v1/models/dense:predict", "{");
        Assert.Equal(lines, (await host.AccessAsync()).Count(static l => l.StartsWith("POST /v1/models/dense:predict 400 ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Lines_that_the_log_cannot_take_are_dropped_and_counted_and_nobody_waits()
    {
        using var gate = new SemaphoreSlim(0);
        var lines = new AccessLines { Gate = gate };
        var access = new AccessLog(new AccessLogOptions(AccessLogLevel.All, MaxWaiting: 16), lines);
        for (var i = 0; i < 100; i++)
        {
            access.Add(new AccessEntry { Method = "GET", Path = "/", Status = 200, Took = TimeSpan.Zero });
        }

        Assert.InRange(access.Dropped, 83, 84);
        gate.Release(100);
        await access.DisposeAsync();
        Assert.Equal(100 - access.Dropped, lines.Lines.Count);
    }

    [Fact]
    public async Task A_gRPC_call_has_a_line_with_its_status()
    {
        var lines = new AccessLines();
        var access = new AccessLog(new AccessLogOptions(AccessLogLevel.All), lines);
        await using (var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo, options => options with { Requests = new ServedRequests(TimeProvider.System, access) }))
        {
            await server.Client.CallAsync($"/{GrpcTestServer.Service}/Unary", Array.Empty<byte>(), cancellation: TestContext.Current.CancellationToken);
            await server.Client.CallAsync($"/{GrpcTestServer.Service}/Nothing", Array.Empty<byte>(), cancellation: TestContext.Current.CancellationToken);
            await server.StopAsync();
        }

        await access.DisposeAsync();
        Assert.Equal(2, lines.Lines.Count);
        Assert.Contains(lines.Lines, static l => l.StartsWith("POST /tarn.test.Echo/Unary 200 grpc 0 ", StringComparison.Ordinal));
        Assert.Contains(lines.Lines, static l => l.StartsWith("POST /tarn.test.Echo/Nothing 200 grpc 12 ", StringComparison.Ordinal));
    }
}
