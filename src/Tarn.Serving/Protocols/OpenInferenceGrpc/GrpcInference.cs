using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Tarn.Core;
using Tarn.Serving.OpenInference;

namespace Tarn.Serving;

/// <summary>The Open Inference Protocol, version 2, over gRPC, with Triton's extensions for streams, the model repository, configuration and statistics.</summary>
internal sealed class GrpcInference
{
    /// <summary>The protocol's name as predictions are recorded.</summary>
    public const string Protocol = "grpc";

    /// <summary>The service's full name.</summary>
    public const string Service = "inference.GRPCInferenceService";

    private readonly ServingFront _front;
    private readonly InferReader _reader;

    private GrpcInference(ServingFront front, ModelAccess? access) => (_front, _reader) = (front, new InferReader(front, access));

    /// <summary>Adds the service to a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="front">What answers.</param>
    /// <param name="version">The program's version.</param>
    /// <param name="access">Whether a caller may ask a model; null where all may.</param>
    public static void AddTo(GrpcServiceTable table, ServingFront front, string version, ModelAccess? access)
    {
        var own = new GrpcInference(front, access);
        var stream = new InferStream(front, own._reader);
        table.Add(Service, static () => GrpcServiceReflection.Descriptor.Services[0])
            .Unary("ServerLive", ServerLiveRequest.Parser, static (_, _) => Answer(new ServerLiveResponse { Live = true }))
            .Unary("ServerReady", ServerReadyRequest.Parser, (_, _) => Answer(new ServerReadyResponse { Ready = front.Models.IsReady }))
            .Unary("ServerMetadata", ServerMetadataRequest.Parser, (_, _) => Answer(GrpcViews.Server(version)))
            .Unary("ModelReady", ModelReadyRequest.Parser, (request, call) => Answer(own.IsReady(request, call.Http)))
            .Unary("ModelMetadata", ModelMetadataRequest.Parser, (request, call) => Answer(own.WithModel(call.Http, request.Name, request.Version, GrpcViews.Metadata)))
            .Unary("ModelConfig", ModelConfigRequest.Parser, (request, call) => Answer(own.WithModel(call.Http, request.Name, request.Version, static (model, _) => GrpcViews.Configuration(model))))
            .Unary("ModelStatistics", ModelStatisticsRequest.Parser, (request, call) => Answer(own.Statistics(request, call.Http)))
            .Unary("RepositoryIndex", RepositoryIndexRequest.Parser, (request, _) => Answer(GrpcViews.Index(front.Models.Table, request.Ready)))
            .Unary("RepositoryModelLoad", RepositoryModelLoadRequest.Parser, own.LoadAsync)
            .Unary("RepositoryModelUnload", RepositoryModelUnloadRequest.Parser, own.UnloadAsync)
            .UnaryRaw("ModelInfer", own.InferAsync)
            .DuplexRaw("ModelStreamInfer", stream.RunAsync);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask InferAsync(GrpcCall call, ReadOnlySequence<byte> message, GrpcResponse response)
    {
        using var exchange = _reader.Read(call.Http, message);
        call.Requests.Release();
        var request = exchange.Request;
        request.Aborted = call.Cancellation;
        await request.RunAsync().ConfigureAwait(false);
        _front.Finish(exchange.Chosen, request, call.Http, Protocol);
        if (request.Failure is { } failure)
        {
            call.Refuse(failure);
            return;
        }

        InferReply.Write(response, exchange);
    }

    private ModelReadyResponse IsReady(ModelReadyRequest request, HttpContext http)
    {
        _reader.RequireAccess(http, request.Name);
        var model = _front.Served(request.Name, request.Version.Length > 0);
        return new() { Ready = ServingFront.VersionOf(request.Version) is { } number ? model.Find(number) is not null : model.Default is not null };
    }

    private T WithModel<T>(HttpContext http, string name, string version, Func<LoadedModel, ServedModel, T> tell)
    {
        _reader.RequireAccess(http, name);
        var served = _front.Served(name, version.Length > 0);
        var number = ServingFront.VersionOf(version);
        return tell((number is { } n ? served.Find(n) : served.Default) ?? throw served.NotAvailable(number), served);
    }

    private ModelStatisticsResponse Statistics(ModelStatisticsRequest request, HttpContext http)
    {
        _reader.RequireAccess(http, request.Name);
        var number = ServingFront.VersionOf(request.Version);
        var models = request.Name.Length == 0 ? _front.Models.Table.All.SelectMany(static m => m.Loaded) : _front.Served(request.Name, number is not null) switch
        {
            var served when number is { } n => [served.Find(n) ?? throw served.NotAvailable(n)],
            var served => served.Loaded,
        };
        return GrpcViews.Statistics(models, _front.Models.Time);
    }

    private async ValueTask<RepositoryModelLoadResponse> LoadAsync(RepositoryModelLoadRequest request, GrpcCall call)
    {
        _reader.RequireAccess(call.Http, request.ModelName);
        if (request.Parameters.Count > 0)
        {
            throw ModelRepository.NoParameters();
        }

        await _front.Models.LoadAsync(request.ModelName, call.Cancellation).ConfigureAwait(false);
        return new();
    }

    private async ValueTask<RepositoryModelUnloadResponse> UnloadAsync(RepositoryModelUnloadRequest request, GrpcCall call)
    {
        // The only parameter that there is, unload_dependents, is about models made of models.
        _reader.RequireAccess(call.Http, request.ModelName);
        await _front.Models.UnloadAsync(request.ModelName, call.Cancellation).ConfigureAwait(false);
        return new();
    }

    private static ValueTask<T> Answer<T>(T answer) => ValueTask.FromResult(answer);
}
