using Microsoft.AspNetCore.Http;

namespace Tarn.Serving;

/// <summary>The statuses of gRPC beside those of HTTP, where one has to stand for the other.</summary>
internal static class GrpcHttpStatus
{
    /// <summary>The gRPC status of a request that is refused with one of HTTP.</summary>
    public static GrpcStatus FromHttp(int status) => status switch
    {
        StatusCodes.Status200OK => GrpcStatus.Ok,
        StatusCodes.Status400BadRequest or StatusCodes.Status421MisdirectedRequest => GrpcStatus.InvalidArgument,
        StatusCodes.Status401Unauthorized => GrpcStatus.Unauthenticated,
        StatusCodes.Status403Forbidden => GrpcStatus.PermissionDenied,
        StatusCodes.Status404NotFound => GrpcStatus.Unimplemented,
        StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests => GrpcStatus.ResourceExhausted,
        StatusCodes.Status503ServiceUnavailable => GrpcStatus.Unavailable,
        _ => GrpcStatus.Internal,
    };

    /// <summary>The HTTP status that says the same.</summary>
    public static int ToHttp(GrpcStatus status) => status switch
    {
        GrpcStatus.Ok => StatusCodes.Status200OK,
        GrpcStatus.Cancelled => StatusCodes.Status499ClientClosedRequest,
        GrpcStatus.InvalidArgument => StatusCodes.Status400BadRequest,
        GrpcStatus.Unauthenticated => StatusCodes.Status401Unauthorized,
        GrpcStatus.PermissionDenied => StatusCodes.Status403Forbidden,
        GrpcStatus.NotFound => StatusCodes.Status404NotFound,
        GrpcStatus.Aborted => StatusCodes.Status409Conflict,
        GrpcStatus.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        GrpcStatus.Unimplemented => StatusCodes.Status501NotImplemented,
        GrpcStatus.Unavailable => StatusCodes.Status503ServiceUnavailable,
        GrpcStatus.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };
}
