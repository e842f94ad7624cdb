using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Tests;

/// <summary>An endpoint whose requests another server answers, set by the API.</summary>
public sealed class RemoteApiTests
{
    [Fact]
    public async Task A_split_names_a_cluster_and_its_server_answers()
    {
        await using var far = new EndpointServer();
        await far.InitializeAsync();
        await using var near = new TestServer
        {
            Program = EndpointServer.Create,
            Settings = new Dictionary<string, string?> { ["Serving:Remotes:west:Urls"] = far.Server.Url.AbsoluteUri.TrimEnd('/') },
        };
        await near.InitializeAsync();

        var split = await PutAsync(near, """{"variants": [{"remote": "west", "weight": 1}], "reason": "Elsewhere"}""", 200);
        var variant = Assert.Single(split["variants"]!.AsArray())!;
        Assert.Equal(("west", "west"), ((string?)variant["name"], (string?)variant["target"]!["remote"]));
        var answer = await near.PostAsync("/v1/endpoints/half/predict", """{"instances": [2.0]}""");
        Assert.Equal(3.0, answer["predictions"]![0]!.GetValue<double>());
        var remote = Assert.Single((await near.GetAsync("/api/v1/serving/remotes")).AsArray())!;
        Assert.Equal(("west", 1, 10), ((string?)remote["name"], (int?)remote["requests"], (int?)remote["retriesLeft"]));
        var reached = (await near.GetAsync("/api/v1/endpoints/half"))["variants"]![0]!;
        Assert.Equal((true, "loaded"), ((bool?)reached["isLoaded"], (string?)reached["state"]));
        Assert.Contains("east", (await PutAsync(near, """{"variants": [{"remote": "east", "weight": 1}]}""", 400)).ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("remote:west=20", "west", "west")]
    [InlineData("canary@remote:west=20", "canary", "west")]
    public void The_command_line_names_clusters(string text, string name, string remote)
    {
        var variant = Assert.Single(SplitText.Variants([text]));
        Assert.Equal((name, remote, 20.0), (variant.Name, variant.Remote, variant.Weight));
        Assert.Null(variant.Alias);
    }

    private static async Task<JsonNode> PutAsync(TestServer server, string body, int status)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await server.Http.PutAsync(new Uri("/api/v1/endpoints/half/split", UriKind.Relative), content, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode}: {text}");
        return JsonNode.Parse(text)!;
    }
}
