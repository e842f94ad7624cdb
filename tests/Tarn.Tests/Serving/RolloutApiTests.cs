using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Tests;

/// <summary>Rollouts over REST.</summary>
public sealed class RolloutApiTests : IAsyncLifetime
{
    private readonly EndpointServer _server = new();

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_rollout_is_started_paused_resumed_and_aborted()
    {
        var started = await _server.Server.PostAsync("/api/v1/endpoints/half/rollout", """
            {"canary": 2, "stages": [10, 50, 100], "minSamplesPerStage": 1000000, "maxStageMinutes": 90, "metrics": [{"metric": "errors", "margin": 0.02}, {"metric": "slow_answers", "slowerThanMs": 250}], "reason": "0.97"}
            """);
        Assert.Equal(("running", "canary", 2L, 0, "[10,50,100]", 90d), ((string?)started["status"], (string?)started["canary"], (long)started["canaryVersion"]!, (int)started["stage"]!, started["stages"]!.ToJsonString(), (double)started["maxStageMinutes"]!));
        Assert.Equal([("errors", 0.02, "open"), ("slow_answers", 0.05, "open")], started["tests"]!.AsArray().Select(static t => ((string)t!["metric"]!, (double)t["margin"]!, (string)t["verdict"]!)));
        Assert.Equal((1d, 80d), ((double)started["tests"]![0]!["eRollback"]!, Math.Round((double)started["tests"]![0]!["needed"]!)));
        var endpoint = await _server.Server.GetAsync("/api/v1/endpoints/half");
        Assert.Equal([("champion", 0.9), ("canary", 0.1)], endpoint["variants"]!.AsArray().Select(static v => ((string)v!["name"]!, (double)v["share"]!)));
        Assert.True((bool)endpoint["variants"]![1]!["isLoaded"]!);
        Assert.Equal("running", (string?)endpoint["rollout"]!["status"]);
        Assert.Equal(409, (await _server.SendAsync(HttpMethod.Post, "/api/v1/endpoints/half/rollout", """{"canary": 3}""")).Status);
        Assert.Contains("rollout", (string?)(await _server.SplitAsync("""{"variants": [{"alias": "champion", "weight": 1}]}""", 409))["detail"], StringComparison.Ordinal);

        Assert.Equal("paused", (string?)(await _server.Server.PostAsync("/api/v1/endpoints/half/rollout/pause", """{"reason": "Lunch"}"""))["status"]);
        Assert.Equal(409, (await _server.SendAsync(HttpMethod.Post, "/api/v1/endpoints/half/rollout/pause")).Status);
        Assert.Equal("running", (string?)(await _server.Server.PostAsync("/api/v1/endpoints/half/rollout/resume"))["status"]);
        var aborted = await _server.Server.PostAsync("/api/v1/endpoints/half/rollout/abort", """{"reason": "Not today"}""");
        Assert.Equal(("aborted", "Not today", true), ((string?)aborted["status"], (string?)aborted["reason"], aborted["endedAt"] is not null));
        Assert.Equal(409, (await _server.SendAsync(HttpMethod.Post, "/api/v1/endpoints/half/rollout/abort")).Status);
        Assert.Equal("champion", (string?)(await _server.Server.GetAsync("/api/v1/endpoints/half"))["variants"]!.AsArray().Single()!["name"]);
        Assert.Equal((string)aborted["status"]!, (string?)(await _server.Server.GetAsync("/api/v1/endpoints/half/rollouts")).AsArray().Single()!["status"]);
        Assert.Equal(
            ["rollout_aborted", "rollout_resumed", "rollout_paused", "rollout_started", "created"],
            (await _server.Server.GetAsync("/api/v1/endpoints/half/ledger")).AsArray().Select(static e => (string)e!["kind"]!));
    }

    [Fact]
    public async Task A_canary_that_cannot_answer_gets_no_request()
    {
        foreach (var (canary, part) in ((string, string)[])[("4", "could not be loaded"), ("9", "no version 9"), ("\"nobody\"", "no alias nobody"), ("{\"alias\": \"champion\"}", "another version than the control"), ("null", "canary is")])
        {
            var (status, problem) = await _server.SendAsync(HttpMethod.Post, "/api/v1/endpoints/half/rollout", $$"""{"canary": {{canary}}}""");
            Assert.Equal(400, status);
            Assert.Contains(part, (string?)problem["detail"], StringComparison.Ordinal);
        }

        Assert.Equal(400, (await _server.SendAsync(HttpMethod.Post, "/api/v1/endpoints/half/rollout", """{"canary": 2, "stages": [50, 10], "maxStageMinutes": 1e300, "onSuccess": "promote_champion"}""")).Status);
        Assert.Equal(400, (await _server.SendAsync(HttpMethod.Post, "/api/v1/endpoints/half/rollout", """{"canary": 2, "onSuccess": "party"}""")).Status);
        Assert.Equal(404, (await _server.SendAsync(HttpMethod.Post, "/api/v1/endpoints/none/rollout", """{"canary": 2}""")).Status);
        Assert.Single((await _server.Server.GetAsync("/api/v1/endpoints/half/ledger")).AsArray());
    }

    [Fact]
    public async Task Those_who_watch_hear_of_changes_and_counts()
    {
        var ct = TestContext.Current.CancellationToken;
        using var reader = new StreamReader(await _server.Server.Http.GetStreamAsync(new Uri("/api/v1/events?types=endpoint", UriKind.Relative), ct));
        while (await reader.ReadLineAsync(ct) is not ": watching")
        {
        }

        await _server.SplitAsync("""{"variants": [{"version": 2, "weight": 1}]}""");
        Assert.Equal("half", (string?)(await NextAsync(reader))["name"]);
        await _server.AskAsync(1);
        Assert.Equal("half", (string?)(await NextAsync(reader))["name"]);
    }

    private static async Task<JsonNode> NextAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                return JsonNode.Parse(line[6..])!;
            }
        }

        throw new EndOfStreamException();
    }
}
