using Microsoft.AspNetCore.Http;

namespace Tarn;

/// <summary>Whether a caller may ask an endpoint or a model that a gRPC message names: the path does not, so that the gate lets a narrowed key through to the service, which asks here.</summary>
internal sealed class GrpcAccess(RefusalTally refusals, TimeProvider time)
{
    /// <summary>What the caller lacks, as a sentence; null where nothing is.</summary>
    public string? Lacks(HttpContext http, ReadOnlySpan<char> name)
    {
        if (Caller.Of(http) is not { } caller || KeyScope.LacksEndpoint(caller, name) is not { } lack)
        {
            return null;
        }

        refusals.Count(AuditEntry.Of(http, caller, time.GetUtcNow(), StatusCodes.Status403Forbidden, lack));
        return lack;
    }
}
