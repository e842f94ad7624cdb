using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary>A program whose callers have to say who they are, serving on a free port.</summary>
internal sealed class SecuredServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private TarnHost? _host;

    public string DataDirectory => _folder.Combine("data");

    public string Folder => _folder.Path;

    public TarnHost Host => _host!;

    public HttpClient Http { get; private set; } = new();

    public Dictionary<string, string?> Settings { get; } = new() { [TarnOptions.UrlsKey] = "http://127.0.0.1:0", ["Security:Authentication"] = "required" };

    public T Get<T>()
        where T : notnull => Host.Services.GetRequiredService<T>();

    public static async Task<SecuredServer> StartAsync(params (string Key, string? Value)[] settings)
    {
        var server = new SecuredServer();
        foreach (var (key, value) in settings)
        {
            server.Settings[key] = value;
        }

        await server.StartAsync();
        return server;
    }

    public async Task StartAsync()
    {
        var builder = TarnApp.CreateBuilder([]);
        builder.AddSystem("door", "Says who came in.", static system => system.MapApi(static api =>
        {
            api.MapGet("/who", static (HttpContext http) => TypedResults.Text($"{http.User.FindFirstValue("sub")} {http.User.FindFirstValue(ClaimTypes.Role)}"));
            api.MapPost("/anything", static () => TypedResults.Text("done"));
            api.MapPost("/fail", static IResult () => throw new InvalidOperationException("broken"));
        }));
        var surroundings = new ProgramSurroundings
        {
            Terminal = new Terminal { In = TextReader.Null, Out = TextWriter.Null, Error = TextWriter.Null },
            Environment = new Dictionary<string, string>(),
            CurrentDirectory = Path.GetTempPath(),
        };
        var request = new HostRequest { DataDirectory = DataDirectory, Command = "test", IsServer = true, Settings = Settings };
        _host = await TarnHost.StartAsync(builder.Close(), surroundings, request, TestContext.Current.CancellationToken);
        Http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = _host.Url };
    }

    public async Task StopAsync()
    {
        await _host!.DisposeAsync();
        _host = null;
    }

    /// <summary>Makes a key as the machine's own caller, and gives its text.</summary>
    public async Task<string> KeyAsync(string name, object? body = null)
    {
        var asked = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(body ?? new { }))!.AsObject();
        asked["name"] = name;
        using var answer = await SendAsync(HttpMethod.Post, "/api/v1/keys", Host.LocalKey, JsonContent.Create(asked));
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True((int)answer.StatusCode == 201, text);
        return (string)JsonNode.Parse(text)!["key"]!;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? key, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async Task<(int Status, JsonNode? Json)> AskAsync(HttpMethod method, string path, string? key, object? body = null, params (string Name, string Value)[] headers)
    {
        using var content = body is null ? null : JsonContent.Create(body);
        using var answer = await SendAsync(method, path, key, content, headers);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, text.StartsWith('{') || text.StartsWith('[') ? JsonNode.Parse(text) : JsonValue.Create(text));
    }

    public async Task<int> StatusAsync(HttpMethod method, string path, string? key, object? body = null) => (await AskAsync(method, path, key, body)).Status;

    public async Task<JsonArray> AuditAsync() => (await AskAsync(HttpMethod.Get, "/api/v1/audit", Host.LocalKey)).Json!.AsArray();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _folder.Dispose();
    }
}
