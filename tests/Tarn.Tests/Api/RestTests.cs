using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Tests;

/// <summary>Every route of the REST API on a running server.</summary>
public sealed class RestTests(TestServer server) : IClassFixture<TestServer>
{
    [Fact]
    public async Task Health_says_live_and_ready()
    {
        Assert.Equal("live", (string?)(await server.GetAsync("/health/live"))["status"]);
        var ready = await server.GetAsync("/health/ready");
        Assert.Equal(("ready", Environment.ProcessId, server.DataDirectory), ((string?)ready["status"], (int)ready["pid"]!, (string?)ready["dataDirectory"]));
    }

    [Fact]
    public async Task Status_says_what_runs_and_how_it_does()
    {
        var status = await server.GetAsync("/api/v1/status");
        Assert.Equal(TarnApp.Version, (string?)status["version"]);
        Assert.Equal(server.DataDirectory, (string?)status["dataDirectory"]);
        Assert.StartsWith("http://127.0.0.1:", (string?)status["urls"]![0], StringComparison.Ordinal);
        var notes = status["systems"]![0]!;
        Assert.Equal(("notes", "Notes", "ok", "Notes are taken.", 3), ((string?)notes["name"], (string?)notes["title"], (string?)notes["state"], (string?)notes["summary"], (int)notes["details"]!["ink"]!));
        Assert.Equal("/idle", (string?)status["systems"]![1]!["path"]);
        Assert.DoesNotContain(status["notices"]!.AsArray(), static n => ((string)n!["text"]!).StartsWith("Notes go to", StringComparison.Ordinal));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z$", (string?)status["now"]);
    }

    [Fact]
    public async Task A_run_goes_from_trigger_to_details_and_logs()
    {
        var run = await server.RunPipelineAsync("write", """{"logicalDate": "2026-11-22T08:30:00Z"}""");
        Assert.Equal(("write", "manual", "success"), ((string?)run["pipeline"], (string?)run["trigger"], (string?)run["state"]));
        Assert.Equal("2026-11-22T08:30:00.000Z", (string?)run["logicalDate"]);
        Assert.Equal(("2026-11-22T07:00:00.000Z", "2026-11-22T08:00:00.000Z"), ((string?)run["dataInterval"]!["start"], (string?)run["dataInterval"]!["end"]));
        Assert.True((double)run["durationMs"]! >= 0);
        Assert.Equal(["produce", "merge"], run["tasks"]!.AsArray().Select(static t => (string)t!["name"]!));
        Assert.Equal("produce", (string?)run["tasks"]![1]!["after"]![0]);
        var attempt = run["tasks"]![0]!["attempts"]![0]!;
        Assert.Equal((1, "success", 3), ((int)attempt["number"]!, (string?)attempt["state"], (int)attempt["reported"]!["notes"]!));

        var logs = (await server.GetAsync($"/api/v1/runs/{run["id"]}/logs?task=produce")).AsArray();
        var line = logs.Single(static l => (string?)l!["message"] == "Produced three notes.")!;
        Assert.Equal(("produce", 1, "information"), ((string?)line["task"], (int)line["attempt"]!, (string?)line["level"]));
        var structured = logs.Single(static l => (string?)l!["message"] == "3 notes are in the topic")!;
        Assert.Equal(("3", true), ((string?)structured["fields"]!["Notes"], ((string?)structured["category"])!.EndsWith("write.produce", StringComparison.Ordinal)));
        Assert.Empty((await server.GetAsync($"/api/v1/runs/{run["id"]}/logs?after={logs[^1]!["seq"]}&task=produce")).AsArray());

        var listed = (await server.GetAsync("/api/v1/runs?pipeline=write&state=success&limit=5")).AsArray();
        Assert.Contains(listed, r => (string?)r!["id"] == (string?)run["id"]);
        var pipeline = await server.GetAsync("/api/v1/pipelines/write");
        Assert.Contains(pipeline["lastRuns"]!.AsArray(), r => (string?)r!["id"] == (string?)run["id"]);
    }

    [Fact]
    public async Task A_failed_run_says_why_and_can_be_tried_again()
    {
        var run = await server.RunPipelineAsync("fail");
        Assert.Equal("failed", (string?)run["state"]);
        Assert.Contains("The note broke.", (string?)run["error"], StringComparison.Ordinal);
        Assert.Contains("The note broke.", (string?)run["tasks"]![0]!["attempts"]![0]!["error"], StringComparison.Ordinal);
        var again = await server.PostAsync($"/api/v1/runs/{run["id"]}/retry", null, 202);
        Assert.Equal((string?)run["id"], (string?)again["id"]);
        await server.GetAsync($"/api/v1/runs/{run["id"]}/wait");
        Assert.Equal(2, (await server.GetAsync($"/api/v1/runs/{run["id"]}"))["tasks"]![0]!["attempts"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_run_can_be_cancelled()
    {
        var run = await server.PostAsync("/api/v1/pipelines/wait/runs", "{}", 202);
        Assert.Contains((string?)(await server.GetAsync($"/api/v1/runs/{run["id"]}/wait?timeoutSeconds=0"))["state"], new[] { "queued", "running" });
        await server.PostAsync($"/api/v1/runs/{run["id"]}/cancel", null, 202);
        Assert.Equal("cancelled", (string?)(await server.GetAsync($"/api/v1/runs/{run["id"]}/wait"))["state"]);
        await server.PostAsync($"/api/v1/runs/{run["id"]}/cancel", null, 409);
    }

    [Fact]
    public async Task A_pipeline_is_shown_paused_and_resumed()
    {
        var pipelines = (await server.GetAsync("/api/v1/pipelines")).AsArray();
        Assert.Equal(["apart", "fail", "held", "hours", "talk", "wait", "write"], pipelines.Select(static p => (string)p!["name"]!).Order(StringComparer.Ordinal));
        var write = await server.GetAsync("/api/v1/pipelines/write");
        Assert.Equal(("0 * * * *", "UTC", false, "Writes three notes."), ((string?)write["schedule"], (string?)write["timeZone"], (bool)write["catchUp"]!, (string?)write["description"]));
        Assert.NotNull(write["nextRun"]!["runAfter"]);
        var version = Assert.Single((await server.GetAsync("/api/v1/pipelines/write/versions")).AsArray())!;
        Assert.Equal((true, (string?)write["definitionHash"]), ((bool)version["current"]!, (string?)version["hash"]));
        Assert.Equal(["produce", "merge"], version["definition"]!["tasks"]!.AsArray().Select(static t => (string?)t!["name"]));
        await server.GetAsync("/api/v1/pipelines/none/versions", 404);
        await server.GetAsync("/api/v1/pipelines/write/versions?limit=0", 400);
        await server.PostAsync("/api/v1/pipelines/write/pause", null, 204);
        Assert.True((bool)(await server.GetAsync("/api/v1/pipelines/write"))["paused"]!);
        await server.PostAsync("/api/v1/pipelines/write/resume", null, 204);
        Assert.False((bool)(await server.GetAsync("/api/v1/pipelines/write"))["paused"]!);
    }

    [Fact]
    public async Task Tables_are_listed_shown_asked_and_kept_in_order()
    {
        await server.RunPipelineAsync("write");
        var tables = (await server.GetAsync("/api/v1/tables")).AsArray();
        Assert.Equal(["silver.notes", "silver.notes_history"], tables.Select(static t => (string)t!["name"]!));
        var table = await server.GetAsync("/api/v1/tables/silver.notes");
        Assert.Equal(("silver", "Notes by id.", 3), ((string?)table["layer"], (string?)table["description"], (int)table["rows"]!));
        Assert.Equal(["id", "text", "weight", "written"], table["schema"]!.AsArray().Select(static c => (string)c!["name"]!));
        Assert.NotNull((string?)table["location"]);

        var history = (await server.GetAsync("/api/v1/tables/silver.notes/history?limit=10")).AsArray();
        Assert.Equal(0, (int)history[^1]!["version"]!);

        var rows = await server.GetAsync("/api/v1/tables/silver.notes/rows?orderBy=weight&descending=true&limit=2");
        Assert.Equal((3, 2, "n3"), ((int)rows["total"]!, rows["rows"]!.AsArray().Count, (string?)rows["rows"]![0]![0]));
        Assert.Equal("2026-11-22T11:30:00.123Z", (string?)rows["rows"]![0]![3]);
        Assert.Equal("n1", (string?)(await server.GetAsync("/api/v1/tables/silver.notes/rows?orderBy=weight&descending=true&offset=2"))["rows"]![0]![0]);
        Assert.Equal(0, (int)(await server.GetAsync("/api/v1/tables/silver.notes/rows?asOf=0"))["total"]!);

        var optimized = await server.PostAsync("/api/v1/tables/silver.notes/optimize");
        Assert.Equal("silver.notes", (string?)optimized["table"]);
        var vacuumed = await server.PostAsync("/api/v1/tables/silver.notes/vacuum", """{"retain": "7d", "dryRun": true}""");
        Assert.Equal((0, true), ((int)vacuumed["files"]!, (bool)vacuumed["dryRun"]!));
    }

    [Fact]
    public async Task Sql_answers_columns_rows_and_whether_there_are_more()
    {
        await server.RunPipelineAsync("write");
        var result = await server.PostAsync("/api/v1/query", """{"sql": "select id, weight, written, null as nothing, 'nan'::double as nan, 1.5::decimal(5,2) as price, [1,2] as list, written::date as day from silver.notes order by weight", "maxRows": 2}""");
        Assert.Equal(["id", "weight", "written", "nothing", "nan", "price", "list", "day"], result["columns"]!.AsArray().Select(static c => (string)c!["name"]!));
        Assert.Equal("""["n1",1,"2026-11-22T09:30:00.123Z",null,"NaN",1.50,[1,2],"2026-11-22"]""", result["rows"]![0]!.ToJsonString());
        Assert.Equal(2, result["rows"]!.AsArray().Count);
        Assert.True((bool)result["truncated"]!);
        Assert.True((double)result["elapsedMs"]! > 0);
        Assert.Equal(0, (int)(await server.PostAsync("/api/v1/query", """{"sql": "select count(*) from silver.notes", "asOf": "0"}"""))["rows"]![0]![0]!);
    }

    [Fact]
    public async Task Topics_are_listed_written_and_read()
    {
        var produced = await server.PostAsync(
            "/api/v1/topics/notes/records",
            """{"key": "a", "value": {"x": [1, "ü"]}, "headers": {"from": "test"}}""" + "\n\n" + """{"key": "a", "value": null}""" + "\n",
            type: "application/x-ndjson");
        var offsets = produced["offsets"]!.AsArray();
        Assert.Equal((int)offsets[0]!["offset"]! + 1, (int)offsets[1]!["offset"]!);
        var partition = (int)offsets[0]!["partition"]!;

        var records = (await server.GetAsync($"/api/v1/topics/notes/records?partition={partition}&offset={offsets[0]!["offset"]}")).AsArray();
        Assert.Equal("a", (string?)records[0]!["key"]);
        Assert.Equal("""{"x":[1,"ü"]}""", records[0]!["value"]!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.Equal("test", (string?)records[0]!["headers"]!["from"]);
        Assert.Null(records[1]!["value"]);
        Assert.Single((await server.GetAsync($"/api/v1/topics/notes/records?partition={partition}&offset=-1")).AsArray());
        Assert.NotEmpty((await server.GetAsync($"/api/v1/topics/notes/records?partition={partition}&time=2020-01-01&limit=1")).AsArray());
        Assert.Empty((await server.GetAsync($"/api/v1/topics/notes/records?partition={partition}&time=2200-01-01")).AsArray());

        var topic = await server.GetAsync("/api/v1/topics/notes");
        Assert.Equal(2, topic["partitions"]!.AsArray().Count);
        Assert.Equal("7d", (string?)topic["retention"]);
        Assert.True((long)topic["records"]! >= 2);
        Assert.Contains((await server.GetAsync("/api/v1/topics")).AsArray(), static t => (string?)t!["name"] == "notes");
    }

    [Fact]
    public async Task A_systems_own_routes_are_below_its_name()
    {
        var greeting = await server.GetAsync("/api/v1/notes/greeting");
        Assert.Equal(("Hello", "2026-11-22T08:30:00.123Z"), ((string?)greeting["greeting"], (string?)greeting["at"]));
    }

    [Fact]
    public async Task The_openapi_document_lists_every_route()
    {
        var document = await server.GetAsync("/openapi/v1.json");
        var listed = document["paths"]!.AsObject().SelectMany(static p => p.Value!.AsObject().Select(o => $"{o.Key.ToUpperInvariant()} {p.Key}")).Order(StringComparer.Ordinal).ToList();
        string[] expected =
        [
            "GET /api/v1/keys", "POST /api/v1/keys", "POST /api/v1/keys/{id}/rotate", "DELETE /api/v1/keys/{id}", "GET /api/v1/session", "POST /api/v1/session", "DELETE /api/v1/session", "GET /api/v1/audit",
            "GET /api/v1/alerts", "GET /api/v1/alerts/channels", "POST /api/v1/alerts/channels/{channel}/test",
            "GET /api/v1/backbones", "GET /api/v1/backbones/{backbone}", "POST /api/v1/backbones/{backbone}", "POST /api/v1/backbones/{backbone}/check",
            "GET /api/v1/backfills", "GET /api/v1/backfills/{id}", "GET /api/v1/backfills/{id}/wait", "POST /api/v1/backfills/{id}/cancel", "POST /api/v1/backfills/{id}/pause", "POST /api/v1/backfills/{id}/resume",
            "GET /api/v1/datasets", "GET /api/v1/datasets/{dataset}", "GET /api/v1/datasets/{dataset}/findings", "GET /api/v1/datasets/{dataset}/images", "GET /api/v1/datasets/{dataset}/thumbnails/{sha256}",
            "GET /api/v1/endpoints", "POST /api/v1/endpoints", "GET /api/v1/endpoints/{endpoint}", "DELETE /api/v1/endpoints/{endpoint}", "PUT /api/v1/endpoints/{endpoint}/split", "GET /api/v1/endpoints/{endpoint}/ledger", "GET /api/v1/endpoints/{endpoint}/windows",
            "GET /api/v1/endpoints/{endpoint}/predictions", "GET /api/v1/endpoints/{endpoint}/rollouts", "POST /api/v1/endpoints/{endpoint}/rollout", "POST /api/v1/endpoints/{endpoint}/rollout/abort",
            "POST /api/v1/endpoints/{endpoint}/rollout/pause", "POST /api/v1/endpoints/{endpoint}/rollout/resume", "GET /api/v1/serving/models", "GET /api/v1/serving/remotes",
            "GET /api/v1/experiments", "GET /api/v1/experiments/{experiment}",
            "GET /api/v1/training-runs", "GET /api/v1/training-runs/curves", "GET /api/v1/training-runs/{id}", "GET /api/v1/training-runs/{id}/artifacts", "GET /api/v1/training-runs/{id}/artifacts/content",
            "GET /api/v1/models", "GET /api/v1/models/{model}", "GET /api/v1/models/{model}/versions/{version}", "GET /api/v1/models/{model}/versions/{version}/files/content",
            "GET /api/v1/models/{model}/ledger", "GET /api/v1/models/{model}/aliases/{alias}", "DELETE /api/v1/models/{model}/aliases/{alias}", "POST /api/v1/models/{model}/predict", "POST /api/v1/models/{model}/promote", "POST /api/v1/models/{model}/rollback",
            "GET /api/v1/events", "GET /api/v1/nodes", "GET /api/v1/notes/greeting",
            "GET /api/v1/pipelines", "GET /api/v1/pipelines/{pipeline}", "POST /api/v1/pipelines/{pipeline}/pause", "POST /api/v1/pipelines/{pipeline}/resume", "POST /api/v1/pipelines/{pipeline}/runs",
            "POST /api/v1/pipelines/{pipeline}/backfills", "GET /api/v1/pipelines/{pipeline}/calendar", "GET /api/v1/pipelines/{pipeline}/grid",
            "GET /api/v1/pipelines/{pipeline}/intervals", "GET /api/v1/pipelines/{pipeline}/versions", "GET /api/v1/pipelines/{pipeline}/repairs", "GET /api/v1/runs/{id}/logs/stream",
            "POST /api/v1/query",
            "GET /api/v1/runs", "GET /api/v1/runs/{id}", "POST /api/v1/runs/{id}/cancel", "GET /api/v1/runs/{id}/logs", "POST /api/v1/runs/{id}/retry", "POST /api/v1/runs/{id}/take-up", "GET /api/v1/runs/{id}/wait",
            "GET /api/v1/sinks", "GET /api/v1/status",
            "GET /api/v1/tables", "GET /api/v1/tables/{table}", "GET /api/v1/tables/{table}/history", "POST /api/v1/tables/{table}/optimize", "POST /api/v1/tables/{table}/refresh", "POST /api/v1/tables/{table}/restore", "GET /api/v1/tables/{table}/rows", "POST /api/v1/tables/{table}/vacuum",
            "GET /api/v1/topics", "GET /api/v1/topics/{topic}", "GET /api/v1/topics/{topic}/records", "POST /api/v1/topics/{topic}/records",
            "GET /health/live", "GET /health/ready",
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), listed);
        Assert.All(document["paths"]!.AsObject().SelectMany(static p => p.Value!.AsObject()).Where(static o => o.Value!["tags"]![0]!.GetValue<string>() != "notes"), static o => Assert.NotNull((string?)o.Value!["summary"]));
        var wait = document["paths"]!["/api/v1/runs/{id}/wait"]!["get"]!["parameters"]!.AsArray();
        Assert.Contains(wait, static p => (string?)p!["name"] == "timeoutSeconds");
    }

    [Fact]
    public async Task Answers_carry_the_headers_that_keep_other_pages_out()
    {
        using var answer = await server.Http.GetAsync(new Uri("/api/v1/status", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("frame-ancestors 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.False(answer.Headers.Contains("Server"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
