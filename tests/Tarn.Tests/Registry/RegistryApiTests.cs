using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Tests;

/// <summary>The registry in the own REST API, and on the command line against a server.</summary>
public sealed class RegistryApiTests(MlflowServer mlflow) : IClassFixture<MlflowServer>
{
    private TestServer Server => mlflow.Server;

    [Fact]
    public async Task Models_their_ledger_and_who_was_champion()
    {
        await mlflow.PostAsync("registered-models/create", """{"name":"pizza v2"}""");
        var run = await mlflow.StartRunAsync();
        foreach (var _ in Enumerable.Range(0, 3))
        {
            await mlflow.PostAsync("model-versions/create", $$"""{"name":"pizza v2","source":"s3://x","run_id":"{{run}}"}""");
        }

        Assert.Null((await Server.GetAsync("/api/v1/models/pizza%20v2/aliases/champion"))["version"]);
        var before = DateTimeOffset.UtcNow;
        await Server.PostAsync("/api/v1/models/pizza%20v2/promote", """{"version":1,"reason":"first","who":"ada"}""");
        var moved = await Server.PostAsync("/api/v1/models/pizza%20v2/promote", """{"version":3,"reason":"better","who":"gate","verdict":{"accuracy":0.96},"expectedVersion":1}""");
        Assert.Equal((1, 3, "gate", "set"), ((long)moved["entry"]!["from"]!, (long)moved["entry"]!["to"]!, (string?)moved["entry"]!["who"], (string?)moved["entry"]!["kind"]));
        Assert.Null((await Server.PostAsync("/api/v1/models/pizza%20v2/promote", """{"version":3}"""))["entry"]);
        await Server.PostAsync("/api/v1/models/pizza%20v2/promote", """{"version":2,"expectedVersion":1}""", 409);
        await Server.PostAsync("/api/v1/models/pizza%20v2/promote", """{"version":9}""", 404);
        await Server.PostAsync("/api/v1/models/pizza%20v2/promote", """{}""", 400);
        Assert.Equal(1, (long)(await Server.PostAsync("/api/v1/models/pizza%20v2/rollback", """{"reason":"slow"}"""))["version"]!);
        await Server.PostAsync("/api/v1/models/pizza%20v2/rollback", "{}", 409);

        var ledger = (await Server.GetAsync("/api/v1/models/pizza%20v2/ledger")).AsArray();
        Assert.Equal(["rolled_back", "set", "set"], ledger.Select(static e => (string?)e!["kind"]));
        Assert.Equal(0.96, (double)ledger[1]!["verdict"]!["accuracy"]!);
        Assert.Equal("API client", (string?)ledger[0]!["who"]);
        Assert.Null((await Server.GetAsync($"/api/v1/models/pizza%20v2/aliases/champion?at={Uri.EscapeDataString(before.AddMinutes(-1).ToString("O"))}"))["version"]);
        Assert.Equal(1, (long)(await Server.GetAsync("/api/v1/models/pizza%20v2/aliases/champion?at=2100-01-01"))["version"]!);
        await Server.GetAsync("/api/v1/models/pizza%20v2/aliases/champion?at=soon", 400);

        var details = await Server.GetAsync("/api/v1/models/pizza%20v2");
        Assert.Equal([3L, 2, 1], details["versions"]!.AsArray().Select(static v => (long)v!["version"]!));
        Assert.Equal(1, (long)details["model"]!["aliases"]!["champion"]!);
        Assert.Equal(run, (string?)(await Server.GetAsync("/api/v1/models/pizza%20v2/versions/2"))["runId"]);
        Assert.Equal(3, (await Server.GetAsync($"/api/v1/training-runs/{run}"))["models"]!.AsArray().Count);
        Assert.Contains((await Server.GetAsync("/api/v1/models?filter=" + Uri.EscapeDataString("name LIKE 'pizza%'"))).AsArray(), static m => (string?)m!["name"] == "pizza v2");
        await Server.GetAsync("/api/v1/models?filter=nonsense", 400);
        await Server.GetAsync("/api/v1/models/none", 404);
    }

    [Fact]
    public async Task Experiments_runs_curves_and_artifacts()
    {
        var experiment = await mlflow.NewExperimentAsync("curves");
        var run = await mlflow.StartRunAsync(experiment, ""","run_name":"one" """);
        await mlflow.PostAsync("runs/log-batch", $$"""{"run_id":"{{run}}","params":[{"key":"lr","value":"0.1"}],"metrics":[{{string.Join(',', Enumerable.Range(0, 600).Select(static i => $$"""{"key":"loss","value":{{600 - i}},"timestamp":1700000000000,"step":{{i}}}"""))}}]}""");
        await mlflow.SendAsync(HttpMethod.Put, $"mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/plots/roc.json", "[1]");
        var found = (await Server.GetAsync("/api/v1/experiments?filter=" + Uri.EscapeDataString("name = 'curves'"))).AsArray();
        Assert.Equal((experiment, 1, 1), ((string?)found[0]!["id"], (long)found[0]!["runs"]!, (long)found[0]!["runningRuns"]!));
        Assert.Equal(experiment, (string?)(await Server.GetAsync("/api/v1/experiments/curves"))["id"]);
        Assert.Equal("curves", (string?)(await Server.GetAsync($"/api/v1/experiments/{experiment}"))["name"]);
        await Server.GetAsync("/api/v1/experiments/none", 404);

        var runs = (await Server.GetAsync("/api/v1/training-runs?experiment=curves&filter=" + Uri.EscapeDataString("metrics.loss < 2") + "&orderBy=" + Uri.EscapeDataString("metrics.loss DESC, run_id")))["runs"]!.AsArray();
        Assert.Equal((run, "running", "0.1", 1.0, 599), ((string?)runs[0]!["id"], (string?)runs[0]!["status"], (string?)runs[0]!["params"]!["lr"], (double)runs[0]!["metrics"]![0]!["value"]!, (long)runs[0]!["metrics"]![0]!["step"]!));
        Assert.NotEmpty((await Server.GetAsync("/api/v1/training-runs"))["runs"]!.AsArray());
        var curve = (await Server.GetAsync($"/api/v1/training-runs/curves?run={run}&run=none&metric=loss&points=50")).AsArray();
        Assert.InRange(Assert.Single(curve)!["points"]!.AsArray().Count, 50, 52);
        Assert.Equal("""[{"path":"plots/roc.json","isFolder":false,"size":3}]""", (await Server.GetAsync($"/api/v1/training-runs/{run}/artifacts?path=plots")).ToJsonString());
        Assert.Equal("[1]", (await Server.GetAsync($"/api/v1/training-runs/{run}/artifacts/content?path=plots/roc.json")).ToJsonString());
        await Server.GetAsync($"/api/v1/training-runs/{run}/artifacts/content?path=../../../../meta.db", 400);
        await Server.GetAsync($"/api/v1/training-runs/{run}/artifacts/content?path=none", 404);
    }

    [Fact]
    public async Task Changes_of_models_are_events()
    {
        using var stream = new StreamReader(await Server.Http.GetStreamAsync(new Uri("/api/v1/events?types=model", UriKind.Relative), TestContext.Current.CancellationToken));
        await stream.ReadLineAsync(TestContext.Current.CancellationToken);
        await mlflow.PostAsync("registered-models/create", """{"name":"told"}""");
        await mlflow.PostAsync("model-versions/create", """{"name":"told","source":"s3://x"}""");
        while (await stream.ReadLineAsync(TestContext.Current.CancellationToken) is not """data: {"model":"told"}""")
        {
            // Other tests' models are told as well.
        }
    }

    [Fact]
    public async Task The_api_is_documented()
    {
        var paths = (await Server.GetAsync("/openapi/v1.json"))["paths"]!.AsObject().Select(static p => p.Key).ToList();
        Assert.Contains("/api/v1/models/{model}/promote", paths);
        Assert.Contains("/api/v1/training-runs/curves", paths);
        Assert.DoesNotContain(paths, static p => p.Contains("mlflow", StringComparison.Ordinal));
    }
}
