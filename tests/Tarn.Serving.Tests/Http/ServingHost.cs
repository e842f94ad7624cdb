using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tarn.Contracts;
using Tarn.Serving.OpenInference;

namespace Tarn.Serving.Tests;

/// <summary>A real server on a free port of loopback, with the models of a temporary folder.</summary>
public sealed class ServingHost : IAsyncDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private WebApplication? _app;

    public string Folder => _folder.Path;

    public ModelServer Models { get; private set; } = null!;

    public HttpClient Client { get; private set; } = null!;

    public Uri Url { get; private set; } = null!;

    /// <summary>Where it answers gRPC.</summary>
    public Uri GrpcUrl { get; private set; } = null!;

    internal GrpcClient Grpc { get; private set; } = null!;

    public static async Task<ServingHost> StartAsync(Action<string> write, ServingOptions? options = null, Action<IServiceCollection>? add = null, ModelAccess? access = null, ModelSource? source = null)
    {
        var host = new ServingHost();
        write(host.Folder);
        host.Models = new ModelServer([source ?? new FolderModelSource(host.Folder)], options ?? new ServingOptions(), 2, TimeProvider.System, LoggerFactory.Create(static _ => { }));
        await host.Models.StartAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static k =>
        {
            k.Listen(System.Net.IPAddress.Loopback, 0, static l => l.Protocols = HttpProtocols.Http1);
            k.Listen(System.Net.IPAddress.Loopback, 0, static l => l.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddSingleton(host.Models).AddSingleton(new ServingInfo("1.2.3")).AddServing();
        add?.Invoke(builder.Services);
        host._app = builder.Build();
        host._app.UseServingGrpc(access: access);
        host._app.UseServing();
        await host._app.StartAsync();
        List<string> addresses = [.. host._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        (host.Url, host.GrpcUrl) = (new Uri(addresses[0]), new Uri(addresses[1]));
        host.Grpc = new GrpcClient(host.GrpcUrl);
        host.Client = new HttpClient { BaseAddress = host.Url };
        return host;
    }

    /// <summary>A server with the models of <see cref="TestModels"/>.</summary>
    public static Task<ServingHost> StartAsync() => StartAsync(static folder =>
    {
        TestModels.Write(folder, "half_plus_two", 123, TestModels.HalfPlusTwo());
        TestModels.Write(folder, "simple", 1, TestModels.Simple());
        TestModels.Write(folder, "dense", 2, TestModels.Dense(), "cat\ndog\nfish\n");
        TestModels.Write(folder, "lookup", 1, TestModels.Lookup());
        TestModels.Write(folder, "texts", 1, TestModels.Texts());
        TestModels.Write(folder, "mean", 1, TestModels.Mean());
        TestModels.Write(folder, "types", 1, TestModels.AllTypes());
    });

    /// <summary>The answer to a gRPC call that must be right.</summary>
    internal async Task<T> CallAsync<T>(string method, IMessage request, MessageParser<T> answer)
        where T : IMessage<T>
    {
        using var reply = await Grpc.CallAsync($"/inference.GRPCInferenceService/{method}", request.ToByteArray());
        Xunit.Assert.True(reply.Status == 0, $"{reply.Status}: {reply.Message}");
        return answer.ParseFrom(reply.Content);
    }

    /// <summary>The answer to a ModelInfer that must be right.</summary>
    internal async Task<ModelInferResponse> InferAsync(byte[] request)
    {
        using var reply = await Grpc.CallAsync("/inference.GRPCInferenceService/ModelInfer", request);
        Xunit.Assert.True(reply.Status == 0, $"{reply.Status}: {reply.Message}");
        return ModelInferResponse.Parser.ParseFrom(reply.Content);
    }

    /// <summary>The message of a gRPC call that must end with this status.</summary>
    internal async Task<string> GrpcRefusedAsync(int expected, string method, byte[] request)
    {
        using var reply = await Grpc.CallAsync($"/inference.GRPCInferenceService/{method}", request);
        Xunit.Assert.True(reply.Status == expected, $"{reply.Status}: {reply.Message}");
        return reply.Message;
    }

    public async Task<(int Status, string Body, HttpResponseMessage Response)> GetAsync(string path)
    {
        var response = await Client.GetAsync(new Uri(path, UriKind.Relative));
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    public async Task<(int Status, string Body, HttpResponseMessage Response)> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        var response = await Client.PostAsync(new Uri(path, UriKind.Relative), content);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    /// <summary>The JSON of an answer that must be right.</summary>
    public async Task<JsonNode> AskAsync(string path, string json)
    {
        var (status, body, _) = await PostAsync(path, json);
        Xunit.Assert.True(status == 200, $"{status}: {body}");
        return JsonNode.Parse(body)!;
    }

    /// <summary>The message of an answer that must be an error of this status.</summary>
    public async Task<string> RefusedAsync(int expected, string path, string json)
    {
        var (status, body, _) = await PostAsync(path, json);
        Xunit.Assert.True(status == expected, $"{status}: {body}");
        return JsonNode.Parse(body)!["error"]!.GetValue<string>();
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        Grpc?.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        if (Models is not null)
        {
            await Models.DisposeAsync();
        }

        _folder.Dispose();
    }
}
