using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Tests;

/// <summary>The form in which a request is refused before it comes to its protocol: the one that the protocol's clients read.</summary>
public sealed class RefusalFormTests
{
    private const string Error = "error";
    private const string Mlflow = "error_code,message";
    private const string Problem = "type,title,status,detail,instance,rule,value,remedy";

    private static readonly (string Method, string Path, string Form)[] Paths =
    [
        ("POST", "/v1/models/m:predict", Error),
        ("GET", "/v1/models/m/metadata", Error),
        ("POST", "/v2/models/m/infer", Error),
        ("GET", "/v2", Error),
        ("POST", "/v2/repository/index", Error),
        ("POST", "/v1/endpoints/e/predict", Error),
        ("POST", "/v1/endpoints/e/feedback", Error),
        ("POST", "/invocations", Mlflow),
        ("POST", "/v1/endpoints/e/invocations", Mlflow),
        ("GET", "/version", Mlflow),
        ("POST", "/api/2.0/mlflow/runs/create", Mlflow),
        ("POST", "/api/2.0/preview/mlflow/runs/create", Mlflow),
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/1/a/f", Mlflow),
        ("POST", "/api/v1/query", Problem),
        ("GET", "/api/v1/endpoints", Problem),
        ("GET", "/api/2.0/mlflows", Problem),
    ];

    [Fact]
    public async Task Who_says_nothing_is_refused_in_the_form_of_the_path()
    {
        await using var server = await SecuredServer.StartAsync();
        foreach (var (method, path, form) in Paths)
        {
            using var answer = await server.SendAsync(new HttpMethod(method), path, null);
            var body = await CheckAsync(answer, 401, form, path);
            Assert.Equal("Bearer realm=\"tarn\"", answer.Headers.WwwAuthenticate.ToString());
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            CheckCode(body, form, "UNAUTHENTICATED", "urn:tarn:unauthenticated");
            Assert.Contains("keys create", Message(body, form), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Who_may_not_is_refused_in_the_form_of_the_path()
    {
        await using var server = await SecuredServer.StartAsync();
        var elsewhere = await server.KeyAsync("kiosk", new { endpoints = new[] { "other" }, verbs = new[] { "predict" } });
        foreach (var (method, path, form) in Paths)
        {
            using var answer = await server.SendAsync(new HttpMethod(method), path, elsewhere);
            var body = await CheckAsync(answer, 403, form, path);
            CheckCode(body, form, "PERMISSION_DENIED", "urn:tarn:forbidden");
            Assert.Contains("the key kiosk", Message(body, form), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Who_comes_too_often_is_told_when_to_come_again_in_the_form_of_the_path()
    {
        await using var server = await SecuredServer.StartAsync();
        var slow = await server.KeyAsync("slow", new { role = "operator", ratePerSecond = 0.001, burst = 1 });
        var few = await server.KeyAsync("few", new { role = "operator", requestsPerDay = 1 });
        Assert.Equal((200, 200), (await server.StatusAsync(HttpMethod.Get, "/v2", slow), await server.StatusAsync(HttpMethod.Get, "/v2", few)));
        foreach (var (method, path, form) in Paths)
        {
            foreach (var (key, type) in new[] { (slow, "urn:tarn:rate-limited"), (few, "urn:tarn:quota-exceeded") })
            {
                using var answer = await server.SendAsync(new HttpMethod(method), path, key);
                var body = await CheckAsync(answer, 429, form, path);
                Assert.True(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds >= 1, path);
                CheckCode(body, form, "REQUEST_LIMIT_EXCEEDED", type);
                Assert.Contains("Try again in", Message(body, form), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_body_that_is_too_large_ends_the_connection_and_is_refused_in_the_form_of_the_path()
    {
        await using var server = await SecuredServer.StartAsync(("Security:MaxBodyBytes", "2048"), ("Security:MaxPredictionBytes", "2048"), ("Security:MaxUploadBytes", "2048"));
        foreach (var (method, path, form) in Paths.Where(static p => p.Method != "GET"))
        {
            using var content = new StringContent(new string('x', 3000), Encoding.UTF8, "application/json");
            using var answer = await server.SendAsync(new HttpMethod(method), path, server.Host.LocalKey, content);
            var body = await CheckAsync(answer, 413, form, path);
            Assert.True(answer.Headers.ConnectionClose, path);
            CheckCode(body, form, "BAD_REQUEST", "urn:tarn:too-large");
            Assert.Contains("at most 2048 bytes", Message(body, form), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_artifact_that_turns_out_too_large_has_the_status_of_that_too()
    {
        await using var server = await SecuredServer.StartAsync(("Security:MaxUploadBytes", "2048"));
        using var content = new ByteArrayContent(new byte[3000]);
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/2.0/mlflow-artifacts/artifacts/1/a/f") { Content = content };
        request.Headers.Authorization = new("Bearer", server.Host.LocalKey);
        request.Headers.TransferEncodingChunked = true;
        using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);

        await CheckAsync(answer, 413, Mlflow, "artifact");
    }

    [Fact]
    public async Task A_call_by_a_foreign_name_is_refused_in_the_form_of_the_path()
    {
        await using var server = await SecuredServer.StartAsync();
        foreach (var (method, path, form) in Paths)
        {
            using var answer = await server.SendAsync(new HttpMethod(method), path, server.Host.LocalKey, null, ("Host", "evil.example.org"));
            Assert.Contains("evil.example.org", Message(await CheckAsync(answer, 421, form, path), form, "value"), StringComparison.Ordinal);
        }
    }

    private static async Task<JsonObject> CheckAsync(HttpResponseMessage answer, int status, string form, string path)
    {
        var body = await answer.Content.ReadFromJsonAsync<JsonObject>(TestContext.Current.CancellationToken);
        var media = form == Problem ? "application/problem+json" : "application/json";
        Assert.Equal((path, status, media, form), (path, (int)answer.StatusCode, answer.Content.Headers.ContentType!.MediaType, string.Join(',', body!.Select(static m => m.Key))));
        return body!;
    }

    private static void CheckCode(JsonObject body, string form, string code, string type)
    {
        if (form != Error)
        {
            Assert.Equal(form == Mlflow ? code : type, (string?)body[form == Mlflow ? "error_code" : "type"]);
        }
    }

    private static string Message(JsonObject body, string form, string ofProblem = "detail") => (string)body[form == Error ? "error" : form == Mlflow ? "message" : ofProblem]!;
}
