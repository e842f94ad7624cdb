using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary>Attempts in processes of their own, from the server to the table.</summary>
public sealed class ChildHostTests
{
    [Fact]
    public async Task A_task_in_a_process_of_its_own_writes_tables_and_is_told_why_it_cannot_use_topics()
    {
        await using var server = new TestServer();
        await server.InitializeAsync();
        var run = await server.RunPipelineAsync("apart");
        Assert.True((string?)run["state"] == "success", run.ToString());
        var tasks = run["tasks"]!.AsArray().ToDictionary(static t => (string)t!["name"]!, static t => t!.AsObject());
        Assert.Equal(1, (int?)LastOf(tasks["merge"])["reported"]!["inserted"]);
        Assert.True((bool?)LastOf(tasks["here"])["reported"]!["apart"]);
        Assert.Equal("failed", (string?)tasks["produce"]["state"]);
        Assert.Contains("Topics are open in one process at a time", (string?)LastOf(tasks["produce"])["error"], StringComparison.Ordinal);

        var logs = await server.GetAsync($"/api/v1/runs/{run["id"]}/logs?task=merge");
        Assert.True(logs.AsArray().Any(static l => (string?)l!["message"] == "merging"), logs.ToString());
    }

    [Fact]
    public async Task A_verb_without_a_server_has_its_attempts_in_processes_of_their_own_and_they_follow_what_it_decided()
    {
        using var folder = new TemporaryDirectory();
        var run = new TestRun { DataDirectory = folder.Combine("data") };
        Assert.True(await run.RunAsync("pipelines", "run", "apart", "--wait", "--set", "Notes:Place=elsewhere") == 0, run.Errors + run.Output);
        var query = new TestRun { DataDirectory = folder.Combine("data") };
        Assert.True(await query.RunAsync("tables", "query", "select text from silver.notes", "--json", "--set", "Notes:Place=elsewhere") == 0, query.Errors);

        // A system's hook chose the folder and the greeting; hooks are not asked again.
        Assert.Contains("Moved", query.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_verb_of_attempts_is_not_shown()
    {
        using var folder = new TemporaryDirectory();
        var run = new TestRun { DataDirectory = folder.Combine("data") };
        Assert.Equal(0, await run.RunAsync("--help"));
        Assert.DoesNotContain(RunAttemptVerb.Name, run.Output, StringComparison.Ordinal);
        Assert.Equal(2, await run.RunAsync("nonsense"));
        Assert.DoesNotContain(RunAttemptVerb.Name, run.Errors, StringComparison.Ordinal);
    }

    private static JsonNode LastOf(JsonObject task) => task["attempts"]!.AsArray()[^1]!;

}
