using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Tests;

/// <summary>What a client does wrong is answered with 4xx and a problem that says what, by which rule, and what to do.</summary>
public sealed class ProblemTests(TestServer server) : IClassFixture<TestServer>
{
    [Theory]
    [InlineData("/nothing.txt", 404, "nothing at this path")]
    [InlineData("/api/v1/nothing", 404, "nothing at this path")]
    [InlineData("/api/v1/pipelines/none", 404, "No pipeline")]
    [InlineData("/api/v1/runs/none", 404, "run")]
    [InlineData("/api/v1/runs/none/wait", 404, "run")]
    [InlineData("/api/v1/runs/none/logs", 404, "run")]
    [InlineData("/api/v1/runs?limit=0", 400, "limit is 1 to 1000")]
    [InlineData("/api/v1/runs?limit=many", 400, "limit is a whole number")]
    [InlineData("/api/v1/runs?state=odd", 400, "state is one of")]
    [InlineData("/api/v1/runs?pipeline=none", 404, "No pipeline")]
    [InlineData("/api/v1/tables/silver.none", 404, "table")]
    [InlineData("/api/v1/tables/nonsense", 400, "layer.name")]
    [InlineData("/api/v1/tables/silver.none/history", 404, "table")]
    [InlineData("/api/v1/tables/silver.notes?asOf=sometime", 400, "version")]
    [InlineData("/api/v1/tables/silver.notes?asOf=9999", 404, "version")]
    [InlineData("/api/v1/tables/silver.notes/rows?orderBy=nope", 400, "orderBy is a column")]
    [InlineData("/api/v1/tables/silver.notes/rows?limit=0", 400, "limit is 1 to 10000")]
    [InlineData("/api/v1/tables/silver.notes/rows?descending=perhaps", 400, "descending is true or false")]
    [InlineData("/api/v1/topics/none", 404, "topic")]
    [InlineData("/api/v1/topics/none/records", 404, "topic")]
    [InlineData("/api/v1/topics/notes/records?partition=7", 404, "partitions 0 to 1")]
    [InlineData("/api/v1/topics/notes/records?offset=9999", 400, "offset")]
    [InlineData("/api/v1/topics/notes/records?time=soon", 400, "time is a point in time")]
    [InlineData("/api/v1/topics/notes/records?time=2026-01-01&offset=1", 400, "offset or from a time")]
    [InlineData("/api/v1/runs/x/wait?timeoutSeconds=-1", 400, "timeoutSeconds is 0 to 300")]
    public async Task A_wrong_get_is_explained(string path, int status, string rule) => IsProblem(await server.GetAsync(path, status), status, rule);

    [Theory]
    [InlineData("/api/v1/query", """{"sql": ""}""", 400, "sql has to be given")]
    [InlineData("/api/v1/query", """{"sql": "select 1", "maxRows": 0}""", 400, "maxRows is 1 to")]
    [InlineData("/api/v1/query", """{"sql": "selec 1"}""", 400, "")]
    [InlineData("/api/v1/query", """{"sql": "select * from silver.nonex"}""", 404, "")]
    [InlineData("/api/v1/query", """{"sql": "select * from '/etc/passwd'"}""", 404, "")]
    [InlineData("/api/v1/query", """{"sql": "drop table silver.notes"}""", 400, "")]
    [InlineData("/api/v1/query", """{"sql": 5}""", 400, "JSON of the documented form at $.sql")]
    [InlineData("/api/v1/query", "{ torn", 400, "JSON of the documented form")]
    [InlineData("/api/v1/pipelines/write/runs", """{"logicalDate": "soon"}""", 400, "logicalDate is a point in time")]
    [InlineData("/api/v1/pipelines/none/runs", "{}", 404, "No pipeline")]
    [InlineData("/api/v1/pipelines/none/pause", null, 404, "No pipeline")]
    [InlineData("/api/v1/runs/none/cancel", null, 404, "run")]
    [InlineData("/api/v1/runs/none/retry", null, 404, "run")]
    [InlineData("/api/v1/tables/silver.none/optimize", null, 404, "table")]
    [InlineData("/api/v1/tables/silver.notes/vacuum", """{"retain": "long"}""", 400, "retain is a duration")]
    [InlineData("/api/v1/tables/silver.notes/vacuum", """{"retain": "1s"}""", 400, "")]
    [InlineData("/api/v1/topics/none/records", "{}", 404, "topic")]
    [InlineData("/api/v1/topics/notes/records", """{"key": 1}""", 400, "Line 1 is not")]
    [InlineData("/api/v1/status", "{}", 405, "answers GET")]
    public async Task A_wrong_post_is_explained(string path, string? body, int status, string rule) => IsProblem(await server.PostAsync(path, body, status), status, rule);

    [Fact]
    public async Task A_body_of_another_type_is_explained() =>
        IsProblem(await server.PostAsync("/api/v1/query", "select 1", 415, "text/plain"), 415, "Content-Type");

    [Fact]
    public async Task Nothing_of_a_request_with_a_bad_line_is_appended()
    {
        var before = (long)(await server.GetAsync("/api/v1/topics/notes"))["records"]!;
        IsProblem(await server.PostAsync("/api/v1/topics/notes/records", """{"key": "a", "value": 1}""" + "\nnonsense\n", 400), 400, "Line 2 is not");
        Assert.Equal(before, (long)(await server.GetAsync("/api/v1/topics/notes"))["records"]!);
    }

    [Theory]
    [InlineData("Host", "evil.example", 421)]
    [InlineData("Host", "192.168.1.1:8080", 421)]
    [InlineData("Origin", "http://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Host", "localhost:1", 204)]
    public async Task A_page_of_another_origin_changes_nothing(string header, string value, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/pipelines/fail/resume");
        request.Headers.TryAddWithoutValidation(header, value);
        using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_page_of_this_origin_may()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/pipelines/fail/resume");
        request.Headers.TryAddWithoutValidation("Origin", server.Url.GetLeftPart(UriPartial.Authority));
        using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    private static void IsProblem(JsonNode problem, int status, string rule)
    {
        Assert.Equal(status, (int)problem["status"]!);
        Assert.NotEmpty((string)problem["title"]!);
        Assert.NotEmpty((string)problem["detail"]!);
        Assert.Contains(rule, (string)problem["rule"]!, StringComparison.OrdinalIgnoreCase);
    }
}
