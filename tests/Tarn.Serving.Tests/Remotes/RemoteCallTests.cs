using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Requests to a variant that is remote, over real connections.</summary>
public sealed class RemoteCallTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/models/pizza:predict", "/v1/models/there:predict")]
    [InlineData("/v1/models/pizza:classify", "/v1/models/there:classify")]
    [InlineData("/v1/models/pizza:regress", "/v1/models/there:regress")]
    [InlineData("/v2/models/pizza/infer?x=%0d%0a", "/v2/models/there/infer")]
    [InlineData("/v1/endpoints/pizza/invocations", "/v1/endpoints/there/invocations")]
    [InlineData("/v1/endpoints/pizza/predict", "/v1/endpoints/there/predict")]
    [InlineData("/invocations", "/v1/endpoints/there/invocations")]
    [InlineData("/invocations?endpoint=pizza", "/v1/endpoints/there/invocations")]
    public async Task Every_protocol_is_forwarded_under_the_remote_models_name(string path, string expected)
    {
        await using var server = await ScriptedServer.AnsweringAsync("""{"anything": 1}""", 422);
        await using var world = await GatewayWorld.StartAsync(new RemoteOptions { Urls = [server.Url], Model = "there" });

        var (status, answer, response) = await world.Host.PostAsync(path, """{"what": "ever"}""");

        Assert.Equal((422, """{"anything": 1}""", "remote"), (status, answer, response.Headers.GetValues("X-Tarn-Variant").Single()));
        var seen = Assert.Single(server.Requests);
        Assert.Equal(("POST", expected, """{"what": "ever"}"""), (seen.Method, seen.Path, Encoding.UTF8.GetString(seen.Body)));
    }

    [Theory]
    [InlineData("/v1/models/pizza/metadata", "/v1/models/a%20b/metadata")]
    [InlineData("/v2/models/pizza", "/v2/models/a%20b")]
    [InlineData("/v2/models/pizza/config", "/v2/models/a%20b/config")]
    public async Task What_the_model_is_can_be_asked(string path, string expected)
    {
        await using var server = await ScriptedServer.AnsweringAsync("""{"name": "x"}""");
        await using var world = await GatewayWorld.StartAsync(new RemoteOptions { Urls = [server.Url], Model = "a b" });

        Assert.Equal((200, """{"name": "x"}"""), await world.Host.GetAsync(path) is var (status, body, _) ? (status, body) : default);
        Assert.Equal(("GET", expected), (server.Requests[0].Method, server.Requests[0].Path));
        Assert.Null(world.Stats.Find("pizza", "remote")?.Read().Latency);
    }

    [Fact]
    public async Task Another_Tarn_answers_as_if_it_were_here()
    {
        await using var remote = await ServingHost.StartAsync();
        await using var world = await GatewayWorld.StartAsync(remote.Url.ToString());

        var answer = await world.Host.AskAsync(GatewayWorld.Predict, GatewayWorld.Body);
        var invoked = await world.Host.AskAsync("/v1/endpoints/pizza/invocations", GatewayWorld.Body);
        var inferred = await world.Host.AskAsync("/v2/models/pizza/infer", """{"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [4]}]}""");
        var (status, _, wrong) = await world.Host.PostAsync(GatewayWorld.Predict, """{"instances": ["no"]}""");

        Assert.Equal("[2.5,3.0,4.5]", answer["predictions"]!.ToJsonString());
        Assert.Equal("[2.5,3.0,4.5]", invoked["predictions"]!.ToJsonString());
        Assert.Equal("[4.0]", inferred["outputs"]![0]!["data"]!.ToJsonString());
        Assert.Equal((400, "remote"), (status, wrong.Headers.GetValues("X-Tarn-Variant").Single()));
        Assert.Equal((3L, 0L), (world.Stats.Of("pizza", "remote").Read().Requests, world.Stats.Of("pizza", "remote").Read().Errors));
    }

    [Fact]
    public async Task Requests_are_split_between_here_and_there()
    {
        await using var server = await ScriptedServer.AnsweringAsync("""{"predictions":[9.0]}""");
        await using var world = await GatewayWorld.StartAsync(
            new RemoteOptions { Urls = [server.Url] }, [new Variant("here", VariantTarget.OfVersion(1), 1), GatewayWorld.Remote]);
        var counts = new Dictionary<string, int> { ["here"] = 0, ["remote"] = 0 };
        for (var i = 0; i < 60; i++)
        {
            var (status, body, response) = await world.Host.PostAsync(GatewayWorld.Predict, GatewayWorld.Body);
            var variant = response.Headers.GetValues("X-Tarn-Variant").Single();
            Assert.Equal((200, variant == "here" ? """{"predictions":[2.5,3.0,4.5]}""" : """{"predictions":[9.0]}"""), (status, body));
            counts[variant]++;
        }

        Assert.All(counts, static c => Assert.InRange(c.Value, 10, 50));
        Assert.Equal(counts["remote"], server.Requests.Count);
        Assert.Equal(counts["remote"], world.Stats.Of("pizza", "remote").Read().Requests);
        Assert.Equal(counts["here"], world.Stats.Of("pizza", "here").Read().Requests);
    }

    [Fact]
    public async Task One_that_is_killed_under_load_fails_no_request()
    {
        await using var killed = await ScriptedServer.AnsweringAsync("""{"predictions":[1.0]}""");
        await using var other = await ScriptedServer.AnsweringAsync("""{"predictions":[1.0]}""");
        await using var world = await GatewayWorld.StartAsync(killed.Url, other.Url);
        async Task AskAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var (status, body, _) = await world.Host.PostAsync(GatewayWorld.Predict, GatewayWorld.Body);
                Assert.True(status == 200, body);
            }
        }

        // Enough before, that the budget has room for all that break off at once.
        await AskAsync(20);
        var load = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => AskAsync(100)));
        while (killed.Requests.Count < 30)
        {
            await AskAsync(1);
        }

        await killed.KillAsync();
        await load;

        Assert.Equal(0, world.Stats.Of("pizza", "remote").Read().Errors);
        Assert.NotNull(world.Remotes.Read().Single(s => s.Url == killed.Url).EjectedUntil);
    }

    [Fact]
    public async Task A_body_is_sent_again_exactly_where_the_first_instance_cannot_answer()
    {
        var body = RandomNumberGenerator.GetBytes(3_000_000);
        await using var busy = await ScriptedServer.AnsweringAsync("{}", 503);
        await using var broken = await ScriptedServer.StartAsync(static (http, _) =>
        {
            http.Abort();
            return Task.CompletedTask;
        });
        await using var good = await ScriptedServer.AnsweringAsync("{}");
        await using var world = await GatewayWorld.StartAsync(busy.Url, broken.Url, good.Url);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await PostAsync(world, "/v2/models/pizza/infer", body)).StatusCode);
        }

        var sent = busy.Requests.Concat(broken.Requests).Concat(good.Requests).ToList();
        Assert.True(sent.Count > 4, "Nothing was sent again.");
        Assert.All(sent, s => Assert.True(body.AsSpan().SequenceEqual(s.Body), "Another body was sent."));
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
        await using var world = await GatewayWorld.StartAsync(new RemoteOptions { Urls = [$"http://{deaf.LocalEndPoint}", server.Url], ConnectTimeout = TimeSpan.FromMilliseconds(50) });
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal(200, (await world.Host.PostAsync(GatewayWorld.Predict, GatewayWorld.Body)).Status);
        }

        Assert.Equal((5L, true), (world.Remotes.Read()[0].Failures, world.Remotes.Read()[0].EjectedUntil is not null));
        waiting.ForEach(static s => s.Dispose());
    }

    [Fact]
    public async Task An_answer_without_a_body_is_passed_on()
    {
        await using var server = await ScriptedServer.StartAsync(static (http, _) =>
        {
            http.Response.StatusCode = 204;
            return Task.CompletedTask;
        });
        await using var world = await GatewayWorld.StartAsync(server.Url);

        Assert.Equal(204, (await world.Host.PostAsync(GatewayWorld.Predict, GatewayWorld.Body)).Status);
    }

    [Fact]
    public async Task A_compressed_request_goes_on_as_it_was_before_and_a_compressed_answer_as_it_is()
    {
        var packed = new MemoryStream();
        await using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(GatewayWorld.Body), Cancellation);
        }

        await using var server = await ScriptedServer.StartAsync(async (http, _) =>
        {
            http.Response.Headers.ContentEncoding = "gzip";
            await http.Response.Body.WriteAsync(packed.ToArray());
        });
        await using var world = await GatewayWorld.StartAsync(server.Url);
        using var request = new HttpRequestMessage(HttpMethod.Post, GatewayWorld.Predict) { Content = new ByteArrayContent(packed.ToArray()) };
        request.Content.Headers.ContentEncoding.Add("gzip");
        request.Headers.AcceptEncoding.ParseAdd("gzip");

        using var response = await world.Client.SendAsync(request, Cancellation);

        var seen = Assert.Single(server.Requests);
        Assert.Equal((GatewayWorld.Body, false, false), (Encoding.UTF8.GetString(seen.Body), seen.Headers.ContainsKey("Content-Encoding"), seen.Headers.ContainsKey("Accept-Encoding")));
        Assert.Equal(packed.ToArray(), await response.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal("gzip", response.Content.Headers.ContentEncoding.Single());
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
    public async Task Headers_go_on_except_those_of_a_connection_of_trust_and_of_the_gateway()
    {
        await using var server = await ScriptedServer.StartAsync(static async (http, _) =>
        {
            http.Response.Headers["X-Model-Says"] = "yes";
            http.Response.Headers["X-Of-Connection"] = "no";
            http.Response.Headers.Connection = "X-Of-Connection";
            http.Response.Headers.SetCookie = "a=b";
            http.Response.Headers["X-Tarn-Variant"] = "inner";
            http.Response.Headers.StrictTransportSecurity = "max-age=1";
            http.Response.Headers.AccessControlAllowOrigin = "*";
            http.Response.ContentType = "application/json; charset=utf-8";
            await http.Response.WriteAsync("{}");
        });
        await using var world = await GatewayWorld.StartAsync(new RemoteOptions { Urls = [server.Url], ApiKey = "the-clusters-own" });
        using var request = new HttpRequestMessage(HttpMethod.Post, GatewayWorld.Predict) { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "the-callers");
        request.Headers.Connection.Add("X-Mine");
        foreach (var (name, value) in new[]
        {
            ("X-User", "ada"), ("Accept", "application/json"), ("X-Mine", "1"), ("Cookie", "c=d"), ("X-Api-Key", "k"), ("X-Forwarded-For", "1.2.3.4"), ("Forwarded", "for=1.2.3.4"), ("Origin", "http://o"),
            ("TE", "trailers"), ("Proxy-Authorization", "p"), ("X-Tarn-Variant", "remote"), ("If-None-Match", "*"), ("Keep-Alive", "1"),
        })
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value), name);
        }

        using var response = await world.Client.SendAsync(request, Cancellation);

        var sent = Assert.Single(server.Requests).Headers;
        Assert.Equal(("Bearer the-clusters-own", "ada", "application/json", "application/json; charset=utf-8", "1"), (sent["Authorization"], sent["X-User"], sent["Accept"], sent["Content-Type"], sent["X-Tarn-Hops"]));
        Assert.DoesNotContain(sent.Keys, static k => k is "X-Mine" or "Cookie" or "X-Api-Key" or "X-Forwarded-For" or "Forwarded" or "Origin" or "TE" or "Proxy-Authorization" or "X-Tarn-Variant" or "If-None-Match" or "Keep-Alive");
        Assert.Equal(new Uri(server.Url).Authority, sent["Host"]);
        Assert.Equal(("yes", "remote"), (response.Headers.GetValues("X-Model-Says").Single(), response.Headers.GetValues("X-Tarn-Variant").Single()));
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.DoesNotContain(response.Headers, static h => h.Key is "X-Of-Connection" or "Set-Cookie" or "Strict-Transport-Security" or "Access-Control-Allow-Origin");
    }

    [Fact]
    public async Task Where_the_cluster_has_no_key_the_callers_does_not_go_on_either()
    {
        await using var server = await ScriptedServer.AnsweringAsync("{}");
        await using var world = await GatewayWorld.StartAsync(server.Url);
        using var request = new HttpRequestMessage(HttpMethod.Post, GatewayWorld.Predict) { Content = new StringContent("{}") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "the-callers");

        using var response = await world.Client.SendAsync(request, Cancellation);

        Assert.False(Assert.Single(server.Requests).Headers.ContainsKey("Authorization"));
    }

    [Fact]
    public async Task A_request_with_two_lengths_or_a_hidden_second_request_reaches_no_instance()
    {
        await using var server = await ScriptedServer.AnsweringAsync("{}");
        await using var world = await GatewayWorld.StartAsync(server.Url);
        const string Hidden = "0\r\n\r\nPOST /v2/repository/models/x/unload HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
        var lengths = $"POST {GatewayWorld.Predict} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {Hidden.Length}\r\n";

        // What is one body here is one body there.
        Assert.Contains(" 200 ", await RawAsync(world.Host.Url, $"{lengths}\r\n{Hidden}"), StringComparison.Ordinal);
        Assert.Equal(Hidden, Encoding.ASCII.GetString(Assert.Single(server.Requests).Body));
        Assert.DoesNotContain(" 200 ", await RawAsync(world.Host.Url, $"{lengths}Content-Length: 1\r\n\r\n{Hidden}"), StringComparison.Ordinal);
        Assert.All(server.Requests, static s => Assert.Equal("/v1/models/half_plus_two:predict", s.Path));
    }

    [Fact]
    public async Task A_large_answer_is_passed_on_as_it_comes()
    {
        var part = RandomNumberGenerator.GetBytes(2 << 20);
        var gate = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(async (http, _) =>
        {
            await http.Response.Body.WriteAsync(part);
            await http.Response.Body.FlushAsync();
            await gate.Task;
            await http.Response.Body.WriteAsync(part);
        });
        await using var world = await GatewayWorld.StartAsync(server.Url);
        using var request = new HttpRequestMessage(HttpMethod.Post, GatewayWorld.Predict) { Content = new StringContent("{}") };

        using var response = await world.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await using var stream = await response.Content.ReadAsStreamAsync(Cancellation);
        var got = new byte[part.Length];
        await stream.ReadExactlyAsync(got, Cancellation);
        Assert.True(part.AsSpan().SequenceEqual(got));
        Assert.Equal(1, world.Remotes.Read()[0].InFlight);
        gate.SetResult();
        await stream.ReadExactlyAsync(got, Cancellation);
        Assert.True(part.AsSpan().SequenceEqual(got));
        Assert.Equal(0, await stream.ReadAsync(got, Cancellation));
    }

    [Fact]
    public async Task A_large_answer_that_breaks_off_does_not_look_whole()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await ScriptedServer.StartAsync(async (http, _) =>
        {
            await http.Response.Body.WriteAsync(new byte[2 << 20]);
            await http.Response.Body.FlushAsync();
            await begun.Task;
            http.Abort();
        });
        await using var world = await GatewayWorld.StartAsync(server.Url);
        using var request = new HttpRequestMessage(HttpMethod.Post, GatewayWorld.Predict) { Content = new StringContent("{}") };

        using var response = await world.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal(200, (int)response.StatusCode);
        begun.SetResult();
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.CopyToAsync(Stream.Null, Cancellation));
        Assert.Equal(1, world.Remotes.Read()[0].Failures);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_before_anything_was_sent_on_is_an_error()
    {
        await using var server = await ScriptedServer.StartAsync(static async (http, _) =>
        {
            await http.Response.Body.WriteAsync(new byte[100]);
            await http.Response.Body.FlushAsync();
            http.Abort();
        });
        await using var world = await GatewayWorld.StartAsync(server.Url);
        using var content = new StringContent("{}");

        using var answer = await world.Client.PostAsync(new Uri(GatewayWorld.Predict, UriKind.Relative), content, Cancellation);
        Assert.Equal(503, (int)answer.StatusCode);
        Assert.Equal(1, world.Remotes.Read()[0].Failures);
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

    [Theory]
    [InlineData("4")]
    [InlineData("x")]
    public async Task A_request_that_goes_in_circles_ends(string hops)
    {
        await using var server = await ScriptedServer.AnsweringAsync("{}");
        await using var world = await GatewayWorld.StartAsync(server.Url);
        using var request = new HttpRequestMessage(HttpMethod.Post, GatewayWorld.Predict) { Content = new StringContent("{}") };
        request.Headers.Add("X-Tarn-Hops", hops);

        using var response = await world.Client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.LoopDetected, response.StatusCode);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_server_of_the_open_protocol_is_asked_by_that_alone()
    {
        await using var server = await ScriptedServer.AnsweringAsync("{}");
        await using var world = await GatewayWorld.StartAsync(new RemoteOptions { Urls = [server.Url], Kind = RemoteKind.OpenInference });

        Assert.Equal(200, (await world.Host.PostAsync("/v2/models/pizza/infer", "{}")).Status);
        Assert.Contains("/v2/models", await world.Host.RefusedAsync(501, GatewayWorld.Predict, GatewayWorld.Body), StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused_here()
    {
        await using var server = await ScriptedServer.AnsweringAsync("{}");
        await using var world = await GatewayWorld.StartAsync(new RemoteOptions { Urls = [server.Url], MaxRequestBytes = 1024 });

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await PostAsync(world, GatewayWorld.Predict, new byte[1025])).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(world, GatewayWorld.Predict, new byte[1024])).StatusCode);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_cluster_that_is_not_configured_is_told()
    {
        await using var server = await ScriptedServer.AnsweringAsync("{}");
        await using var world = await GatewayWorld.StartAsync(new RemoteOptions { Urls = [server.Url] }, [new Variant("remote", VariantTarget.OfRemote("cpu"), 1)]);

        Assert.Contains("Serving:Remotes:cpu:Urls", await world.Host.RefusedAsync(503, GatewayWorld.Predict, GatewayWorld.Body), StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> PostAsync(GatewayWorld world, string path, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        return await world.Client.PostAsync(new Uri(path, UriKind.Relative), content, Cancellation);
    }

    private static async Task<string> RawAsync(Uri url, string request)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, url.Port, Cancellation);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Cancellation);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadToEndAsync(Cancellation);
    }
}
