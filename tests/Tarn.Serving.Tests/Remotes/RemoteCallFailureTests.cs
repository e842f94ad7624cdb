using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Requests to a variant whose instances fail, are away or take too long, or whose caller leaves.</summary>
public sealed class RemoteCallFailureTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_that_is_killed_under_load_fails_no_request()
    {
        await using var killed = await ScriptedServer.AnsweringAsync("""{"predictions":[1.0]}""");
        await using var other = await ScriptedServer.AnsweringAsync("""{"predictions":[1.0]}""");
        await using var world = await GatewayWorld.StartAsync(new RemoteOptions { Urls = [killed.Url, other.Url] }, time: new ManualTimeProvider());
        var left = int.MaxValue;
        async Task AskAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var (status, body, _) = await world.Host.PostAsync(GatewayWorld.Predict, GatewayWorld.Body);
                Assert.True(status == 200, body);
            }
        }

        async Task LoadAsync()
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await AskAsync(1);
            }
        }

        // Enough before, that the budget has room for all that break off at once.
        await AskAsync(20);
        var load = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => LoadAsync()));
        while (killed.Requests.Count < 30)
        {
            await AskAsync(1);
        }

        // However quickly the load goes, some of it comes after the kill.
        await killed.KillAsync();
        Interlocked.Exchange(ref left, 100);
        await load;

        Assert.Equal(0, world.Stats.Of("pizza", "remote").Read().Errors);
        Assert.NotNull(world.Remotes.Read().Single(s => s.Url == killed.Url).EjectedUntil);
    }

    [Fact]
    public async Task Where_all_fail_calls_are_made_again_within_the_budget_and_the_last_answer_is_passed_on()
    {
        var servers = await Task.WhenAll(Enumerable.Range(0, 4).Select(static _ => ScriptedServer.AnsweringAsync("""{"error":"busy"}""", 503)));
        await using var world = await GatewayWorld.StartAsync(new RemoteOptions { Urls = [.. servers.Select(static s => s.Url)] }, time: new ManualTimeProvider());
        for (var i = 0; i < 100; i++)
        {
            var (status, body, _) = await world.Host.PostAsync(GatewayWorld.Predict, GatewayWorld.Body);
            Assert.Equal((503, """{"error":"busy"}"""), (status, body));
        }

        Assert.InRange(servers.Sum(static s => s.Requests.Count), 110, 120);
        Assert.Equal(2, world.Remotes.Read().Count(static s => s.EjectedUntil is not null));
        Assert.Equal((100L, 100L), (world.Stats.Of("pizza", "remote").Read().Requests, world.Stats.Of("pizza", "remote").Read().Errors));
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task One_that_takes_no_connection_is_passed_over()
    {
        // The connections that wait to be accepted fill the queue: further ones are not answered.
        using var deaf = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        deaf.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        deaf.Listen(0);
        var waiting = Enumerable.Range(0, 4).Select(static _ => new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp) { Blocking = false }).ToList();
        foreach (var socket in waiting)
        {
            try
            {
                socket.Connect(deaf.LocalEndPoint!);
            }
            catch (System.Net.Sockets.SocketException error)
            {
                Assert.Equal(System.Net.Sockets.SocketError.WouldBlock, error.SocketErrorCode);
            }
        }

        await using var server = await ScriptedServer.AnsweringAsync("{}");

        // The limit is the other's, too, and its clock stands still, lest the time for which one is left out end meanwhile.
        await using var world = await GatewayWorld.StartAsync(
            new RemoteOptions { Urls = [$"http://{deaf.LocalEndPoint}", server.Url], ConnectTimeout = TimeSpan.FromSeconds(1) }, time: new ManualTimeProvider());
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal(200, (await world.Host.PostAsync(GatewayWorld.Predict, GatewayWorld.Body)).Status);
        }

        Assert.Equal((5L, true), (world.Remotes.Read()[0].Failures, world.Remotes.Read()[0].EjectedUntil is not null));
        waiting.ForEach(static s => s.Dispose());
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(429)]
    [InlineData(500)]
    public async Task Other_errors_are_passed_on_and_not_asked_for_again(int status)
    {
        await using var server = await ScriptedServer.AnsweringAsync("""{"error":"so"}""", status);
        await using var second = await ScriptedServer.AnsweringAsync("""{"error":"so"}""", status);
        await using var world = await GatewayWorld.StartAsync(server.Url, second.Url);

        Assert.Equal((status, """{"error":"so"}"""), await world.Host.PostAsync(GatewayWorld.Predict, GatewayWorld.Body) is var (code, body, _) ? (code, body) : default);
        Assert.Equal(1, server.Requests.Count + second.Requests.Count);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(307)]
    public async Task A_cluster_that_refuses_the_gateway_is_the_operators_fault_and_not_the_callers(int status)
    {
        await using var server = await ScriptedServer.AnsweringAsync("""{"error":"inner"}""", status);
        await using var world = await GatewayWorld.StartAsync(server.Url);

        var message = await world.Host.RefusedAsync(503, GatewayWorld.Predict, GatewayWorld.Body);

        Assert.Contains("gpu", message, StringComparison.Ordinal);
        Assert.DoesNotContain("inner", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_instance_is_healthy_the_error_names_the_cluster_and_says_when_to_try_again()
    {
        await using var server = await ScriptedServer.AnsweringAsync("{}");
        await using var world = await GatewayWorld.StartAsync(server.Url);
        var cluster = world.Remotes.Get("gpu");
        server.IsReady = false;
        await cluster.CheckAsync(Cancellation);
        Assert.True(world.Remotes.Read()[0].IsHealthy);
        await cluster.CheckAsync(Cancellation);

        Assert.Equal((false, "/v2/health/ready answers 503"), (world.Remotes.Read()[0].IsHealthy, world.Remotes.Read()[0].Problem));
        var (status, body, response) = await world.Host.PostAsync(GatewayWorld.Predict, GatewayWorld.Body);
        Assert.Equal((503, TimeSpan.FromSeconds(5)), (status, response.Headers.RetryAfter!.Delta));
        Assert.Contains("gpu", JsonNode.Parse(body)!["error"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Empty(server.Requests);

        server.IsReady = true;
        await cluster.CheckAsync(Cancellation);
        Assert.Equal((true, null), (world.Remotes.Read()[0].IsHealthy, world.Remotes.Read()[0].Problem));
        Assert.Equal(200, (await world.Host.PostAsync(GatewayWorld.Predict, GatewayWorld.Body)).Status);
    }

    [Fact]
    public async Task Health_is_asked_for_at_once_and_at_each_interval()
    {
        var time = new ManualTimeProvider();
        await using var server = await ScriptedServer.AnsweringAsync("{}");
        await using var world = await GatewayWorld.StartAsync(new RemoteOptions { Urls = [server.Url] }, time: time);
        server.IsReady = false;
        world.Remotes.Start();
        while (world.Remotes.Read()[0].IsHealthy)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        server.IsReady = true;
        while (!world.Remotes.Read()[0].IsHealthy)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
    }

    [Fact]
    public async Task A_call_ends_at_its_deadline()
    {
        var time = new ManualTimeProvider();
        var asked = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(async (http, _) =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        });
        await using var world = await GatewayWorld.StartAsync(new RemoteOptions { Urls = [server.Url], Timeout = TimeSpan.FromSeconds(3) }, time: time);

        var refused = world.Host.RefusedAsync(503, GatewayWorld.Predict, GatewayWorld.Body);
        await asked.Task;
        time.Advance(TimeSpan.FromSeconds(3));

        Assert.Contains("within 3 s", await refused, StringComparison.Ordinal);
        Assert.Equal((0, 1L, 1L), (world.Remotes.Read()[0].InFlight, world.Remotes.Read()[0].Requests, world.Remotes.Read()[0].Failures));
    }

    [Fact]
    public async Task A_caller_that_leaves_ends_the_call_and_is_no_failure()
    {
        var (asked, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await ScriptedServer.StartAsync(async (http, _) =>
        {
            using var registration = http.RequestAborted.Register(left.SetResult);
            asked.SetResult();
            await left.Task;
        });
        await using var world = await GatewayWorld.StartAsync(server.Url);
        using var leaving = new CancellationTokenSource();
        using var content = new StringContent("{}");

        var call = world.Client.PostAsync(new Uri(GatewayWorld.Predict, UriKind.Relative), content, leaving.Token);
        await asked.Task;
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await left.Task;
        while (world.Remotes.Read()[0].InFlight > 0)
        {
            await Task.Yield();
        }

        Assert.Equal((0L, 0L), (world.Remotes.Read()[0].Requests, world.Remotes.Read()[0].Failures));
    }

    [Fact]
    public async Task A_cluster_that_is_not_configured_is_told()
    {
        await using var server = await ScriptedServer.AnsweringAsync("{}");
        await using var world = await GatewayWorld.StartAsync(new RemoteOptions { Urls = [server.Url] }, [new Variant("remote", VariantTarget.OfRemote("cpu"), 1)]);

        Assert.Contains("Serving:Remotes:cpu:Urls", await world.Host.RefusedAsync(503, GatewayWorld.Predict, GatewayWorld.Body), StringComparison.Ordinal);
    }
}
