using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Requests to a variant that is remote, over real connections: where they go, with which headers, and what comes back.</summary>
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
}
