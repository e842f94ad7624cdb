using Google.Protobuf;
using Tarn.Serving.GrpcHealthV1;
using Xunit;
using State = Tarn.Serving.GrpcHealthV1.HealthCheckResponse.Types.ServingStatus;

namespace Tarn.Serving.Tests;

/// <summary>gRPC's health checking.</summary>
public sealed class GrpcHealthTests
{
    private readonly ServingStates _states = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_is_serving_not_serving_or_unknown()
    {
        _states.Set("", true);
        _states.Set("inference", false);
        await using var server = await StartAsync();
        Assert.Equal((0, State.Serving), await CheckAsync(server, ""));
        Assert.Equal((0, State.NotServing), await CheckAsync(server, "inference"));
        Assert.Equal((5, State.Unknown), await CheckAsync(server, "other"));
        _states.Set("inference", true);
        _states.Remove("");
        Assert.Equal((0, State.Serving), await CheckAsync(server, "inference"));
        Assert.Equal((5, State.Unknown), await CheckAsync(server, ""));
    }

    [Fact]
    public async Task Up_to_a_hundred_services_are_listed()
    {
        for (var i = 0; i < 100; i++)
        {
            _states.Set($"s{i}", i % 2 == 0);
        }

        await using var server = await StartAsync();
        using var all = await server.Client.CallAsync("/grpc.health.v1.Health/List", default, cancellation: Cancelled);
        var listed = HealthListResponse.Parser.ParseFrom(all.Content).Statuses;
        Assert.Equal(100, listed.Count);
        Assert.Equal((State.Serving, State.NotServing), (listed["s0"].Status, listed["s99"].Status));

        _states.Set("one more", true);
        using var many = await server.Client.CallAsync("/grpc.health.v1.Health/List", default, cancellation: Cancelled);
        Assert.Equal(8, many.Status);
    }

    [Fact]
    public async Task Who_watches_hears_of_each_change_until_the_server_stops()
    {
        await using var server = await StartAsync();
        await using var watch = server.Client.Open("/grpc.health.v1.Health/Watch", cancellation: Cancelled);
        await watch.SendAsync(new HealthCheckRequest { Service = "m" }.ToByteArray());
        await watch.EndAsync();
        Assert.Equal(State.ServiceUnknown, await NextAsync(watch));
        _states.Set("m", false);
        Assert.Equal(State.NotServing, await NextAsync(watch));
        _states.Set("m", false);
        _states.Set("other", true);
        _states.Set("m", true);
        Assert.Equal(State.Serving, await NextAsync(watch));
        _states.StopAll();
        Assert.Equal(State.NotServing, await NextAsync(watch));
        _states.Remove("m");
        Assert.Equal(State.ServiceUnknown, await NextAsync(watch));

        var stopping = server.AssertCleanAsync();
        Assert.Equal(14, await watch.StatusAsync());
        await stopping;
    }

    private static async Task<State> NextAsync(GrpcStream watch) => HealthCheckResponse.Parser.ParseFrom(await watch.ReceiveAsync()).Status;

    private static async Task<(int, State)> CheckAsync(GrpcTestServer server, string service)
    {
        using var reply = await server.Client.CallAsync("/grpc.health.v1.Health/Check", new HealthCheckRequest { Service = service }.ToByteArray(), cancellation: Cancelled);
        return (reply.Status, reply.Status == 0 ? HealthCheckResponse.Parser.ParseFrom(reply.Content).Status : State.Unknown);
    }

    private Task<GrpcTestServer> StartAsync() => GrpcTestServer.StartAsync(t => HealthService.AddTo(t, _states));
}
