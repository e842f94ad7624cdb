using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Tarn.Tests;

/// <summary>A running server, asked in MLflow's way.</summary>
public sealed class MlflowServer : IAsyncLifetime
{
    public TestServer Server { get; } = new();

    public ValueTask InitializeAsync() => Server.InitializeAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    public Task<JsonNode> GetAsync(string path, int status = 200) => Server.GetAsync($"/api/2.0/mlflow/{path}", status);

    public Task<JsonNode> PostAsync(string path, string body = "{}", int status = 200) => SendAsync(HttpMethod.Post, $"mlflow/{path}", body, status);

    public Task<JsonNode> PatchAsync(string path, string body, int status = 200) => SendAsync(HttpMethod.Patch, $"mlflow/{path}", body, status);

    public Task<JsonNode> DeleteAsync(string path, string body, int status = 200) => SendAsync(HttpMethod.Delete, $"mlflow/{path}", body, status);

    /// <summary>Asserts that a call is refused with a code of MLflow's and its status.</summary>
    public async Task RefusedAsync(string code, int status, Func<int, Task<JsonNode>> call)
    {
        var answer = await call(status);
        Assert.Equal(code, (string?)answer["error_code"]);
        Assert.False(string.IsNullOrEmpty((string?)answer["message"]));
    }

    public async Task<JsonNode> SendAsync(HttpMethod method, string path, string? body, int status = 200)
    {
        using var request = new HttpRequestMessage(method, $"/api/2.0/{path}");
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        using var answer = await Server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True((int)answer.StatusCode == status, $"{method} {path}: {(int)answer.StatusCode}, expected {status}.\n{text}");
        return JsonNode.Parse(text)!;
    }

    public async Task<string> StartRunAsync(string experiment = "0", string more = "")
    {
        var made = await PostAsync("runs/create", $$"""{"experiment_id":"{{experiment}}","user_id":"ada","start_time":1700000000000{{more}}}""");
        return (string)made["run"]!["info"]!["run_id"]!;
    }

    public async Task<string> NewExperimentAsync(string name) => (string)(await PostAsync("experiments/create", $$"""{"name":"{{name}}"}"""))["experiment_id"]!;
}
