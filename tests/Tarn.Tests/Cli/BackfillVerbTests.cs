using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary>Backfills, calendars, run trees and logs on the command line, without a server: each verb does its work itself.</summary>
public sealed class BackfillVerbTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_backfill_is_tried_run_to_its_end_and_looked_at()
    {
        string[] span = ["pipelines", "backfill", "hours", "--from", "2026-10-01", "--to", "2026-10-01T05:00:00Z"];
        Assert.Contains("would make 5 runs", await TextAsync(0, [.. span, "--dry-run"]), StringComparison.Ordinal);
        var backfill = await JsonAsync(0, [.. span, "--max-active-runs", "2", "--run-backwards"]);
        Assert.Equal(("success", 5, 5, true), ((string?)backfill["state"], (int)backfill["made"]!, (int)backfill["succeeded"]!, (bool)backfill["runBackwards"]!));
        var id = (string)backfill["id"]!;
        Assert.Contains("would make 0 runs", await TextAsync(0, [.. span, "--dry-run"]), StringComparison.Ordinal);
        Assert.Contains("5 succeeded", await TextAsync(0, [.. span, "--reprocess", "completed", "--dry-run"]), StringComparison.Ordinal);

        Assert.Contains(id, await TextAsync(0, "pipelines", "backfills", "hours"), StringComparison.Ordinal);
        Assert.Equal(id, (string?)(await JsonAsync(0, "pipelines", "backfills"))[0]!["id"]);
        var runs = (await JsonAsync(0, "runs", "list", "--backfill", id)).AsArray();
        Assert.Equal(5, runs.Count);
        Assert.Equal(5, (await JsonAsync(0, "runs", "list", "--trigger", "backfill")).AsArray().Count);
        var shown = await TextAsync(0, "runs", "show", (string)runs[0]!["id"]!);
        Assert.Matches(@"each \[3\] .*3 success", shown);
        Assert.Contains($"backfill {id}", shown, StringComparison.Ordinal);
        Assert.Contains("5 succeeded", await TextAsync(0, "pipelines", "calendar", "hours", "--from", "2026-10-01", "--to", "2026-10-02"), StringComparison.Ordinal);
        Assert.Equal(5, (int)(await JsonAsync(0, "pipelines", "calendar", "hours", "--from", "2026-10-01", "--to", "2026-10-02"))["days"]![0]!["success"]!);
        Assert.Contains("5 succeeded, 0 failed", await TextAsync(0, "pipelines", "show", "hours"), StringComparison.Ordinal);
        Assert.Contains("No table repairs hours", await TextAsync(0, "pipelines", "repairs", "hours"), StringComparison.Ordinal);
        Assert.Contains("has ended", await ErrorAsync(1, "pipelines", "backfill-cancel", id), StringComparison.Ordinal);
        await JsonAsync(0, "nodes");
    }

    [Fact]
    public async Task Parameters_are_given_by_name_as_json_or_text()
    {
        var run = await JsonAsync(0, "pipelines", "run", "hours", "--logical-date", "2026-10-01T12:00:00Z", "--param", "size=2", "--param", "label=7", "--wait");
        Assert.Equal((2, "7", 4), ((int)run["parameters"]!["size"]!, (string?)run["parameters"]!["label"], run["tasks"]!.AsArray().Count));
        Assert.Contains("'size'", await ErrorAsync(2, "pipelines", "run", "hours", "--param", "size=wide"), StringComparison.Ordinal);
        Assert.Contains("once", await ErrorAsync(2, "pipelines", "run", "hours", "--param", "size=1", "--param", "size=2"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_is_followed_to_its_runs_end()
    {
        var id = (string)(await JsonAsync(0, "pipelines", "run", "write", "--logical-date", "2026-11-22T08:30:00Z", "--wait"))["id"]!;
        Assert.Contains("Produced three notes.", await TextAsync(0, "runs", "logs", id, "--follow"), StringComparison.Ordinal);
        var line = (await TextAsync(0, "runs", "logs", id, "--follow", "--task", "produce", "--json")).Split('\n')[0];
        Assert.Equal("produce", (string?)JsonNode.Parse(line)!["task"]);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(140)]
    public async Task What_is_shown_fits_the_window(int width)
    {
        string[] span = ["pipelines", "backfill", "hours", "--from", "2026-10-01", "--to", "2026-10-01T05:00:00Z"];
        await TextAsync(0, "pipelines", "run", "hours", "--logical-date", "2026-10-01T03:00:00Z", "--wait");
        string[][] calls =
        [
            [.. span, "--dry-run"], span, ["pipelines", "backfills"], ["pipelines", "list"], ["pipelines", "show", "hours"], ["pipelines", "calendar", "hours", "--from", "2026-01-05", "--to", "2026-12-30"],
            ["pipelines", "repairs", "hours"], ["runs", "list"],
        ];
        foreach (var call in calls)
        {
            var run = new TestRun { DataDirectory = _folder.Combine("data"), Width = width };
            await run.RunAsync(call);
            output.WriteLine($"$ tarn {string.Join(' ', call)}\n{run.Output}");
            Assert.All(run.Output.Split('\n').Where(static l => !l.Contains("Follow it", StringComparison.Ordinal)), l => Assert.True(l.TrimEnd().Length <= Math.Max(width, 110), l));
        }

        var id = (string)(await JsonAsync(0, "runs", "list"))[0]!["id"]!;
        var tree = new TestRun { DataDirectory = _folder.Combine("data"), Width = width };
        Assert.Equal(0, await tree.RunAsync("runs", "show", id));
        output.WriteLine(tree.Output);
        Assert.All(tree.Output.Split('\n'), l => Assert.True(l.TrimEnd().Length <= width, l));
    }

    private async Task<JsonNode> JsonAsync(int code, params string[] arguments) => JsonNode.Parse(await TextAsync(code, [.. arguments, "--json"]))!;

    private async Task<string> TextAsync(int code, params string[] arguments) => (await RunAsync(code, arguments)).Output;

    private async Task<string> ErrorAsync(int code, params string[] arguments) => (await RunAsync(code, arguments)).Errors;

    private async Task<TestRun> RunAsync(int code, string[] arguments)
    {
        var run = new TestRun { DataDirectory = _folder.Combine("data") };
        var ended = await run.RunAsync(arguments);
        Assert.True(ended == code, $"{string.Join(' ', arguments)} ended with {ended}\n{run.Output}\n{run.Errors}");
        return run;
    }
}
