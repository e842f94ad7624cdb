using Google.Protobuf;
using Google.Protobuf.Reflection;
using Tarn.Serving.GrpcReflectionV1;

namespace Tarn.Serving;

/// <summary>
/// gRPC's server reflection, under the names of its first version and of the one before it, whose messages are the same bytes: by it a client that knows
/// nothing finds services and the descriptions of their messages.
/// </summary>
internal static class ReflectionService
{
    /// <summary>Adds both services to a table. They tell of all that the table holds when they are first asked, themselves included.</summary>
    public static void AddTo(GrpcServiceTable table)
    {
        var index = new Lazy<DescriptorIndex>(() => new DescriptorIndex(table.Services.Where(static s => s.Descriptor is not null).Select(static s => s.Descriptor!.File)));
        (string Name, Func<ServiceDescriptor> Describe)[] versions =
        [
            ("grpc.reflection.v1.ServerReflection", static () => GrpcReflectionV1.ReflectionReflection.Descriptor.Services[0]),
            ("grpc.reflection.v1alpha.ServerReflection", static () => GrpcReflectionV1Alpha.ReflectionReflection.Descriptor.Services[0]),
        ];
        foreach (var (name, describe) in versions)
        {
            table.Add(name, describe)
                .Duplex<ServerReflectionRequest, ServerReflectionResponse>("ServerReflectionInfo", ServerReflectionRequest.Parser, async (requests, responses, call) =>
                {
                    while (await requests.ReadAsync() is { } request)
                    {
                        var response = Answer(request, table, index.Value);
                        response.OriginalRequest = request;
                        response.ValidHost = request.Host;
                        await responses.WriteAsync(response);
                    }
                });
        }
    }

    private static ServerReflectionResponse Answer(ServerReflectionRequest request, GrpcServiceTable table, DescriptorIndex index)
    {
        switch (request.MessageRequestCase)
        {
            case ServerReflectionRequest.MessageRequestOneofCase.FileByFilename:
                return Files(index.ByName(request.FileByFilename), $"There is no file {request.FileByFilename}.");
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol:
                return Files(index.BySymbol(request.FileContainingSymbol), $"No file declares {request.FileContainingSymbol}.");
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension:
                var wanted = request.FileContainingExtension;
                return Files(index.ByExtension(wanted.ContainingType, wanted.ExtensionNumber), $"No file extends {wanted.ContainingType} by {wanted.ExtensionNumber}.");
            case ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType:
                if (index.ExtensionsOf(request.AllExtensionNumbersOfType) is not { } numbers)
                {
                    return Error(GrpcStatus.NotFound, $"There is no message {request.AllExtensionNumbersOfType}.");
                }

                return new() { AllExtensionNumbersResponse = new() { BaseTypeName = request.AllExtensionNumbersOfType, ExtensionNumber = { numbers } } };
            case ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                return new() { ListServicesResponse = new() { Service = { table.Services.Select(static s => new ServiceResponse { Name = s.Name }) } } };
            default:
                return Error(GrpcStatus.InvalidArgument, "The request asks nothing.");
        }
    }

    private static ServerReflectionResponse Files(List<ByteString>? files, string missing) =>
        files is null ? Error(GrpcStatus.NotFound, missing) : new() { FileDescriptorResponse = new() { FileDescriptorProto = { files } } };

    private static ServerReflectionResponse Error(GrpcStatus status, string message) =>
        new() { ErrorResponse = new() { ErrorCode = (int)status, ErrorMessage = message } };
}
