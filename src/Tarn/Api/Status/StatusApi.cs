using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Tarn;

/// <summary>Health and status.</summary>
internal static class StatusApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", static (HostInfo host) => TypedResults.Ok(Health("live", host)))
            .WithTags("health").WithSummary("The process runs.");
        routes.MapGet("/health/ready", static Results<Ok<HealthView>, JsonHttpResult<HealthView>> (HostInfo host) => host.IsReady
                ? TypedResults.Ok(Health("ready", host))
                : TypedResults.Json(Health("starting", host), ApiJson.Default.HealthView, statusCode: StatusCodes.Status503ServiceUnavailable))
            .WithTags("health").WithSummary("Everything is open and answers.");
        routes.MapGet("/api/v1/status", static async (StatusReport report, CancellationToken cancellation) => TypedResults.Ok(await report.ReadAsync(cancellation)))
            .WithTags("status").WithSummary("What runs here, how the systems are doing, and the notices that hold.");
    }

    private static HealthView Health(string status, HostInfo host) => new(status, Environment.ProcessId, host.DataDirectory);
}
