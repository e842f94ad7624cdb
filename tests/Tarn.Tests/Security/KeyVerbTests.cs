using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary><c>keys …</c> and <c>audit …</c>, with a server and without one.</summary>
public sealed class KeyVerbTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_first_key_is_made_without_a_server_and_opens_the_one_that_starts_then()
    {
        await using var server = new SecuredServer();
        var made = Run(server);
        Assert.True(await made.RunAsync("keys", "create", "root", "--role", "admin", "--expires", "90d") == 0, made.Errors);
        var key = made.Output.Trim();
        Assert.StartsWith("tarn_", key, StringComparison.Ordinal);
        Assert.Contains("not shown again", made.Errors, StringComparison.Ordinal);

        await server.StartAsync();
        Assert.Equal(200, await server.StatusAsync(HttpMethod.Post, "/api/v1/door/anything", key));

        var audit = Run(server);
        Assert.Equal(0, await audit.RunAsync("audit", "list", "--json"));
        Assert.Contains(JsonNode.Parse(audit.Output)!.AsArray(), static e => (string?)e!["path"] == "/api/v1/keys" && (int?)e["status"] == 201);
    }

    [Fact]
    public async Task Keys_are_listed_rotated_and_revoked()
    {
        await using var server = await SecuredServer.StartAsync();
        var made = Run(server);
        Assert.Equal(0, await made.RunAsync("keys", "create", "kiosk", "--endpoint", "pizza", "--verb", "predict", "--verb", "feedback", "--rate", "50", "--quota", "1000", "--json"));
        var json = JsonNode.Parse(made.Output)!;
        var (old, id) = ((string)json["key"]!, (string)json["details"]!["id"]!);
        Assert.Equal(("operator", 50, 1000), ((string?)json["details"]!["role"], (long?)json["details"]!["burst"], (long?)json["details"]!["requestsPerDay"]));

        var rotated = Run(server);
        Assert.Equal(0, await rotated.RunAsync("keys", "rotate", id, "--grace", "0s", "--json"));
        Assert.Equal(401, await server.StatusAsync(HttpMethod.Get, "/api/v1/session", old));
        Assert.Equal(200, await server.StatusAsync(HttpMethod.Get, "/api/v1/session", (string)JsonNode.Parse(rotated.Output)!["key"]!));

        var listed = Run(server);
        Assert.Equal(0, await listed.RunAsync("keys", "list"));
        Assert.Contains("predict, feedback, pizza", listed.Output, StringComparison.Ordinal);
        Assert.Equal(0, await Run(server).RunAsync("keys", "revoke", id));
        var gone = Run(server);
        Assert.Equal(0, await gone.RunAsync("keys", "list", "--all", "--json"));
        Assert.Equal("revoked", (string?)JsonNode.Parse(gone.Output)!.AsArray().Single()!["state"]);
        var none = Run(server);
        Assert.NotEqual(0, await none.RunAsync("keys", "revoke", "nobody"));
        Assert.Contains("no key of that id", none.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verbs_send_the_key_that_they_are_given_and_a_named_server_gets_no_other()
    {
        await using var server = await SecuredServer.StartAsync();
        var viewer = await server.KeyAsync("v", new { role = "viewer" });
        var url = server.Host.Url.ToString();

        var nobody = Run(server);
        Assert.Equal(1, await nobody.RunAsync("pipelines", "list", "--server", url));
        Assert.Contains("TARN_API_KEY", nobody.Errors, StringComparison.Ordinal);

        Assert.Equal(0, await Run(server).RunAsync("pipelines", "list", "--server", url, "--api-key", viewer));
        var run = Run(server);
        run.Environment["TARN_API_KEY"] = viewer;
        Assert.Equal(0, await run.RunAsync("pipelines", "list", "--server", url));

        // Also where the data directory has a key of its own: who says who they are is taken at their word.
        Assert.Equal(1, await run.RunAsync("keys", "list"));
        Assert.Contains("needs the role admin", run.Errors, StringComparison.Ordinal);
        Assert.Equal(0, await Run(server).RunAsync("keys", "list"));
    }

    [Theory]
    [InlineData("keys create alice", "has a role")]
    [InlineData("keys create alice --role king", "viewer, operator or admin")]
    [InlineData("keys create alice --verb fly", "predict, feedback or read")]
    [InlineData("keys create alice --role viewer --verb predict", "at least the role operator")]
    [InlineData("keys create alice --role admin --expires soon", "duration")]
    public async Task What_makes_no_key_is_said(string line, string rule)
    {
        var run = new TestRun { DataDirectory = _folder.Combine("data") };
        Assert.Equal(2, await run.RunAsync(line.Split(' ')));
        Assert.Contains(rule, run.Errors, StringComparison.Ordinal);
    }

    private static TestRun Run(SecuredServer server) => new() { DataDirectory = server.DataDirectory };
}
