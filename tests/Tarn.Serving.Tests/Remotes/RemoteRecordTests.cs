using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Serving.OpenInference;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>What is recorded of predictions that a remote cluster answers, and who may ask for one over gRPC.</summary>
public sealed class RemoteRecordTests
{
    [Fact]
    public async Task A_remote_answer_is_recorded_before_it_is_sent()
    {
        await using var journal = new PredictionWorld();
        await using var log = await journal.OpenAsync();
        await using var server = await ScriptedServer.StartAsync(static async (http, body) =>
        {
            http.Response.StatusCode = body.Length > 100 ? 500 : 200;
            http.Response.Headers["X-Tarn-Model-Version"] = "41";
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync("""{"predictions":[1.0]}""");
        });
        await using var world = await GatewayWorld.StartAsync(new RemoteOptions { Urls = [server.Url] }, add: s => s.AddSingleton(log).AddSingleton(IdSource.CreateSeeded(TimeProvider.System, 3)));

        var (_, _, good) = await world.Host.PostAsync(GatewayWorld.Predict, GatewayWorld.Body);
        var (status, _, bad) = await world.Host.PostAsync(GatewayWorld.Predict, new string(' ', 200));
        await log.DrainAsync(TestContext.Current.CancellationToken);

        Assert.Equal(500, status);
        Assert.False(bad.Headers.Contains("X-Tarn-Prediction-Id"));
        var records = (await journal.TopicAsync()).ConvertAll(static r => r.Value);
        var record = Assert.Single(records, static r => r.Status == 200);
        Assert.Equal(good.Headers.GetValues("X-Tarn-Prediction-Id").Single(), record.PredictionId);
        Assert.Equal(("pizza", "half_plus_two", 41L, "remote", "tensorflow"), (record.Endpoint, record.Model, record.Version, record.Variant, record.Protocol));
        Assert.Equal("""{"predictions":[1.0]}""", record.Outputs);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(GatewayWorld.Body))), record.InputsSha256);
        Assert.Contains("gpu", Assert.Single(records, static r => r.Status == 500).Error!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_a_Tarn_gives_a_prediction_its_id_that_is_the_id_here()
    {
        const string Id = "01890a5d00007000800000000000002a";
        await using var journal = new PredictionWorld();
        await using var log = await journal.OpenAsync();
        await using var server = await ScriptedServer.AnsweringAsync($$"""{"endpoint":"half_plus_two","prediction_id":"{{Id}}","predictions":[1.0]}""");
        await using var world = await GatewayWorld.StartAsync(new RemoteOptions { Urls = [server.Url] }, add: s => s.AddSingleton(log).AddSingleton(IdSource.CreateSeeded(TimeProvider.System, 3)));

        var (_, _, response) = await world.Host.PostAsync("/v1/endpoints/pizza/predict", GatewayWorld.Body);
        await log.DrainAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Id, response.Headers.GetValues("X-Tarn-Prediction-Id").Single());
        Assert.Equal(Id, Assert.Single(await journal.TopicAsync()).Value.PredictionId);
    }

    [Fact]
    public async Task Over_gRPC_a_version_here_stands_in_and_where_there_is_none_the_caller_is_told()
    {
        await using var server = await ScriptedServer.AnsweringAsync("{}");
        await using var mixed = await GatewayWorld.StartAsync(
            new RemoteOptions { Urls = [server.Url] }, [new Variant("here", VariantTarget.OfVersion(1), 1), GatewayWorld.Remote with { Weight = 1000 }]);
        await using var remote = await GatewayWorld.StartAsync(server.Url);
        var request = new ModelInferRequest { ModelName = "pizza", Inputs = { InferRequests.Input("x", "FP32", 1) }, RawInputContents = { InferRequests.Raw(10f) } }.ToByteArray();

        _ = await mixed.Host.InferAsync(request);
        Assert.Contains("over HTTP", await remote.Host.GrpcRefusedAsync(12, "ModelInfer", request), StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }
}
