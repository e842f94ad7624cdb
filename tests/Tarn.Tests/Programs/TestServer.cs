using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary>The tests' program, serving on a free port; stopped and removed at the end.</summary>
public sealed class TestServer : IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();
    private readonly CancellationTokenSource _stop = new();
    private TarnHost? _host;

    public Uri Url => _host!.Url;

    public string DataDirectory => _folder.Combine("data");

    public HttpClient Http { get; private set; } = new();

    /// <summary>The program that is hosted; default <see cref="NotesProgram"/>.</summary>
    internal Func<string[], TarnAppBuilder> Program { get; init; } = NotesProgram.Create;

    /// <summary>Settings as the command line gives them.</summary>
    internal IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>();

    internal TarnHost Host => _host!;

    public async ValueTask InitializeAsync()
    {
        var builder = Program([]);
        var surroundings = new ProgramSurroundings
        {
            Terminal = new Terminal { In = TextReader.Null, Out = TextWriter.Null, Error = TextWriter.Null },
            Environment = new Dictionary<string, string>(),
            CurrentDirectory = Path.GetTempPath(),
        };
        var request = new HostRequest
        {
            DataDirectory = DataDirectory,
            Command = "test",
            IsServer = true,
            Settings = new Dictionary<string, string?>(Settings) { [TarnOptions.UrlsKey] = "http://127.0.0.1:0" },
        };
        _host = await TarnHost.StartAsync(builder.Close(), surroundings, request, _stop.Token);
        Http = new HttpClient { BaseAddress = _host.Url };
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _stop.Dispose();
        _folder.Dispose();
    }

    /// <summary>The JSON of an answer with the expected status.</summary>
    public async Task<JsonNode> GetAsync(string path, int status = 200)
    {
        using var answer = await Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return await ReadAsync(answer, status);
    }

    public async Task<JsonNode> PostAsync(string path, string? body = null, int status = 200, string type = "application/json")
    {
        using var content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, type);
        using var answer = await Http.PostAsync(new Uri(path, UriKind.Relative), content, TestContext.Current.CancellationToken);
        return await ReadAsync(answer, status);
    }

    /// <summary>Runs a pipeline and waits for its end.</summary>
    public async Task<JsonNode> RunPipelineAsync(string pipeline, string body = "{}")
    {
        var run = await PostAsync($"/api/v1/pipelines/{pipeline}/runs", body, 202);
        while (run["endedAt"] is null)
        {
            run = await GetAsync($"/api/v1/runs/{run["id"]}/wait?timeoutSeconds=10");
        }

        return await GetAsync($"/api/v1/runs/{run["id"]}");
    }

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage answer, int status)
    {
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True((int)answer.StatusCode == status, $"{answer.RequestMessage!.Method} {answer.RequestMessage.RequestUri}: {(int)answer.StatusCode}, expected {status}.\n{text}");
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
    }
}
