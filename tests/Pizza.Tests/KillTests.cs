using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Pizza.Tests;

/// <summary>A training that is killed with <c>kill -9</c> goes on, makes one version, and leaves nothing half-registered.</summary>
public sealed class KillTests
{
    private static readonly string Dll = typeof(KillTests).Assembly.Location;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_in_one_task_after_another_a_training_goes_on_to_one_version()
    {
        using var folder = new TemporaryDirectory();
        var photos = folder.Combine("photos");
        DrawnFolder.Draw(photos, seed: 11, from: 0, to: 24);
        var data = folder.Combine("data");
        string[] arguments = [Program.Verb, "train", "pizza", "--images", photos, "--param", "backbones=classical", "--param", "trials=4", "--data", data, "--json"];
        foreach (var task in new[] { "embed", "evaluate" })
        {
            await using var child = ChildProgram.Start(Dll, arguments);
            await child.WaitForOutputAsync(_ => child.Errors.Contains($"pizza-training: {task}", StringComparison.Ordinal), Cancellation);
            await child.KillAsync();
        }

        var (code, output, errors) = await ChildProgram.RunAsync(Dll, arguments, cancellation: Cancellation);
        Assert.True(code == 0, output + errors);
        Assert.Contains("was interrupted; it goes on", errors, StringComparison.Ordinal);
        var outcome = JsonNode.Parse(output)!;
        Assert.Equal("success", (string?)outcome["state"]);
        Assert.Equal(4, (long?)outcome["trials"]);
        Assert.Equal(1, (long?)outcome["version"]);
        var pizza = new PizzaRun(data);
        Assert.Single((await pizza.JsonAsync("models", "show", "pizza"))["versions"]!.AsArray());
        Assert.Single((await pizza.JsonAsync("training-runs", "list"))["runs"]!.AsArray());
        Assert.Single((await pizza.JsonAsync("models", "ledger", "pizza")).AsArray());
    }
}
