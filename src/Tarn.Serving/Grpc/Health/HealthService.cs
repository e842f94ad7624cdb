using Tarn.Serving.GrpcHealthV1;

namespace Tarn.Serving;

/// <summary>gRPC's health checking, <c>grpc.health.v1.Health</c>, over <see cref="ServingStates"/>.</summary>
internal static class HealthService
{
    /// <summary>How many services List tells; of more it tells none, as the protocol says.</summary>
    private const int MaxListed = 100;

    /// <summary>Adds the service to a table.</summary>
    public static void AddTo(GrpcServiceTable table, ServingStates states)
    {
        table.Add("grpc.health.v1.Health", static () => HealthReflection.Descriptor.Services[0])
            .Unary("Check", HealthCheckRequest.Parser, (request, _) => ValueTask.FromResult(Check(request, states)))
            .Unary("List", HealthListRequest.Parser, (_, _) => ValueTask.FromResult(List(states)))
            .ServerStreaming<HealthCheckRequest, HealthCheckResponse>("Watch", HealthCheckRequest.Parser, (request, responses, call) => WatchAsync(request, responses, call, states));
    }

    private static HealthCheckResponse Check(HealthCheckRequest request, ServingStates states)
    {
        var status = StatusOf(states.Current, request.Service);
        return status != HealthCheckResponse.Types.ServingStatus.ServiceUnknown
            ? new HealthCheckResponse { Status = status }
            : throw new GrpcException(GrpcStatus.NotFound, $"There is no service {request.Service} here.");
    }

    private static HealthListResponse List(ServingStates states)
    {
        var current = states.Current;
        if (current.States.Count > MaxListed)
        {
            throw new GrpcException(GrpcStatus.ResourceExhausted, $"There are {current.States.Count} services, and at most {MaxListed} are listed.");
        }

        var listed = new HealthListResponse();
        foreach (var service in current.States.Keys.Order(StringComparer.Ordinal))
        {
            listed.Statuses.Add(service, new HealthCheckResponse { Status = StatusOf(current, service) });
        }

        return listed;
    }

    private static async ValueTask WatchAsync(HealthCheckRequest request, GrpcResponses<HealthCheckResponse> responses, GrpcCall call, ServingStates states)
    {
        HealthCheckResponse.Types.ServingStatus? told = null;
        while (true)
        {
            var current = states.Current;
            var status = StatusOf(current, request.Service);
            if (status != told)
            {
                await responses.WriteAsync(new HealthCheckResponse { Status = status });
                told = status;
            }

            await current.Changed.WaitAsync(call.Cancellation);
        }
    }

    private static HealthCheckResponse.Types.ServingStatus StatusOf(ServingStates.Snapshot current, string service) =>
        !current.States.TryGetValue(service, out var serving) ? HealthCheckResponse.Types.ServingStatus.ServiceUnknown
        : serving ? HealthCheckResponse.Types.ServingStatus.Serving
        : HealthCheckResponse.Types.ServingStatus.NotServing;
}
