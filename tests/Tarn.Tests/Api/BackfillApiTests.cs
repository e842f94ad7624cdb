using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Tests;

/// <summary>Backfills, intervals and grids over REST on a running server.</summary>
public sealed class BackfillApiTests(TestServer server) : IClassFixture<TestServer>
{
    [Fact]
    public async Task A_backfill_goes_from_dry_run_to_its_end_and_shows_in_grid_intervals_and_calendar()
    {
        var dry = await server.PostAsync("/api/v1/pipelines/hours/backfills", """{"from": "2026-10-01", "to": "2026-10-02", "dryRun": true}""");
        Assert.Equal((24, 24, 1, 0), ((int)dry["total"]!, (int)dry["toRun"]!["none"]!, (int)dry["spanCount"]!, (int)dry["active"]!));
        Assert.Equal(("2026-10-01T00:00:00.000Z", "2026-10-02T00:00:00.000Z"), ((string?)dry["first"]!["start"], (string?)dry["last"]!["end"]));
        Assert.Empty((await server.GetAsync("/api/v1/backfills?pipeline=hours")).AsArray());

        var made = await server.PostAsync("/api/v1/pipelines/hours/backfills", """{"from": "2026-10-01", "to": "2026-10-02", "maxActiveRuns": 4, "runBackwards": true}""", 201);
        Assert.Equal(("hours", "none", 24, 4, true), ((string?)made["pipeline"], (string?)made["reprocess"], (int)made["total"]!, (int)made["maxActiveRuns"]!, (bool)made["runBackwards"]!));
        var ended = await EndOfAsync(made);
        Assert.Equal(("success", 24, 24, 0), ((string?)ended["state"], (int)ended["made"]!, (int)ended["succeeded"]!, (int)ended["active"]!));

        var runs = (await server.GetAsync($"/api/v1/runs?backfill={made["id"]}&limit=100")).AsArray();
        Assert.Equal(24, runs.Count);
        Assert.All(runs, r => Assert.Equal(("backfill", (string?)made["id"]), ((string?)r!["trigger"], (string?)r["backfill"])));
        Assert.Equal("2026-10-01T00:00:00.000Z", (string?)runs[0]!["logicalDate"]);
        Assert.Equal(24, (await server.GetAsync("/api/v1/runs?pipeline=hours&trigger=backfill&limit=100")).AsArray().Count);

        var intervals = await server.GetAsync("/api/v1/pipelines/hours/intervals?from=2026-09-30&to=2026-10-03");
        var range = Assert.Single(intervals["ranges"]!.AsArray())!;
        Assert.Equal(("success", 24, "2026-10-01T00:00:00.000Z"), ((string?)range["state"], (int)range["intervals"]!, (string?)range["start"]));
        Assert.Equal((24, 48), ((int)intervals["counts"]!["success"]!, (int)intervals["counts"]!["none"]!));
        var days = (await server.GetAsync("/api/v1/pipelines/hours/calendar?from=2026-09-30&to=2026-10-02&zone=Asia/Tokyo"))["days"]!.AsArray();
        Assert.Equal([("2026-09-30", 0), ("2026-10-01", 15), ("2026-10-02", 9)], days.Select(static d => ((string)d!["date"]!, (int)d["success"]!)));
        Assert.All(days, static d => Assert.Equal((24, 0), ((int)d!["total"]!, (int)d["notEnded"]!)));

        var grid = await server.GetAsync("/api/v1/pipelines/hours/grid?limit=5");
        Assert.Equal(["items", "each"], grid["tasks"]!.AsArray().Select(static t => (string)t!["name"]!));
        Assert.Equal(5, grid["runs"]!.AsArray().Count);
        var each = grid["runs"]![0]!["tasks"]![1]!;
        Assert.Equal(("each", "success", 3, 3), ((string?)each["name"], (string?)each["state"], (int)each["attempts"]!, (int)each["calls"]!["success"]!));
        Assert.True((double)each["durationMs"]! >= 0);
        Assert.Null(grid["runs"]![0]!["tasks"]![0]!["calls"]);
        var next = await server.GetAsync($"/api/v1/pipelines/hours/grid?limit=1&before={grid["runs"]![4]!["id"]}");
        Assert.DoesNotContain((string?)next["runs"]![0]!["id"], grid["runs"]!.AsArray().Select(static r => (string?)r!["id"]));
        var totals = (await server.GetAsync("/api/v1/pipelines/hours"))["intervals"]!;
        Assert.True((int)totals["success"]! >= 24 && (int)totals["total"]! == (int)totals["success"]!); // another test may have run one more
    }

    [Fact]
    public async Task It_is_paused_resumed_and_cancelled()
    {
        var made = await server.PostAsync("/api/v1/pipelines/held/backfills", """{"from": "2026-10-01", "to": "2026-10-05", "maxActiveRuns": 2}""", 201);
        Assert.Equal("paused", (string?)(await server.PostAsync($"/api/v1/backfills/{made["id"]}/pause"))["state"]);
        Assert.Equal("running", (string?)(await server.PostAsync($"/api/v1/backfills/{made["id"]}/resume"))["state"]);
        Assert.Equal("running", (string?)(await server.GetAsync($"/api/v1/backfills/{made["id"]}/wait?timeoutSeconds=0"))["state"]);
        var overlap = await server.PostAsync("/api/v1/pipelines/held/backfills", """{"from": "2026-10-04", "to": "2026-10-09"}""", 409);
        Assert.Contains((string)made["id"]!, (string?)overlap["rule"], StringComparison.Ordinal);

        Assert.Equal("cancelled", (string?)(await server.PostAsync($"/api/v1/backfills/{made["id"]}/cancel"))["state"]);
        foreach (var run in (await server.GetAsync($"/api/v1/runs?backfill={made["id"]}")).AsArray())
        {
            Assert.Equal("cancelled", (string?)(await server.GetAsync($"/api/v1/runs/{run!["id"]}/wait?timeoutSeconds=30"))["state"]);
        }

        Assert.Equal(409, (int)(await server.PostAsync($"/api/v1/backfills/{made["id"]}/resume", null, 409))["status"]!);
        Assert.Equal("cancelled", (string?)(await server.GetAsync("/api/v1/backfills?pipeline=held&limit=1"))[0]!["state"]);
    }

    [Theory]
    [InlineData("hours", """{"to": "2026-10-02"}""", 400, "from has to be given.")]
    [InlineData("hours", """{"from": "soon", "to": "2026-10-02"}""", 400, "from is a point in time.")]
    [InlineData("hours", """{"from": "2026-10-03", "to": "2026-10-02"}""", 400, "to a later one")]
    [InlineData("hours", """{"from": "2026-10-01", "to": "2026-10-02", "reprocess": "some"}""", 400, "none, failed, completed")]
    [InlineData("hours", """{"from": "2026-10-01", "to": "2026-10-02", "maxActiveRuns": 0}""", 400, "1 to 1,000")]
    [InlineData("fail", """{"from": "2026-10-01", "to": "2026-10-02"}""", 400, "schedule")]
    [InlineData("none", """{"from": "2026-10-01", "to": "2026-10-02"}""", 404, "No pipeline")]
    public async Task What_cannot_be_is_refused_with_the_rule(string pipeline, string body, int status, string rule)
    {
        Assert.Contains(rule, (string?)(await server.PostAsync($"/api/v1/pipelines/{pipeline}/backfills", body, status))["rule"], StringComparison.Ordinal);
        Assert.Contains(rule, (string?)(await server.PostAsync($"/api/v1/pipelines/{pipeline}/backfills", body.Replace("{", """{"dryRun": true, """, StringComparison.Ordinal), status))["rule"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/backfills/none", 404)]
    [InlineData("/api/v1/backfills?pipeline=none", 404)]
    [InlineData("/api/v1/runs?backfill=none", 404)]
    [InlineData("/api/v1/runs?trigger=whim", 400)]
    [InlineData("/api/v1/pipelines/hours/grid?limit=0", 400)]
    [InlineData("/api/v1/pipelines/hours/grid?before=none", 404)]
    [InlineData("/api/v1/pipelines/hours/calendar?from=2026-13-01", 400)]
    [InlineData("/api/v1/pipelines/hours/calendar?zone=Mars/Olympus", 400)]
    [InlineData("/api/v1/pipelines/hours/calendar?from=2000-01-01&to=2026-01-01", 400)]
    [InlineData("/api/v1/pipelines/fail/calendar", 400)]
    [InlineData("/api/v1/pipelines/hours/intervals?from=2026-10-02&to=2026-10-01", 400)]
    [InlineData("/api/v1/pipelines/none/repairs", 404)]
    [InlineData("/api/v1/runs/none/logs/stream", 404)]
    public async Task A_wrong_question_is_answered_with_a_problem(string path, int status)
    {
        var problem = await server.GetAsync(path, status);
        Assert.Equal(status, (int)problem["status"]!);
        Assert.NotEqual("", (string?)problem["rule"]);
    }

    [Fact]
    public async Task A_definition_is_told_in_full()
    {
        var p = await server.GetAsync("/api/v1/pipelines/hours");
        var each = p["tasks"]![1]!;
        Assert.Equal(("mapped", "items", "all_success", "default", 1), ((string?)each["kind"], (string?)each["over"], (string?)each["rule"], (string?)each["pool"], (int)each["slots"]!));
        var size = p["parameters"]![0]!;
        Assert.Equal(("size", false, 3, "integer"), ((string?)size["name"], (bool)size["required"]!, (int)size["default"]!, (string?)size["schema"]!["type"]));
        Assert.Equal((16, 90.0), (((string)p["definitionHash"]!).Length, (double)p["slaSeconds"]!));
        Assert.Equal("""[{"events":["failure","sla_missed","recovered"],"channels":[]}]""", p["alerts"]!.ToJsonString());
        var run = await server.RunPipelineAsync("hours", """{"parameters": {"size": 2}}""");
        Assert.Equal((2, 4), ((int)run["parameters"]!["size"]!, run["tasks"]!.AsArray().Count));
        Assert.Equal(("mapped", "each", 1, 1), ((string?)run["tasks"]![3]!["kind"], (string?)run["tasks"]![3]!["mappedTask"], (int)run["tasks"]![3]!["item"]!, (int)run["tasks"]![3]!["itemValue"]!));
        Assert.Contains("'width' is no parameter", (string?)(await server.PostAsync("/api/v1/pipelines/hours/runs", """{"parameters": {"width": 2}}""", 400))["rule"], StringComparison.Ordinal);
        Assert.Empty((await server.GetAsync("/api/v1/pipelines/hours/repairs"))["sources"]!.AsArray());
        Assert.NotNull(await server.GetAsync("/api/v1/nodes"));
    }

    [Fact]
    public async Task The_log_of_a_run_is_streamed_as_it_is_written_and_ends_with_the_run()
    {
        var run = await server.PostAsync("/api/v1/pipelines/talk/runs", "{}", 202);
        using var reader = new StreamReader(await server.Http.GetStreamAsync(new Uri($"/api/v1/runs/{run["id"]}/logs/stream", UriKind.Relative), TestContext.Current.CancellationToken));
        var first = await NextAsync(reader);
        Assert.Equal(("line", "Said before the gate."), (first.Event, (string?)first.Data["message"]));
        Assert.Equal("running", (string?)(await server.GetAsync($"/api/v1/runs/{run["id"]}"))["state"]);
        TalkGate.Open(server).TrySetResult();
        var second = await NextAsync(reader);
        Assert.Equal(("line", "Said after the gate."), (second.Event, (string?)second.Data["message"]));
        var end = await NextAsync(reader);
        Assert.Equal(("end", "success", (string?)run["id"]), (end.Event, (string?)end.Data["state"], (string?)end.Data["runId"]));
        Assert.Equal("", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.Null(await reader.ReadLineAsync(TestContext.Current.CancellationToken));

        using var again = new HttpRequestMessage(HttpMethod.Get, new Uri($"/api/v1/runs/{run["id"]}/logs/stream?task=talk", UriKind.Relative)) { Headers = { { "Last-Event-ID", (string)first.Data["seq"]!.ToString() } } };
        using var answer = await server.Http.SendAsync(again, TestContext.Current.CancellationToken);
        var rest = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("before the gate", rest, StringComparison.Ordinal);
        Assert.Contains("after the gate", rest, StringComparison.Ordinal);
    }

    private async Task<JsonNode> EndOfAsync(JsonNode backfill)
    {
        while (backfill["endedAt"] is null)
        {
            backfill = await server.GetAsync($"/api/v1/backfills/{backfill["id"]}/wait?timeoutSeconds=10");
        }

        return backfill;
    }

    private static async Task<(string Event, JsonNode Data)> NextAsync(StreamReader stream)
    {
        var name = "";
        while (true)
        {
            var line = await stream.ReadLineAsync(TestContext.Current.CancellationToken) ?? throw new EndOfStreamException();
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                name = line[7..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                return (name, JsonNode.Parse(line[6..])!);
            }
        }
    }
}

/// <summary>What the talking pipeline waits for.</summary>
internal static class TalkGate
{
    public static TaskCompletionSource Open(TestServer server) => ((NoteGate)server.Host.Services.GetService(typeof(NoteGate))!).Talk;
}
