using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary>The verbs, without a server: each opens the data directory itself.</summary>
public sealed class VerbTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    private string Data => _folder.Combine("data");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_pipeline_is_run_and_looked_at()
    {
        var run = await JsonAsync(0, "pipelines", "run", "write", "--logical-date", "2026-11-22T08:30:00Z", "--wait");
        Assert.Equal(("success", "2026-11-22T08:30:00.000Z"), ((string?)run["state"], (string?)run["logicalDate"]));
        Assert.Equal(3, (int)run["tasks"]![0]!["attempts"]![0]!["reported"]!["notes"]!);
        var id = (string)run["id"]!;

        Assert.Contains(id, await TextAsync(0, "runs", "list", "--pipeline", "write"), StringComparison.Ordinal);
        Assert.Contains("merge", await TextAsync(0, "runs", "show", id), StringComparison.Ordinal);
        Assert.Contains("Produced three notes.", await TextAsync(0, "runs", "logs", id, "--task", "produce"), StringComparison.Ordinal);
        Assert.Equal("Produced three notes.", (string?)(await JsonAsync(0, "runs", "logs", id, "--task", "produce"))[0]!["message"]);
        Assert.Contains("write", await TextAsync(0, "pipelines", "list"), StringComparison.Ordinal);
        Assert.Contains("0 * * * *", await TextAsync(0, "pipelines", "show", "write"), StringComparison.Ordinal);
        Assert.Equal("write", (string?)(await JsonAsync(0, "pipelines", "show", "write"))["name"]);
    }

    [Fact]
    public async Task A_failed_run_ends_with_1_and_its_error_is_in_it()
    {
        var run = await JsonAsync(1, "pipelines", "run", "fail", "--wait");
        Assert.Equal("failed", (string?)run["state"]);
        Assert.Contains("The note broke.", (string?)run["error"], StringComparison.Ordinal);
        Assert.Contains("failed", await TextAsync(1, "runs", "retry", (string)run["id"]!), StringComparison.Ordinal);
        Assert.Equal(2, (await JsonAsync(0, "runs", "show", (string)run["id"]!))["tasks"]![0]!["attempts"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_paused_pipeline_stays_paused()
    {
        Assert.Contains("Paused write", await TextAsync(0, "pipelines", "pause", "write"), StringComparison.Ordinal);
        Assert.True((bool)(await JsonAsync(0, "pipelines", "show", "write"))["paused"]!);
        Assert.Contains("Resumed write", await TextAsync(0, "pipelines", "resume", "write"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tables_are_asked_in_sql_as_they_are_and_as_they_were()
    {
        await JsonAsync(0, "pipelines", "run", "write", "--wait");
        var rows = (await JsonAsync(0, "tables", "query", "select id, written, weight as w, weight as w, 'nan'::double as nan from silver.notes order by id")).AsArray();
        Assert.Equal("""{"id":"n1","written":"2026-11-22T09:30:00.123Z","w":1,"w_2":1,"nan":"NaN"}""", rows[0]!.ToJsonString());
        Assert.Equal(0, (int)(await JsonAsync(0, "tables", "query", "select count(*) as n from silver.notes", "--as-of", "0"))[0]!["n"]!);
        Assert.Contains("3 rows", await TextAsync(0, "tables", "query", "select id from silver.notes"), StringComparison.Ordinal);
        var piped = new TestRun { DataDirectory = Data, Input = "select 42 as answer" };
        Assert.Equal(0, await piped.RunAsync("tables", "query", "-", "--json"));
        Assert.Equal("""[{"answer":42}]""", piped.Output.Trim());
        Assert.Equal(3, (await JsonAsync(0, "tables", "list"))[0]!["rows"]!.GetValue<int>());
        Assert.Contains("Notes by id.", await TextAsync(0, "tables", "show", "silver.notes"), StringComparison.Ordinal);
        Assert.NotEmpty((await JsonAsync(0, "tables", "history", "silver.notes", "--limit", "1")).AsArray());
        Assert.Contains("silver.notes", await TextAsync(0, "tables", "optimize", "silver.notes"), StringComparison.Ordinal);
        Assert.Contains("would be removed", await TextAsync(0, "tables", "vacuum", "silver.notes", "--dry-run"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_go_to_standard_error_and_as_a_problem_with_json()
    {
        var text = new TestRun { DataDirectory = Data };
        Assert.Equal(1, await text.RunAsync("tables", "show", "silver.none"));
        Assert.Equal("", text.Output);
        Assert.StartsWith("error: ", text.Errors, StringComparison.Ordinal);

        var json = new TestRun { DataDirectory = Data };
        Assert.Equal(2, await json.RunAsync("tables", "query", "selec 1", "--json"));
        Assert.Equal("", json.Output);
        Assert.Equal(400, (int)JsonNode.Parse(json.Errors)!["status"]!);
    }

    [Fact]
    public async Task Records_are_produced_and_tailed()
    {
        var produce = new TestRun { DataDirectory = Data, Input = """{"key": "a", "value": {"n": 1}}""" + "\n" + """{"key": "a", "value": {"n": 2}}""" + "\n" };
        Assert.Equal(0, await produce.RunAsync("topics", "produce", "notes"));
        Assert.Contains("Appended 2 records", produce.Output, StringComparison.Ordinal);
        var lines = (await TextAsync(0, "topics", "tail", "notes", "--from", "0")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([1, 2], lines.Select(static l => (int)JsonNode.Parse(l)!["value"]!["n"]!));
        Assert.Equal(2, (long)(await JsonAsync(0, "topics", "list"))[0]!["records"]!);
        Assert.Contains("2 records", await TextAsync(0, "topics", "show", "notes"), StringComparison.Ordinal);
        Assert.Single((await TextAsync(0, "topics", "tail", "notes", "--from", "-1", "--partition", JsonNode.Parse(lines[0])!["partition"]!.ToString())).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Doctor_says_what_is_there_and_where_each_key_comes_from_without_its_secrets()
    {
        var run = new TestRun { DataDirectory = Data, Environment = { ["TARN__NOTES__GREETING"] = "Good day", ["TARN__OTHER__PASSWORD"] = "hunter2" } };
        Assert.Equal(0, await run.RunAsync("doctor", "--json"));
        var found = JsonNode.Parse(run.Output)!;
        Assert.True((bool)found["healthy"]!);
        foreach (var engine in new[] { "DuckDB", "ONNX Runtime", "libjpeg-turbo", "libvips" })
        {
            Assert.Contains(found["findings"]!.AsArray(), f => (string?)f!["subject"] == engine && (string?)f["state"] == "ok");
        }

        Assert.Contains(found["settings"]!.AsArray(), static s => (string?)s!["key"] == "NOTES:GREETING" && (string?)s["value"] == "Good day" && (string?)s["source"] == "environment TARN__NOTES__GREETING");
        Assert.DoesNotContain("hunter2", run.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));

        var wrong = new TestRun { DataDirectory = Data, Environment = { ["TARN__NOTES__SIZE"] = "99" } };
        Assert.Equal(1, await wrong.RunAsync("doctor"));
        Assert.Contains("It is 1 to 10.", wrong.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_configuration_stops_a_start_with_all_errors()
    {
        var run = new TestRun { DataDirectory = Data, Environment = { ["TARN__NOTES__SIZE"] = "99", ["TARN__NOTES__EVERY"] = "often" } };
        Assert.Equal(1, await run.RunAsync("up", "--urls", "http://127.0.0.1:0", "--greeting", new string('x', 30)));
        Assert.Contains("3 configuration values break their rules", run.Errors, StringComparison.Ordinal);
        Assert.Contains("Notes:Size = 99   [environment TARN__NOTES__SIZE]", run.Errors, StringComparison.Ordinal);
        Assert.Contains("[command line]", run.Errors, StringComparison.Ordinal);
    }

    private async Task<JsonNode> JsonAsync(int code, params string[] arguments)
    {
        var run = new TestRun { DataDirectory = Data };
        var ended = await run.RunAsync([.. arguments, "--json"]);
        Assert.True(ended == code, $"{string.Join(' ', arguments)} ended with {ended}\n{run.Output}\n{run.Errors}");
        return JsonNode.Parse(run.Output)!;
    }

    private async Task<string> TextAsync(int code, params string[] arguments)
    {
        var run = new TestRun { DataDirectory = Data };
        var ended = await run.RunAsync(arguments);
        Assert.True(ended == code, $"{string.Join(' ', arguments)} ended with {ended}\n{run.Output}\n{run.Errors}");
        return run.Output;
    }
}
