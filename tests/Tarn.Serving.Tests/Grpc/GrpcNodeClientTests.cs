using System.Buffers;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Serving.OpenInference;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>gRPC's own client for Node.js works against the server.</summary>
public sealed class GrpcNodeClientTests
{
    [Theory]
    [InlineData("unary", """{"sizes":true,"many":true}""")]
    [InlineData("streaming", """{"count":[1,2,3,4,5],"code":0,"heard":["one","two","three"],"ended":0}""")]
    [InlineData("compressed", """{"deflate":true,"gzip":true}""")]
    [InlineData("metadata", """{"code":0,"told":["a value"],"bin":["fafbfc"],"last":["end"],"lastBin":["ff"]}""")]
    [InlineData("errors", """{"code":5,"details":"The model is registered. (value: größe) Register it.","retry":["7"],"nothing":12,"nothingDetails":"tarn.test.Echo has no method Nothing here."}""")]
    [InlineData("leaving", """{"late":4,"cancelled":1}""")]
    [InlineData("health", """{"first":"NOT_SERVING","check":"SERVING","unknown":5,"list":{"":"SERVING","m":"NOT_SERVING"}}""")]
    public async Task The_client_of_node_sees_what_was_meant(string scenario, string seen)
    {
        await using var server = await GrpcTestServer.StartAsync(static t =>
        {
            GrpcTestServer.Echo(t);
            Odd(t);
            var states = new ServingStates();
            states.Set("", true);
            states.Set("m", false);
            HealthService.AddTo(t, states);
        });
        Assert.Equal(seen, await RunAsync(server.Url, scenario));
        await server.AssertCleanAsync();
    }

    [Fact]
    public async Task The_client_of_node_infers_by_what_reflection_tells()
    {
        await using var server = await GrpcTestServer.StartAsync(static t =>
        {
            Inference(t);
            ReflectionService.AddTo(t);
        });
        const string Version = """{"services":["grpc.reflection.v1.ServerReflection","grpc.reflection.v1alpha.ServerReflection","inference.GRPCInferenceService"],"missing":5,"infer":{"id":"r1","shape":[1,2],"values":[3,-4]},"streamed":["a","b","There is no model none."],"config":{"max":8,"type":"TYPE_FP32","backend":"onnxruntime","delay":2000},"rest":12}""";
        Assert.Equal($$"""{"v1":{{Version}},"v1alpha":{{Version}}}""", await RunAsync(server.Url, "inference"));
        await server.AssertCleanAsync();
    }

    private static void Odd(GrpcServiceTable table)
    {
        table.Add("tarn.test.Odd")
            .UnaryRaw("Tell", static (call, _, _) =>
            {
                call.SetHeader("x-told", call.Metadata("x-asked")!);
                call.SetHeader("x-told-bin", call.BinaryMetadata("x-asked-bin")[1]);
                call.SetTrailer("x-last", "end");
                call.SetTrailer("x-last-bin", [0xff]);
                return default;
            })
            .UnaryRaw("Fail", static (call, _, _) =>
            {
                call.SetTrailer("retry-after", "7");
                throw TarnException.NotFound("The model is registered.", "größe", "Register it.");
            })
            .UnaryRaw("Wait", static async (call, _, _) => await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, call.Cancellation));
    }

    private static void Inference(GrpcServiceTable table)
    {
        table.Add(GrpcInference.Service, static () => GrpcServiceReflection.Descriptor.Services[0])
            .Unary("ModelInfer", ModelInferRequest.Parser, static (request, _) => ValueTask.FromResult(Twice(request)))
            .Duplex<ModelInferRequest, ModelStreamInferResponse>("ModelStreamInfer", ModelInferRequest.Parser, static async (requests, responses, _) =>
            {
                while (await requests.ReadAsync() is { } request)
                {
                    await responses.WriteAsync(request.ModelName == "twice" ? new() { InferResponse = Twice(request) } : new() { ErrorMessage = $"There is no model {request.ModelName}." });
                }
            })
            .Unary("ModelConfig", ModelConfigRequest.Parser, static (request, _) => ValueTask.FromResult(new ModelConfigResponse
            {
                Config = new()
                {
                    Name = request.Name,
                    Backend = "onnxruntime",
                    MaxBatchSize = 8,
                    Input = { new ModelInput { Name = "x", DataType = DataType.TypeFp32, Dims = { 2 } } },
                    DynamicBatching = new() { MaxQueueDelayMicroseconds = 2000 },
                },
            }));
    }

    private static ModelInferResponse Twice(ModelInferRequest request)
    {
        var values = MemoryMarshal.Cast<byte, float>(request.RawInputContents[0].Span).ToArray();
        for (var i = 0; i < values.Length; i++)
        {
            values[i] *= 2;
        }

        return new ModelInferResponse
        {
            ModelName = request.ModelName,
            Id = request.Id,
            Outputs = { new ModelInferResponse.Types.InferOutputTensor { Name = "y", Datatype = "FP32", Shape = { request.Inputs[0].Shape } } },
            RawOutputContents = { ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())) },
        };
    }

    /// <summary>Runs a scenario of grpc.cjs; what it saw, as JSON.</summary>
    internal static async Task<string> RunAsync(Uri server, string scenario)
    {
        var clients = Folder();
        Assert.SkipUnless(Directory.Exists(Path.Combine(clients, "node_modules", "@grpc", "grpc-js")), "npm's @grpc/grpc-js is not installed; ./tarn test does that, or `npm ci` in tests/Tarn.Serving.Tests/clients.");
        await using var node = ChildProgram.StartCommand("node", ["grpc.cjs", $"{server.Port}", scenario], workingDirectory: clients);
        var code = await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(code == 0, node.Output + node.Errors);
        return node.Output.Trim();
    }

    private static string Folder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var clients = Path.Combine(folder.FullName, "tests", "Tarn.Serving.Tests", "clients");
            if (Directory.Exists(clients))
            {
                return clients;
            }
        }

        throw new DirectoryNotFoundException("tests/Tarn.Serving.Tests/clients");
    }
}
