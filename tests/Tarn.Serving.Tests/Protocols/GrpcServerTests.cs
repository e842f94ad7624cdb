using Google.Protobuf;
using Tarn.Serving.GrpcHealthV1;
using Tarn.Serving.OpenInference;
using Xunit;
using static Tarn.Serving.Tests.InferRequests;

namespace Tarn.Serving.Tests;

/// <summary>What the service says of the server and its models, and the repository.</summary>
public sealed class GrpcServerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_models_readiness_and_statistics_are_said()
    {
        await using var host = await ServingHost.StartAsync();
        Assert.True((await host.CallAsync("ServerLive", new ServerLiveRequest(), ServerLiveResponse.Parser)).Live);
        Assert.True((await host.CallAsync("ServerReady", new ServerReadyRequest(), ServerReadyResponse.Parser)).Ready);
        var server = await host.CallAsync("ServerMetadata", new ServerMetadataRequest(), ServerMetadataResponse.Parser);
        Assert.Equal(("tarn", "1.2.3", true), (server.Name, server.Version, server.Extensions.Contains("statistics")));
        Assert.True((await host.CallAsync("ModelReady", new ModelReadyRequest { Name = "simple" }, ModelReadyResponse.Parser)).Ready);
        Assert.False((await host.CallAsync("ModelReady", new ModelReadyRequest { Name = "simple", Version = "9" }, ModelReadyResponse.Parser)).Ready);
        await host.GrpcRefusedAsync(5, "ModelReady", new ModelReadyRequest { Name = "simpel" }.ToByteArray());

        var metadata = await host.CallAsync("ModelMetadata", new ModelMetadataRequest { Name = "simple" }, ModelMetadataResponse.Parser);
        Assert.Equal(("simple", "1", "onnxruntime_onnx"), (metadata.Name, metadata.Versions.Single(), metadata.Platform));
        Assert.Equal(["INPUT0 INT32 -1,16", "INPUT1 INT32 -1,16"], metadata.Inputs.Select(static i => $"{i.Name} {i.Datatype} {string.Join(',', i.Shape)}"));
        await host.GrpcRefusedAsync(5, "ModelMetadata", new ModelMetadataRequest { Name = "simple", Version = "9" }.ToByteArray());

        await host.CallAsync("ModelInfer", Dense(1, 2, 3, 4, 5, 6, 7, 8), ModelInferResponse.Parser);
        var statistics = (await host.CallAsync("ModelStatistics", new ModelStatisticsRequest { Name = "dense" }, ModelStatisticsResponse.Parser)).ModelStats.Single();
        Assert.Equal(("dense", "2", 2ul, 1ul, 1ul), (statistics.Name, statistics.Version, statistics.InferenceCount, statistics.ExecutionCount, statistics.InferenceStats.Success.Count));
        Assert.Equal(2ul, Assert.Single(statistics.BatchStats).BatchSize);
        Assert.True((await host.CallAsync("ModelStatistics", new ModelStatisticsRequest(), ModelStatisticsResponse.Parser)).ModelStats.Count > 5);
    }

    [Fact]
    public async Task A_configuration_tells_how_a_model_is_run()
    {
        await using var host = await ServingHost.StartAsync(
            static folder => TestModels.Write(folder, "dense", 3, TestModels.Dense()),
            new ServingOptions { Defaults = new ModelOptions { MaxBatchSize = 8, PreferredBatchSizes = [4], BatchDelay = TimeSpan.FromMilliseconds(2), PriorityLevels = 3, Instances = 1 } });
        var config = (await host.CallAsync("ModelConfig", new ModelConfigRequest { Name = "dense" }, ModelConfigResponse.Parser)).Config;
        Assert.Equal(("dense", 8, 1, 3L), (config.Name, config.MaxBatchSize, config.InstanceGroup.Single().Count, config.VersionPolicy.Specific.Versions.Single()));
        Assert.Equal((DataType.TypeFp32, 4L), (config.Input.Single().DataType, config.Input.Single().Dims.Single()));
        Assert.Equal((4, 2000ul, 3ul), (config.DynamicBatching.PreferredBatchSize.Single(), config.DynamicBatching.MaxQueueDelayMicroseconds, config.DynamicBatching.PriorityLevels));
    }

    [Fact]
    public async Task A_model_is_unloaded_and_loaded_by_the_repository_and_health_follows()
    {
        await using var host = await ServingHost.StartAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using var watch = host.Grpc.Open("/grpc.health.v1.Health/Watch", cancellation: stop.Token);
        await watch.SendAsync(new HealthCheckRequest { Service = "dense" }.ToByteArray());
        await watch.EndAsync();
        async Task<HealthCheckResponse.Types.ServingStatus> SeenAsync() => HealthCheckResponse.Parser.ParseFrom(await watch.ReceiveAsync()).Status;
        async Task<string> StateAsync() => (await host.CallAsync("RepositoryIndex", new RepositoryIndexRequest(), RepositoryIndexResponse.Parser)).Models.Single(static m => m.Name == "dense").State;
        Assert.Equal((HealthCheckResponse.Types.ServingStatus.Serving, "READY"), (await SeenAsync(), await StateAsync()));

        await host.CallAsync("RepositoryModelUnload", new RepositoryModelUnloadRequest { ModelName = "dense" }, RepositoryModelUnloadResponse.Parser);
        Assert.Equal((HealthCheckResponse.Types.ServingStatus.NotServing, "UNAVAILABLE"), (await SeenAsync(), await StateAsync()));
        await host.GrpcRefusedAsync(5, "ModelInfer", Dense(1, 2, 3, 4).ToByteArray());
        Assert.DoesNotContain((await host.CallAsync("RepositoryIndex", new RepositoryIndexRequest { Ready = true }, RepositoryIndexResponse.Parser)).Models, static m => m.Name == "dense");

        var configured = new RepositoryModelLoadRequest { ModelName = "dense", Parameters = { ["config"] = new ModelRepositoryParameter { StringParam = "{}" } } };
        Assert.Contains("load it without parameters", await host.GrpcRefusedAsync(3, "RepositoryModelLoad", configured.ToByteArray()), StringComparison.Ordinal);
        await host.CallAsync("RepositoryModelLoad", new RepositoryModelLoadRequest { ModelName = "dense" }, RepositoryModelLoadResponse.Parser);
        Assert.Equal((HealthCheckResponse.Types.ServingStatus.Serving, "READY"), (await SeenAsync(), await StateAsync()));
        Assert.Single((await host.CallAsync("ModelInfer", Dense(1, 2, 3, 4), ModelInferResponse.Parser)).Outputs);
        await host.GrpcRefusedAsync(5, "RepositoryModelLoad", new RepositoryModelLoadRequest { ModelName = "nothing" }.ToByteArray());
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("inference.GRPCInferenceService", 1)]
    [InlineData("dense", 1)]
    [InlineData("nothing", -1)]
    public async Task Health_is_that_of_the_server_of_the_service_and_of_each_model(string name, int expected)
    {
        await using var host = await ServingHost.StartAsync();
        using var reply = await host.Grpc.CallAsync("/grpc.health.v1.Health/Check", new HealthCheckRequest { Service = name }.ToByteArray(), cancellation: Cancellation);
        Assert.Equal(expected < 0 ? 5 : 0, reply.Status);
        Assert.Equal(expected, reply.Status == 0 ? (int)HealthCheckResponse.Parser.ParseFrom(reply.Content).Status : -1);
    }

    [Fact]
    public async Task REST_goes_on_beside_gRPC()
    {
        await using var host = await ServingHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.GrpcUrl, "/v2/health/ready")) { Version = new Version(2, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var answer = await host.Client.SendAsync(request, Cancellation);
        Assert.True(answer.IsSuccessStatusCode);
    }
}
