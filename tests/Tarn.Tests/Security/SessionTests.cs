using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Tests;

/// <summary>Sessions, as a browser has them.</summary>
public sealed class SessionTests
{
    [Fact]
    public async Task A_key_begins_a_session_whose_cookie_stands_for_it()
    {
        await using var server = await SecuredServer.StartAsync();
        var key = await server.KeyAsync("alice", new { role = "operator" });
        var (cookie, set) = await BeginAsync(server, key);
        Assert.Contains("httponly", set, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", set, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("path=/", set, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("secure", set, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(key.Split('_', 3)[2], set, StringComparison.Ordinal);
        var (status, who) = await server.AskAsync(HttpMethod.Get, "/api/v1/session", null, null, cookie);
        Assert.Equal((200, "session", "operator", "alice"), (status, (string?)who!["via"], (string?)who["role"], (string?)who["name"]));
        Assert.NotNull(who["expiresAt"]);
        Assert.Equal($"{key.Split('_')[1]} operator", (string?)(await server.AskAsync(HttpMethod.Get, "/api/v1/door/who", null, null, cookie)).Json);
        Assert.Equal(403, (await server.AskAsync(HttpMethod.Post, "/api/v1/door/anything", null, null, cookie)).Status);

        using var end = await server.SendAsync(HttpMethod.Delete, "/api/v1/session", null, null, cookie);
        Assert.Equal(204, (int)end.StatusCode);
        Assert.Contains("expires=Thu, 01 Jan 1970", end.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        var (ended, problem) = await server.AskAsync(HttpMethod.Get, "/api/v1/session", null, null, cookie);
        Assert.Equal((401, "urn:tarn:unauthenticated", "The session has ended."), (ended, (string?)problem!["type"], (string?)problem["rule"]));
    }

    [Fact]
    public async Task A_page_of_another_origin_uses_no_session()
    {
        await using var server = await SecuredServer.StartAsync(("Security:Hosts", "tarn.example.org"));
        var (cookie, _) = await BeginAsync(server, await server.KeyAsync("alice", new { role = "admin" }));
        var own = $"http://127.0.0.1:{server.Host.Url.Port}";
        async Task<int> AsyncFrom(params (string, string)[] headers) => (await server.AskAsync(HttpMethod.Post, "/api/v1/door/anything", null, null, [cookie, .. headers])).Status;
        Assert.Equal(200, await AsyncFrom(("Origin", own), ("Sec-Fetch-Site", "same-origin")));
        Assert.Equal(200, await AsyncFrom(("Host", "tarn.example.org"), ("Origin", "https://tarn.example.org")));
        Assert.Equal(403, await AsyncFrom(("Origin", "http://127.0.0.1:1")));
        Assert.Equal(403, await AsyncFrom(("Origin", $"https://127.0.0.1:{server.Host.Url.Port}")));
        Assert.Equal(403, await AsyncFrom(("Origin", "null")));
        Assert.Equal(403, await AsyncFrom(("Origin", "https://evil.example.org")));
        Assert.Equal(403, await AsyncFrom(("Sec-Fetch-Site", "cross-site")));
    }

    [Fact]
    public async Task What_is_no_key_begins_no_session_and_stands_in_the_audit_log()
    {
        await using var server = await SecuredServer.StartAsync();
        foreach (var body in new object[] { new { }, new { key = "tarn_abc_def" }, new { key = server.Host.LocalKey }, new { key = "a.b.c" } })
        {
            using var answer = await server.SendAsync(HttpMethod.Post, "/api/v1/session", null, System.Net.Http.Json.JsonContent.Create(body));
            Assert.Equal(401, (int)answer.StatusCode);
            Assert.False(answer.Headers.Contains("Set-Cookie"));
        }

        Assert.Equal(4, (await server.AuditAsync()).Where(static e => (int?)e!["status"] == 401).Sum(static e => (long)e!["times"]!));
        Assert.Equal(413, await server.StatusAsync(HttpMethod.Post, "/api/v1/session", null, new { key = new string('x', 70_000) }));
    }

    private static async Task<((string, string) Cookie, string Set)> BeginAsync(SecuredServer server, string key)
    {
        using var answer = await server.SendAsync(HttpMethod.Post, "/api/v1/session", null, System.Net.Http.Json.JsonContent.Create(new { key }));
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True((int)answer.StatusCode == 200, text);
        Assert.Equal("required", (string?)JsonNode.Parse(text)!["authentication"]);
        var set = answer.Headers.GetValues("Set-Cookie").Single();
        return (("Cookie", set.Split(';')[0]), set);
    }
}
