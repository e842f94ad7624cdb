using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary>What a server lets through whose callers have to say who they are.</summary>
public sealed class SecurityGateTests
{
    private static readonly HttpMethod Get = HttpMethod.Get;
    private static readonly HttpMethod Post = HttpMethod.Post;

    [Fact]
    public async Task Who_says_nothing_reads_no_data_and_is_told_how_to_say_it()
    {
        await using var server = await SecuredServer.StartAsync();
        using var answer = await server.SendAsync(Get, "/api/v1/pipelines", null);
        Assert.Equal((401, "Bearer realm=\"tarn\""), ((int)answer.StatusCode, answer.Headers.WwwAuthenticate.ToString()));
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal("urn:tarn:unauthenticated", (string?)problem["type"]);
        Assert.Contains("keys create", (string?)problem["remedy"], StringComparison.Ordinal);

        foreach (var path in new[] { "/api/v1/status", "/api/v1/events", "/openapi/v1.json", "/metrics", "/v1/models/m", "/api/2.0/mlflow/experiments/list", "/api/v1/session", "/api/v1/nothing", "/version", "/API/V1/status" })
        {
            Assert.True(await server.StatusAsync(Get, path, null) == 401, path);
        }

        Assert.Equal(401, await server.StatusAsync(Post, "/api/v1/door/anything", null));
        Assert.Equal(401, await server.StatusAsync(Post, "/tables/x", null));
        Assert.Equal(401, await server.StatusAsync(HttpMethod.Put, "/", null));
    }

    [Fact]
    public async Task Health_and_the_consoles_pages_are_for_everybody()
    {
        await using var server = await SecuredServer.StartAsync();
        Assert.Equal(200, await server.StatusAsync(Get, "/health/live", null));
        Assert.Equal(200, await server.StatusAsync(Get, "/health/ready", null));
        using var page = await server.SendAsync(Get, "/tables/silver.notes", null, null, ("Accept", "text/html"));
        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        Assert.NotEqual(401, (int)page.StatusCode);
    }

    [Fact]
    public async Task A_key_is_sent_in_either_header_and_the_caller_is_the_user()
    {
        await using var server = await SecuredServer.StartAsync();
        var key = await server.KeyAsync("alice", new { role = "viewer" });
        var id = key.Split('_')[1];
        Assert.Equal($"{id} viewer", (string?)(await server.AskAsync(Get, "/api/v1/door/who", key)).Json);
        Assert.Equal($"{id} viewer", (string?)(await server.AskAsync(Get, "/api/v1/door/who", null, null, ("X-Api-Key", key))).Json);
        Assert.Equal($"{id} viewer", (string?)(await server.AskAsync(Get, "/api/v1/door/who", null, null, ("Authorization", $"bearer  {key}"))).Json);
        Assert.Equal("local admin", (string?)(await server.AskAsync(Get, "/api/v1/door/who", server.Host.LocalKey)).Json);
        foreach (var wrong in new[] { $"Basic {key}", $"Bearer {key}x", "Bearer tarn_local_0", "Bearer a.b.c", "Bearer " })
        {
            using var answer = await server.SendAsync(Get, "/api/v1/door/who", null, null, ("Authorization", wrong));
            Assert.Equal((401, "Bearer realm=\"tarn\", error=\"invalid_token\""), ((int)answer.StatusCode, answer.Headers.WwwAuthenticate.ToString()));
        }
    }

    [Fact]
    public async Task Each_role_may_what_the_table_says()
    {
        await using var server = await SecuredServer.StartAsync();
        var (viewer, worker, admin) = (await server.KeyAsync("v", new { role = "viewer" }), await server.KeyAsync("o", new { role = "operator" }), await server.KeyAsync("a", new { role = "admin" }));
        async Task<string> StatusesAsync(HttpMethod method, string path, object? body = null) =>
            $"{await server.StatusAsync(method, path, viewer, body)} {await server.StatusAsync(method, path, worker, body)} {await server.StatusAsync(method, path, admin, body)}";
        Assert.Equal("200 200 200", await StatusesAsync(Get, "/api/v1/pipelines"));
        Assert.Equal("200 200 200", await StatusesAsync(Post, "/api/v1/query", new { sql = "select 1" }));
        Assert.Equal("403 404 404", await StatusesAsync(Post, "/api/v1/pipelines/none/runs", new { }));
        Assert.Equal("403 404 404", await StatusesAsync(Post, "/v1/endpoints/e/predict", new { }));
        Assert.Equal("403 403 200", await StatusesAsync(Post, "/api/v1/door/anything"));
        Assert.Equal("403 403 200", await StatusesAsync(Get, "/api/v1/keys"));
        Assert.Equal("403 403 200", await StatusesAsync(Get, "/api/v1/audit"));
        Assert.Equal("403 403 404", await StatusesAsync(Post, "/api/v1/models/none/promote", new { version = 1 }));
        var (_, problem) = await server.AskAsync(Post, "/api/v1/pipelines/none/runs", viewer, new { });
        Assert.Equal("urn:tarn:forbidden", (string?)problem!["type"]);
        Assert.Contains("needs the role operator", (string?)problem["rule"], StringComparison.Ordinal);
        Assert.Contains("--role operator", (string?)problem["remedy"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_narrowed_key_is_for_its_endpoints_and_verbs_alone()
    {
        await using var server = await SecuredServer.StartAsync();
        var key = await server.KeyAsync("kiosk", new { endpoints = new[] { "pizza" }, verbs = new[] { "predict" } });
        Assert.Equal(404, await server.StatusAsync(Post, "/v1/endpoints/pizza/predict", key, new { }));
        Assert.Equal(404, await server.StatusAsync(Post, "/v1/models/pizza:predict", key, new { }));
        foreach (var (method, path, lack) in new[]
        {
            (Post, "/v1/endpoints/pasta/predict", "about pasta"), (Post, "/v1/endpoints/pizza/feedback", "verb feedback"), (Get, "/v1/endpoints/pizza/info", "verb read"),
            (Post, "/invocations", "names no endpoint"), (Get, "/api/v1/pipelines", "verb read"), (Post, "/api/v1/pipelines/p/runs", "verb change"), (Get, "/api/v1/keys", "role admin"),
        })
        {
            var (status, problem) = await server.AskAsync(method, path, key, method == Post ? new { } : null);
            Assert.True(status == 403, path);
            Assert.Contains(lack, (string?)(problem!["rule"] ?? problem["error"] ?? problem["message"]), StringComparison.Ordinal);
        }

        var (ok, session) = await server.AskAsync(Get, "/api/v1/session", key);
        Assert.Equal((200, "operator", "pizza", "predict"), (ok, (string?)session!["role"], (string?)session["endpoints"]![0], (string?)session["verbs"]![0]));
    }

    [Fact]
    public async Task Beyond_the_rate_and_the_quota_a_key_is_told_when_to_come_again()
    {
        await using var server = await SecuredServer.StartAsync();
        var slow = await server.KeyAsync("slow", new { role = "viewer", ratePerSecond = 0.001, burst = 2 });
        Assert.Equal(200, await server.StatusAsync(Get, "/api/v1/door/who", slow));
        Assert.Equal(200, await server.StatusAsync(Get, "/api/v1/door/who", slow));
        using var refused = await server.SendAsync(Get, "/api/v1/door/who", slow);
        Assert.Equal(429, (int)refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 900, 1000);
        Assert.Contains("urn:tarn:rate-limited", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        var few = await server.KeyAsync("few", new { role = "viewer", requestsPerDay = 1 });
        Assert.Equal(200, await server.StatusAsync(Get, "/api/v1/door/who", few));
        var (status, problem) = await server.AskAsync(Get, "/api/v1/door/who", few);
        Assert.Equal((429, "urn:tarn:quota-exceeded"), (status, (string?)problem!["type"]));
        Assert.Equal(200, await server.StatusAsync(Get, "/health/live", few));
    }

    [Fact]
    public async Task A_quota_outlives_a_restart()
    {
        await using var server = await SecuredServer.StartAsync();
        var few = await server.KeyAsync("few", new { role = "viewer", requestsPerDay = 1 });
        Assert.Equal(200, await server.StatusAsync(Get, "/api/v1/door/who", few));
        await server.StopAsync();
        Assert.False(File.Exists(Path.Combine(server.DataDirectory, ServerKey.FileName)));
        await server.StartAsync();
        Assert.Equal(429, await server.StatusAsync(Get, "/api/v1/door/who", few));
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_whether_it_says_its_length_or_not()
    {
        await using var server = await SecuredServer.StartAsync(("Security:MaxBodyBytes", "2048"), ("Security:MaxPredictionBytes", "4096"));
        using var long3 = new StringContent($"\"{new string('x', 3000)}\"", Encoding.UTF8, "application/json");
        using var declared = await server.SendAsync(Post, "/api/v1/query", server.Host.LocalKey, long3);
        Assert.Equal((413, true), ((int)declared.StatusCode, declared.Headers.ConnectionClose));
        var problem = JsonNode.Parse(await declared.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(("urn:tarn:too-large", "3002"), ((string?)problem["type"], (string?)problem["value"]));
        using var chunked = new StreamContent(new Unsized(Encoding.UTF8.GetBytes($$"""{"sql":"{{new string('x', 3000)}}"}""")));
        chunked.Headers.ContentType = new("application/json");
        using var answer = await server.SendAsync(Post, "/api/v1/query", server.Host.LocalKey, chunked);
        Assert.Equal((413, true), ((int)answer.StatusCode, answer.Headers.ConnectionClose));
        foreach (var (size, status) in new[] { (3000, 404), (5000, 413) })
        {
            using var input = new StringContent(new string('x', size));
            using var predicted = await server.SendAsync(Post, "/v1/endpoints/e/predict", server.Host.LocalKey, input);
            Assert.Equal(status, (int)predicted.StatusCode);
        }
    }

    [Fact]
    public async Task Without_authentication_everybody_is_an_admin_as_ever()
    {
        await using var server = await SecuredServer.StartAsync(("Security:Authentication", "none"));
        Assert.Equal("local admin", (string?)(await server.AskAsync(Get, "/api/v1/door/who", null)).Json);
        Assert.Equal(200, await server.StatusAsync(Post, "/api/v1/door/anything", null));
        Assert.Equal(200, await server.StatusAsync(Get, "/api/v1/keys", null));
        var (status, session) = await server.AskAsync(Post, "/api/v1/session", null, new { });
        Assert.Equal((200, "none", "admin"), (status, (string?)session!["authentication"], (string?)session["role"]));
        Assert.False(File.Exists(Path.Combine(server.DataDirectory, ServerKey.FileName)));
        Assert.Contains((await server.AskAsync(Get, "/api/v1/audit", null)).Json!.AsArray(), static e => (string?)e!["path"] == "/api/v1/door/anything" && (string?)e["via"] == "anybody");
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("192.168.1.5:8080", 200)]
    [InlineData("tarn.example.org", 200)]
    [InlineData("a.lab.example.org:8443", 200)]
    [InlineData("lab.example.org", 421)]
    [InlineData("evil.example.org", 421)]
    public async Task The_server_answers_to_its_names(string host, int status)
    {
        await using var server = await SecuredServer.StartAsync(("Security:Hosts", "tarn.example.org, *.lab.example.org"));
        Assert.Equal(status, (await server.AskAsync(Get, "/health/live", null, null, ("Host", host))).Status);
    }

    [Fact]
    public async Task The_machines_own_key_is_for_this_user_alone()
    {
        await using var server = await SecuredServer.StartAsync();
        var file = Path.Combine(server.DataDirectory, ServerKey.FileName);
        Assert.Equal(server.Host.LocalKey, ServerKey.Read(server.DataDirectory)!.Key);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    private sealed class Unsized(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
