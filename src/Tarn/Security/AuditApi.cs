using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tarn;

/// <summary>The audit log, for admins.</summary>
internal static class AuditApi
{
    public static void Map(IEndpointRouteBuilder api) => api.MapGet(
        "/audit",
        static async (long? before, string? who, int? limit, AuditLog audit, CancellationToken cancellation) =>
        {
            var most = Require.Range("limit", limit ?? 100, 1, 1000);
            await audit.FlushAsync(cancellation);
            return TypedResults.Ok(await audit.ListAsync(before, who, most, cancellation));
        })
        .WithTags("audit")
        .WithSummary("Who changed what, and who was refused, newest first; page with before = the last seq; who = the id of a key or the subject of a token.")
        .ProducesProblem(StatusCodes.Status400BadRequest);
}
