using Google.Protobuf;
using Google.Protobuf.Reflection;
using Tarn.Serving.GrpcReflectionV1;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>gRPC's server reflection.</summary>
public sealed class GrpcReflectionTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("v1")]
    [InlineData("v1alpha")]
    public async Task A_client_that_knows_nothing_finds_everything(string version)
    {
        await using var server = await StartAsync();
        await using var call = server.Client.Open($"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo", cancellation: Cancelled);
        var services = (await AskAsync(call, new() { ListServices = "*", Host = "h" })).ListServicesResponse.Service.Select(static s => s.Name);
        Assert.Equal(["grpc.health.v1.Health", "inference.GRPCInferenceService", "a.Undescribed", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"], services);

        Assert.Equal(["grpc_service.proto", "model_config.proto"], await FilesAsync(call, new() { FileContainingSymbol = "inference.GRPCInferenceService" }));
        Assert.Equal(["grpc_service.proto", "model_config.proto"], await FilesAsync(call, new() { FileByFilename = "grpc_service.proto" }));
        foreach (var symbol in new[] { "inference.ModelConfig", "inference.ModelConfig.max_batch_size", "inference.ModelConfig.scheduling_choice", "inference.DataType", "inference.TYPE_FP32", "inference.ModelVersionPolicy.Latest" })
        {
            Assert.Equal(["model_config.proto"], await FilesAsync(call, new() { FileContainingSymbol = symbol }));
        }

        Assert.Equal(["grpc_service.proto", "model_config.proto"], await FilesAsync(call, new() { FileContainingSymbol = "inference.GRPCInferenceService.ModelInfer" }));
        Assert.Equal(["grpc/health/v1/health.proto"], await FilesAsync(call, new() { FileContainingSymbol = "grpc.health.v1.HealthCheckResponse.ServingStatus" }));
        Assert.Equal([$"grpc/reflection/{version}/reflection.proto"], await FilesAsync(call, new() { FileContainingSymbol = $"grpc.reflection.{version}.ServerReflectionRequest" }));
        await call.EndAsync();
        Assert.Equal(0, await call.StatusAsync());
        await server.AssertCleanAsync();
    }

    [Fact]
    public async Task What_is_not_there_is_an_error_within_the_stream()
    {
        await using var server = await StartAsync();
        await using var call = server.Client.Open("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", cancellation: Cancelled);
        ServerReflectionRequest[] asked =
        [
            new() { FileByFilename = "no.proto" }, new() { FileContainingSymbol = "no.Symbol" }, new() { FileContainingSymbol = "a.Undescribed" },
            new() { FileContainingExtension = new() { ContainingType = "inference.ModelConfig", ExtensionNumber = 100 } }, new() { AllExtensionNumbersOfType = "no.Message" },
        ];
        foreach (var request in asked)
        {
            var response = await AskAsync(call, request);
            Assert.Equal(5, response.ErrorResponse.ErrorCode);
            Assert.NotEmpty(response.ErrorResponse.ErrorMessage);
        }

        Assert.Equal(3, (await AskAsync(call, new())).ErrorResponse.ErrorCode);
        Assert.Empty((await AskAsync(call, new() { AllExtensionNumbersOfType = "inference.ModelConfig" })).AllExtensionNumbersResponse.ExtensionNumber);
    }

    [Fact]
    public void Extensions_are_found_by_their_numbers()
    {
        // message Base { extensions 100 to 200; message Inner { extend Base { optional int32 b = 120; } } }  extend Base { optional int32 a = 110; }
        var based = new FileDescriptorProto
        {
            Name = "base.proto",
            Package = "x",
            Syntax = "proto2",
            MessageType = { new DescriptorProto { Name = "Base", ExtensionRange = { new DescriptorProto.Types.ExtensionRange { Start = 100, End = 200 } }, NestedType = { new DescriptorProto { Name = "Inner", Extension = { Extension("b", 120) } } } } },
        };
        var extending = new FileDescriptorProto { Name = "more.proto", Package = "x.y", Syntax = "proto2", Dependency = { "base.proto" }, Extension = { Extension("a", 110) } };
        var files = FileDescriptor.BuildFromByteStrings([based.ToByteString(), extending.ToByteString()]);
        var index = new DescriptorIndex([files[1]]);

        Assert.Equal(["base.proto"], Names(index.ByExtension("x.Base", 120)));
        Assert.Equal(["more.proto", "base.proto"], Names(index.ByExtension(".x.Base", 110)));
        Assert.Null(index.ByExtension("x.Base", 111));
        Assert.Equal([110, 120], index.ExtensionsOf("x.Base"));
        Assert.Equal(["more.proto", "base.proto"], Names(index.BySymbol("x.y.a")));
        Assert.Equal(["base.proto"], Names(index.BySymbol("x.Base.Inner.b")));
    }

    private static FieldDescriptorProto Extension(string name, int number) =>
        new() { Name = name, Number = number, Extendee = ".x.Base", Type = FieldDescriptorProto.Types.Type.Int32, Label = FieldDescriptorProto.Types.Label.Optional };

    private static IEnumerable<string> Names(IEnumerable<ByteString>? files) => files!.Select(static f => FileDescriptorProto.Parser.ParseFrom(f).Name);

    private static async Task<IEnumerable<string>> FilesAsync(GrpcStream call, ServerReflectionRequest request) =>
        Names((await AskAsync(call, request)).FileDescriptorResponse.FileDescriptorProto);

    private static async Task<ServerReflectionResponse> AskAsync(GrpcStream call, ServerReflectionRequest request)
    {
        await call.SendAsync(request.ToByteArray());
        var response = ServerReflectionResponse.Parser.ParseFrom(await call.ReceiveAsync());
        Assert.Equal(request, response.OriginalRequest);
        Assert.Equal(request.Host, response.ValidHost);
        return response;
    }

    private static Task<GrpcTestServer> StartAsync() => GrpcTestServer.StartAsync(static t =>
    {
        HealthService.AddTo(t, new());
        t.Add(GrpcInference.Service, static () => OpenInference.GrpcServiceReflection.Descriptor.Services[0]);
        t.Add("a.Undescribed");
        ReflectionService.AddTo(t);
    });
}
