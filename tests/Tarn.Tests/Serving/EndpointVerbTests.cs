using System.Text.Json.Nodes;
using Tarn.Contracts;
using Tarn.Native;
using Xunit;

namespace Tarn.Tests;

/// <summary>The verbs of endpoints, against a server, and on a data directory where none runs.</summary>
public sealed class EndpointVerbTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_endpoint_is_made_split_and_deleted_by_verbs()
    {
        await using var server = new EndpointServer();
        await server.InitializeAsync();
        Assert.Contains("champion v1 100 %", await AtAsync(0, "endpoints", "list"), StringComparison.Ordinal);
        Assert.Contains("POST /v1/endpoints/extra/predict", await AtAsync(0, "endpoints", "create", "extra", "--model", "half"), StringComparison.Ordinal);
        var split = await AtAsync(0, "endpoints", "split", "half", "champion=90", "new@2=10", "--shadow", "v3=0.5", "--reason", "A look");
        foreach (var part in (string[])["champion", "90 %", "new", "10 %", "v3 (shadow)", "50 %"])
        {
            Assert.Contains(part, split, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("not loaded", split, StringComparison.Ordinal);
        var shown = JsonNode.Parse(await AtAsync(0, "endpoints", "show", "half", "--json"))!;
        Assert.Equal([("champion", 1), ("new", 2)], shown["variants"]!.AsArray().Select(static v => ((string)v!["name"]!, (int)v["version"]!)));
        var ledger = await AtAsync(0, "endpoints", "ledger", "half");
        Assert.Contains("champion=90, new@2=10, shadow v3=0.5", ledger, StringComparison.Ordinal);
        Assert.Contains("A look", ledger, StringComparison.Ordinal);
        Assert.Contains("v3 (shadow)", await AtAsync(0, "endpoints", "split", "half", "champion=1"), StringComparison.Ordinal);
        Assert.DoesNotContain("shadow", await AtAsync(0, "endpoints", "split", "half", "champion=1", "--shadow", "none"), StringComparison.Ordinal);
        Assert.Contains("no alias nobody", await AtAsync(2, "endpoints", "split", "half", "nobody=1"), StringComparison.Ordinal);
        await AtAsync(2, "endpoints", "split", "half", "champion");
        await AtAsync(1, "endpoints", "split", "half", "v2=1", "--revision", "1");
        await AtAsync(1, "endpoints", "show", "none");
        Assert.Contains("is gone", await AtAsync(0, "endpoints", "delete", "extra"), StringComparison.Ordinal);
        Assert.Contains("deleted", await AtAsync(0, "endpoints", "ledger", "extra"), StringComparison.Ordinal);

        Task<string> AtAsync(int code, params string[] arguments) => RunAsync(code, "", [.. arguments, "--server", server.Server.Url.ToString()]);
    }

    [Fact]
    public async Task A_rollout_is_started_halted_and_ended_by_verbs()
    {
        await using var server = new EndpointServer();
        await server.InitializeAsync();
        Assert.Contains("had no rollouts", await AtAsync(0, "endpoints", "rollout", "half"), StringComparison.Ordinal);
        var started = await AtAsync(0, "endpoints", "rollout", "half", "--canary", "2", "--stages", "10,50,100", "--min-samples", "200", "--max-stage", "90m");
        foreach (var part in (string[])["running, stage 1 of 3 (10 % to canary)", "0 of 200 samples", "slow answers", "open"])
        {
            Assert.Contains(part, started, StringComparison.Ordinal);
        }

        Assert.Contains("Rollout 1 of version 2", await AtAsync(0, "endpoints", "show", "half"), StringComparison.Ordinal);
        Assert.Contains("running at 10 %", await AtAsync(0, "endpoints", "list"), StringComparison.Ordinal);
        Assert.Contains(": paused, ", await AtAsync(0, "endpoints", "rollout", "half", "--pause"), StringComparison.Ordinal);
        Assert.Contains(": running, ", await AtAsync(0, "endpoints", "rollout", "half", "--resume"), StringComparison.Ordinal);
        Assert.Equal("aborted", (string?)JsonNode.Parse(await AtAsync(0, "endpoints", "rollout", "half", "--abort", "--reason", "Enough", "--json"))!["status"]);
        Assert.Contains("Enough", await AtAsync(0, "endpoints", "rollout", "half"), StringComparison.Ordinal);
        await AtAsync(1, "endpoints", "rollout", "half", "--abort");
        await AtAsync(2, "endpoints", "rollout", "half", "--pause", "--abort");
        await AtAsync(2, "endpoints", "rollout", "half", "--canary", "2", "--stages", "many");
        await AtAsync(2, "endpoints", "rollout", "half", "--canary", "2", "--max-stage", "soon");

        Task<string> AtAsync(int code, params string[] arguments) => RunAsync(code, "", [.. arguments, "--server", server.Server.Url.ToString()]);
    }

    [Fact]
    public async Task An_endpoint_is_asked_about_numbers_and_pictures_and_told_what_became_of_it()
    {
        await using var server = new EndpointServer();
        await server.InitializeAsync();
        Assert.Contains("Paint one.", await AtAsync(1, """{"instances": [1]}""", "predict", "shade", "--input", "-"), StringComparison.Ordinal);
        var answer = JsonNode.Parse(await AtAsync(0, """{"instances": [2, 4]}""", "predict", "half", "--input", "-"))!;
        Assert.Equal("[3.0,4.0]", answer["predictions"]!.ToJsonString());
        var file = _folder.Combine("request.json");
        await File.WriteAllTextAsync(file, """{"instances": [6]}""", TestContext.Current.CancellationToken);
        Assert.Contains("5.0", await AtAsync(0, "", "predict", "half", "--input", file), StringComparison.Ordinal);
        Assert.Contains("instances", await AtAsync(2, "{}", "predict", "half", "--input", "-"), StringComparison.Ordinal);
        await AtAsync(2, "", "predict", "half", "--input", _folder.Combine("none.json"));
        await AtAsync(2, "", "predict", "half", "--input", file, "--version", "2");
        var id = (string)answer["prediction_id"]!;
        Assert.Contains("counts for the variant", await AtAsync(0, "", "endpoints", "feedback", "half", id, "--correct", "true"), StringComparison.Ordinal);
        Assert.Contains("counts for no variant", await AtAsync(0, "", "endpoints", "feedback", "half", Guid.Empty.ToString("N"), "--label", "x"), StringComparison.Ordinal);
        await AtAsync(2, "", "endpoints", "feedback", "half", id);
        Assert.Equal(1, (int)(await server.Server.GetAsync("/api/v1/endpoints/half"))["variants"]![0]!["counts"]!["positive"]!);

        await server.AddShadeAsync();
        Picture("night.png", 10);
        Picture("day.png", 240);
        await File.WriteAllTextAsync(_folder.Combine("broken.png"), "no picture", TestContext.Current.CancellationToken);
        var one = JsonNode.Parse(await AtAsync(0, "", "predict", "shade", "--image", _folder.Combine("night.png"), "--json"))!;
        Assert.Equal(("dark", 1, "champion", 32), ((string?)one["label"], (int)one["modelVersion"]!, (string?)one["variant"], ((string)one["predictionId"]!).Length));
        var all = await AtAsync(1, "", "predict", "shade", "--images", _folder.Path);
        Assert.Contains("bright", all, StringComparison.Ordinal);
        Assert.Contains("dark", all, StringComparison.Ordinal);
        Assert.Contains("broken.png", all, StringComparison.Ordinal);
        Assert.Contains("error", JsonNode.Parse(await AtAsync(1, "", "predict", "shade", "--image", _folder.Combine("broken.png"), "--json"))!.AsObject().Select(static p => p.Key));

        Task<string> AtAsync(int code, string input, params string[] arguments) => RunAsync(code, input, [.. arguments, "--server", server.Server.Url.ToString()]);
    }

    [Fact]
    public async Task Where_no_server_runs_endpoints_are_kept_and_do_not_answer()
    {
        Assert.Contains("There are no endpoints.", await RunAsync(0, "", "endpoints", "list"), StringComparison.Ordinal);
        Assert.Contains("none", await RunAsync(0, "", "endpoints", "create", "half", "--model", "half"), StringComparison.Ordinal);
        Assert.Contains("half", await RunAsync(2, "", "endpoints", "split", "half", "v1=1"), StringComparison.Ordinal);
        Assert.Contains("created", await RunAsync(0, "", "endpoints", "ledger", "half"), StringComparison.Ordinal);
        Assert.Contains("running server", await RunAsync(1, "{}", "predict", "half", "--input", "-"), StringComparison.Ordinal);
        Assert.Contains("running server", await RunAsync(1, "", "endpoints", "feedback", "half", Guid.Empty.ToString("N"), "--correct", "true"), StringComparison.Ordinal);
        Assert.Contains("is gone", await RunAsync(0, "", "endpoints", "delete", "half", "--reason", "No use"), StringComparison.Ordinal);
    }

    private void Picture(string name, byte brightness)
    {
        var pixels = new byte[16 * 16 * 3];
        Array.Fill(pixels, brightness);
        File.WriteAllBytes(_folder.Combine(name), ImageCodec.EncodePng(new RgbImage(16, 16, pixels)));
    }

    private async Task<string> RunAsync(int code, string input, params string[] arguments)
    {
        var run = new TestRun { DataDirectory = _folder.Combine("data"), Input = input };
        Assert.True(await run.RunAsync(arguments) == code, run.Errors + run.Output);
        return code == 0 ? run.Output : run.Errors + run.Output;
    }
}
