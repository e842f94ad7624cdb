using System.Text.Json.Nodes;
using Tarn.Registry;
using Tarn.Serving;
using Xunit;

namespace Tarn.Tests;

/// <summary>Endpoints over REST, on a host with registered models.</summary>
public sealed class EndpointApiTests : IAsyncLifetime
{
    private readonly EndpointServer _server = new();

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task An_endpoint_tells_what_answers_and_what_was_counted()
    {
        for (var i = 0; i < 5; i++)
        {
            await _server.AskAsync(2);
        }

        var endpoint = await _server.Server.GetAsync("/api/v1/endpoints/half");
        var variant = endpoint["variants"]![0]!;
        Assert.Equal(("half", "half", "/v1/endpoints/half/predict", false), ((string?)endpoint["name"], (string?)endpoint["model"], (string?)endpoint["url"], (bool)endpoint["takesImages"]!));
        Assert.Equal(("champion", 1, "champion", 100d, 1d, true), ((string?)variant["name"], (int)variant["version"]!, (string?)variant["target"]!["alias"], (double)variant["weight"]!, (double)variant["share"]!, (bool)variant["isLoaded"]!));
        Assert.Equal((5, 0), ((int)variant["counts"]!["requests"]!, (int)variant["counts"]!["errors"]!));
        Assert.True((double)variant["counts"]!["p50Ms"]! > 0, variant.ToJsonString());
        Assert.Null(endpoint["rollout"]);
        var windows = (await _server.Server.GetAsync("/api/v1/endpoints/half/windows?minutes=5"))["variants"]![0]!;
        Assert.Equal(5, windows["windows"]!.AsArray().Sum(static w => (int)w!["requests"]!));
        Assert.Equal(["half", "shade"], (await _server.Server.GetAsync("/api/v1/endpoints")).AsArray().Select(static e => (string)e!["name"]!));
        await _server.Server.GetAsync("/api/v1/endpoints/none", 404);
        await _server.Server.GetAsync("/api/v1/endpoints/half/windows?minutes=61", 400);
    }

    [Fact]
    public async Task An_endpoint_without_a_model_says_what_to_do()
    {
        var (status, body) = await _server.SendAsync(HttpMethod.Post, "/v1/endpoints/shade/predict", """{"instances": [1]}""");
        Assert.Equal(503, status);
        Assert.Contains("Paint one.", (string?)body["error"], StringComparison.Ordinal);
        var endpoint = await _server.Server.GetAsync("/api/v1/endpoints/shade");
        Assert.False((bool)endpoint["variants"]![0]!["isLoaded"]!);
        Assert.Null(endpoint["variants"]![0]!["version"]);
        Assert.Equal("none", (string?)endpoint["variants"]![0]!["state"]);
    }

    [Fact]
    public async Task An_alias_that_moves_to_what_cannot_be_loaded_says_so_and_the_version_before_goes_on_answering()
    {
        await _server.Registry.Models.SetAliasAsync("half", "champion", EndpointServer.Broken, new AliasChange("test", ""), TestContext.Current.CancellationToken);
        await EndpointServer.WaitAsync(() => _server.Models.Inspect("half")!.Find(EndpointServer.Broken)?.State == VersionState.End);
        Assert.Equal(("champion", "1", 3f), Answer(await _server.AskAsync(2)));
        var variant = (await _server.Server.GetAsync("/api/v1/endpoints/half"))["variants"]![0]!;
        Assert.Equal((1, "loaded", EndpointServer.Broken, "failed"), ((int)variant["version"]!, (string?)variant["state"], (int)variant["next"]!["version"]!, (string?)variant["next"]!["state"]));
        Assert.NotEmpty((string)variant["next"]!["problem"]!);
    }

    [Fact]
    public async Task A_split_takes_effect_at_once_with_versions_that_were_not_loaded_before()
    {
        Assert.Equal(("champion", "1", 3f), Answer(await _server.AskAsync(2)));
        Assert.Null(_server.Models.Inspect("half")!.Find(3));
        var view = await _server.SplitAsync("""{"variants": [{"name": "new", "version": 3, "weight": 1}, {"alias": "champion", "weight": 0}], "shadows": [{"version": 2, "fraction": 1}], "stickyHeader": "x-user", "reason": "A look"}""");
        Assert.Equal(("new", "3", 5f), Answer(await _server.AskAsync(2)));
        Assert.Equal((3, true, 1d), ((int)view["variants"]![0]!["version"]!, (bool)view["variants"]![0]!["isLoaded"]!, (double)view["variants"]![0]!["share"]!));
        Assert.Equal(("v2", true, "x-user"), ((string?)view["shadows"]![0]!["name"], (bool)view["shadows"]![0]!["isLoaded"]!, (string?)view["stickyHeader"]));

        // What is left out of a split stays; what is empty is taken away.
        var kept = await _server.SplitAsync("""{"variants": [{"alias": "champion", "weight": 1}]}""");
        Assert.Equal((1, "x-user"), (kept["shadows"]!.AsArray().Count, (string?)kept["stickyHeader"]));
        var bare = await _server.SplitAsync("""{"variants": [{"alias": "champion", "weight": 1}], "shadows": [], "stickyHeader": ""}""");
        Assert.Empty(bare["shadows"]!.AsArray());
        Assert.Null(bare["stickyHeader"]);
        Assert.Equal(("champion", "1", 3f), Answer(await _server.AskAsync(2)));

        // What nothing names is let go.
        await EndpointServer.WaitAsync(() => _server.Models.Inspect("half")!.Find(3) is null);
    }

    [Fact]
    public async Task A_split_under_load_fails_no_request_and_is_followed_by_the_next_one()
    {
        using var stop = new CancellationTokenSource();
        var failures = 0;
        var load = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var (status, _) = await _server.SendAsync(HttpMethod.Post, "/v1/endpoints/half/predict", """{"instances": [2]}""");
                Interlocked.Add(ref failures, status == 200 ? 0 : 1);
            }
        })));
        for (var i = 0; i < 12; i++)
        {
            // Whatever is asked once the split is answered is split so: not within some milliseconds, but from the first request on.
            var version = 1 + (i % 3);
            await _server.SplitAsync($$"""{"variants": [{"name": "only", "version": {{version}}, "weight": 1}]}""");
            Assert.Equal($"{version}", (string?)(await _server.AskAsync(2))["model_version"]);
        }

        await stop.CancelAsync();
        await load;
        Assert.Equal(0, failures);
    }

    [Fact]
    public async Task A_bad_split_names_all_that_is_wrong_and_changes_nothing()
    {
        var rules = await _server.SplitAsync("""{"variants": [{"name": "A B", "alias": "champion", "weight": -1}, {"name": "x", "version": 0, "weight": 0}], "shadows": [{"name": "x", "alias": "champion", "fraction": 2}]}""", 400);
        foreach (var part in (string[])["A B", "-1", "target of x", "fraction"])
        {
            Assert.Contains(part, (string?)rules["detail"], StringComparison.Ordinal);
        }

        var missing = await _server.SplitAsync($$"""{"variants": [{"alias": "nobody", "weight": 1}, {"version": 9, "weight": 1}, {"version": {{EndpointServer.Broken}}, "weight": 1}, {"alias": "champion", "weight": 1}]}""", 400);
        foreach (var part in (string[])["nobody: the model half has no alias nobody", "v9: the model half has no version 9", "v4: version 4 of half could not be loaded: "])
        {
            Assert.Contains(part, (string?)missing["detail"], StringComparison.Ordinal);
        }

        Assert.DoesNotContain("champion", (string?)missing["value"], StringComparison.Ordinal);
        await _server.SplitAsync("{}", 400);
        await _server.SplitAsync("""{"variants": [{"alias": "champion"}]}""", 400);
        Assert.Single((await _server.Server.GetAsync("/api/v1/endpoints/half/ledger")).AsArray());
    }

    [Fact]
    public async Task A_split_of_a_stale_revision_is_refused()
    {
        var seen = (long)(await _server.Server.GetAsync("/api/v1/endpoints/half"))["revision"]!;
        var first = await _server.SplitAsync($$"""{"variants": [{"version": 2, "weight": 1}], "revision": {{seen}}}""");
        Assert.True((long)first["revision"]! > seen);
        var refused = await _server.SplitAsync($$"""{"variants": [{"version": 3, "weight": 1}], "revision": {{seen}}}""", 409);
        Assert.Contains("changed by somebody else", (string?)refused["detail"], StringComparison.Ordinal);
        Assert.Equal("2", (string?)(await _server.AskAsync(1))["model_version"]);
    }

    [Fact]
    public async Task The_ledger_has_every_change_also_of_an_endpoint_that_is_gone()
    {
        var (status, made) = await _server.SendAsync(HttpMethod.Post, "/api/v1/endpoints", """{"name": "other", "model": "half", "variants": [{"version": 2, "weight": 1}], "reason": "To try it"}""");
        Assert.Equal((201, "other", true), (status, (string?)made["name"], (bool)made["variants"]![0]!["isLoaded"]!));
        Assert.Equal("2", (string?)(await _server.AskAsync(1, "other"))["model_version"]);
        Assert.Equal(409, (await _server.SendAsync(HttpMethod.Post, "/api/v1/endpoints", """{"name": "other", "model": "half"}""")).Status);
        Assert.Equal(400, (await _server.SendAsync(HttpMethod.Post, "/api/v1/endpoints", """{"name": "No Name", "model": "a/b"}""")).Status);
        Assert.Equal(201, (await _server.SendAsync(HttpMethod.Post, "/api/v1/endpoints", """{"name": "later", "model": "not-there-yet"}""")).Status);
        Assert.Equal(204, (await _server.SendAsync(HttpMethod.Delete, "/api/v1/endpoints/other?reason=Done")).Status);
        Assert.Equal(404, (await _server.SendAsync(HttpMethod.Post, "/v1/endpoints/other/predict", """{"instances": [1]}""")).Status);
        var ledger = (await _server.Server.GetAsync("/api/v1/endpoints/other/ledger")).AsArray();
        Assert.Equal([("deleted", "Done", "local"), ("created", "To try it", "local")], ledger.Select(static e => ((string)e!["kind"]!, (string)e["reason"]!, (string)e["who"]!)));
        Assert.Equal((2, true), ((int)ledger[0]!["from"]!["variants"]![0]!["target"]!["version"]!, ledger[0]!["to"] is null));
        Assert.Equal("created", (string?)(await _server.Server.GetAsync($"/api/v1/endpoints/other/ledger?before={ledger[0]!["number"]}")).AsArray().Single()!["kind"]);
        Assert.Equal("program", (string?)(await _server.Server.GetAsync("/api/v1/endpoints/half/ledger?limit=1"))[0]!["who"]);
    }

    [Fact]
    public async Task The_models_that_are_served_tell_what_they_take_and_did()
    {
        await _server.AddShadeAsync();
        await _server.AskAsync(1);
        var models = (await _server.Server.GetAsync("/api/v1/serving/models")).AsArray();
        Assert.Equal(["half", "shade"], models.Select(static m => (string)m!["name"]!));
        var half = models[0]!["versions"]!.AsArray().Single(static v => (long)v!["version"]! == 1)!;
        Assert.Equal(("available", "x", "FP32", "[-1]", 1L, 0L), ((string?)half["state"], (string?)half["inputs"]![0]!["name"], (string?)half["inputs"]![0]!["datatype"], half["inputs"]![0]!["shape"]!.ToJsonString(), (long)half["requests"]!, (long)half["failures"]!));
        Assert.Equal((1, 1), ((int)models[0]!["aliases"]!["champion"]!, (int)models[0]!["default"]!));
        Assert.Equal("""["dark","bright"]""", models[1]!["versions"]![0]!["labels"]!.ToJsonString());
        var shade = await _server.Server.GetAsync("/api/v1/endpoints/shade");
        Assert.Equal((true, """["dark","bright"]"""), ((bool)shade["takesImages"]!, shade["labels"]!.ToJsonString()));
        var paths = (await _server.Server.GetAsync("/openapi/v1.json"))["paths"]!.AsObject();
        Assert.NotNull(paths["/api/v1/endpoints/{endpoint}/split"]?["put"]);
        Assert.NotNull(paths["/api/v1/endpoints/{endpoint}/rollout/abort"]?["post"]);
    }

    private static (string? Variant, string? Version, float Y) Answer(JsonNode answer) => ((string?)answer["variant"], (string?)answer["model_version"], (float)answer["predictions"]![0]!);
}
