using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Lake;
using Tarn.Registry;
using Tarn.Serving;
using Tarn.Serving.Tests;
using Xunit;

namespace Tarn.Tests;

/// <summary>
/// A server with the endpoint <c>half</c> over the registered model <c>half</c>, whose version v computes x × v / 2 + 2, and <c>shade</c>, whose model tells dark pictures from bright ones. Version 4 of
/// <c>half</c> is no model. Version 1 of both is champion.
/// </summary>
public sealed class EndpointServer : IAsyncLifetime
{
    public const int Broken = 4;

    public TestServer Server { get; } = new() { Program = Create };

    public EndpointBook Book => Server.Host.Services.GetRequiredService<EndpointBook>();

    public ModelRegistry Registry => Server.Host.Services.GetRequiredService<ModelRegistry>();

    public ModelServer Models => Server.Host.Services.GetRequiredService<ModelServer>();

    internal static TarnAppBuilder Create(string[] arguments)
    {
        var tarn = TarnApp.CreateBuilder(arguments);
        tarn.AddSystem("half", "Endpoints of a test.", static half =>
        {
            half.AddEndpoint("half", "half");
            half.AddEndpoint("shade", "shade", static e => e with { Remedy = "Paint one." });
        });
        return tarn;
    }

    public async ValueTask InitializeAsync()
    {
        await Server.InitializeAsync();
        for (var version = 1; version <= 3; version++)
        {
            await RegisterAsync("half", TestModels.HalfPlusTwo(version / 2f));
        }

        await RegisterAsync("half", [1, 2, 3]);
        await PromoteAsync("half", "champion", 1);
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    public Task<ModelVersion> RegisterAsync(string model, byte[] onnx, string? signature = null) => Registry.Models.RegisterAsync(
        new NewModelVersion
        {
            Model = model,
            Files = signature is null ? [ArtifactSource.FromBytes("model.onnx", onnx)] : [ArtifactSource.FromBytes("model.onnx", onnx), ArtifactSource.FromText("signature.json", signature)],
        },
        TestContext.Current.CancellationToken);

    /// <summary>Gives an alias to a version, and waits until that is served.</summary>
    public async Task PromoteAsync(string model, string alias, long version)
    {
        await Registry.Models.SetAliasAsync(model, alias, version, new AliasChange("test", ""), TestContext.Current.CancellationToken);
        await WaitAsync(() => Models.Inspect(model) is { } served && served.Aliases.GetValueOrDefault(alias) == version && served.Find(version)?.State == VersionState.Available);
    }

    /// <summary>Registers the model of pictures, and waits until its endpoint answers.</summary>
    public async Task AddShadeAsync()
    {
        await RegisterAsync("shade", TestModels.Brightness(), """{"labels": ["dark", "bright"]}""");
        await PromoteAsync("shade", "champion", 1);
    }

    /// <summary>Asks the endpoint for a number: the answer's JSON.</summary>
    public Task<JsonNode> AskAsync(double x, string endpoint = "half") =>
        Server.PostAsync($"/v1/endpoints/{endpoint}/predict", string.Create(CultureInfo.InvariantCulture, $$"""{"instances": [{{x}}]}"""));

    public async Task<(int Status, JsonNode Body)> SendAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        using var answer = await Server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!);
    }

    /// <summary>Sets the split of <c>half</c>: the answer.</summary>
    public async Task<JsonNode> SplitAsync(string body, int status = 200)
    {
        var (code, answer) = await SendAsync(HttpMethod.Put, "/api/v1/endpoints/half/split", body);
        Assert.True(code == status, $"{code}: {answer}");
        return answer;
    }

    /// <summary>The rows of a query, as lists of cells.</summary>
    public async Task<JsonArray> QueryAsync(string sql) =>
        (await Server.PostAsync("/api/v1/query", new JsonObject { ["sql"] = sql }.ToJsonString()))["rows"]!.AsArray();

    /// <summary>Waits for the state itself, which is looked at after each pause of the clock.</summary>
    public static async Task WaitAsync(Func<bool> isSo) => await WaitAsync(() => Task.FromResult(isSo()));

    /// <inheritdoc cref="WaitAsync(Func{bool})"/>
    public static async Task WaitAsync(Func<Task<bool>> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!await isSo())
        {
            await pause.WaitForNextTickAsync(limit.Token);
        }
    }
}
