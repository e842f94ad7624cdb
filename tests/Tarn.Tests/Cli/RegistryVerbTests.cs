using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Contracts;
using Tarn.Registry;
using Xunit;

namespace Tarn.Tests;

/// <summary>The registry's verbs, on a data directory where no server runs, and against a server.</summary>
public sealed class RegistryVerbTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_empty_registry_says_so()
    {
        Assert.Contains("Default", await RunAsync(0, "experiments", "list"), StringComparison.Ordinal);
        Assert.Contains("No training runs.", await RunAsync(0, "training-runs", "list"), StringComparison.Ordinal);
        Assert.Contains("No models are registered.", await RunAsync(0, "models", "list"), StringComparison.Ordinal);
        Assert.Contains("no entries", await RunAsync(0, "models", "ledger", "none"), StringComparison.Ordinal);
        Assert.Empty(JsonNode.Parse(await RunAsync(0, "models", "list", "--json"))!.AsArray());
        await RunAsync(1, "models", "show", "none");
        await RunAsync(1, "training-runs", "show", "none");
        await RunAsync(2, "training-runs", "list", "--filter", "nonsense");
        await RunAsync(2, "models", "which", "none", "--at", "soon");
    }

    [Fact]
    public async Task A_model_is_promoted_and_rolled_back_with_or_without_a_server()
    {
        string run;
        await using (var server = new TestServer())
        {
            await server.InitializeAsync();
            var registry = server.Host.Services.GetRequiredService<ModelRegistry>();
            run = (await registry.Runs.StartAsync(new NewTrainingRun { ExperimentId = 0, Name = "first", User = "ada" }, TestContext.Current.CancellationToken)).Id;
            await registry.Runs.LogAsync(run, new RunBatch { Params = [new("lr", "0.1")], Metrics = [new("accuracy", 0.93, 3, 0)] }, TestContext.Current.CancellationToken);
            for (var i = 0; i < 2; i++)
            {
                await registry.Models.RegisterAsync(new NewModelVersion { Model = "pizza", RunId = run, Files = [ArtifactSource.FromText("model.onnx", "weights")] }, TestContext.Current.CancellationToken);
            }

            Assert.Contains("is champion.", await AtAsync(0, "models", "promote", "pizza", "1", "--reason", "the first"), StringComparison.Ordinal);
            Assert.Contains("is champion already.", await AtAsync(0, "models", "promote", "pizza", "1"), StringComparison.Ordinal);
            Assert.Contains("before it was version 1.", await AtAsync(0, "models", "promote", "pizza", "2"), StringComparison.Ordinal);
            await AtAsync(1, "models", "promote", "pizza", "7");
            Assert.Equal("2", (await AtAsync(0, "models", "which", "pizza")).Trim());
            Assert.Contains("had no champion", await AtAsync(0, "models", "which", "pizza", "--at", "2020-01-01"), StringComparison.Ordinal);
            Assert.Contains("is again champion; before it was version 2.", await AtAsync(0, "models", "rollback", "pizza", "--reason", "slow"), StringComparison.Ordinal);
            await AtAsync(1, "models", "rollback", "pizza");
            var ledger = JsonNode.Parse(await AtAsync(0, "models", "ledger", "pizza", "--json"))!.AsArray();
            Assert.Equal(("rolled_back", "slow", Environment.UserName), ((string?)ledger[0]!["kind"], (string?)ledger[0]!["reason"], (string?)ledger[0]!["who"]));
            Assert.Contains("the first", await AtAsync(0, "models", "ledger", "pizza"), StringComparison.Ordinal);
            Assert.Contains("champion 1", await AtAsync(0, "models", "list"), StringComparison.Ordinal);
            Assert.Contains("7 B", await AtAsync(0, "models", "show", "pizza"), StringComparison.Ordinal);
            var shown = await AtAsync(0, "training-runs", "show", run);
            Assert.Contains("accuracy = 0.93 (step 3)", shown, StringComparison.Ordinal);
            Assert.Contains("pizza 1 (champion)", shown, StringComparison.Ordinal);
            Assert.Contains("accuracy 0.93", await AtAsync(0, "training-runs", "list", "--filter", "metrics.accuracy > 0.9", "--order", "metrics.accuracy DESC"), StringComparison.Ordinal);

            async Task<string> AtAsync(int code, params string[] arguments) => await RunAsync(code, [.. arguments, "--server", server.Url.ToString()]);
        }
    }

    private async Task<string> RunAsync(int code, params string[] arguments)
    {
        var run = new TestRun { DataDirectory = _folder.Combine("data") };
        Assert.True(await run.RunAsync(arguments) == code, run.Errors + run.Output);
        return run.Output;
    }
}
