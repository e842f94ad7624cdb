using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What the errors of handlers are to a client.</summary>
internal static class GrpcErrors
{
    /// <summary>The status of one of our own errors.</summary>
    public static GrpcStatus StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidInput => GrpcStatus.InvalidArgument,
        ErrorKind.NotFound => GrpcStatus.NotFound,
        ErrorKind.Conflict => GrpcStatus.Aborted,
        ErrorKind.Unsupported => GrpcStatus.Unimplemented,
        ErrorKind.Unavailable => GrpcStatus.Unavailable,
        _ => GrpcStatus.Internal,
    };

    /// <summary>What a client is told of an error, or null where it is one that nobody foresaw: that is logged, and the client hears no more than that.</summary>
    public static (GrpcStatus Status, string Message)? Explain(Exception fault, GrpcCall call) => fault switch
    {
        _ when call.IsOverdue => (GrpcStatus.DeadlineExceeded, "The deadline passed before the answer was there."),
        OperationCanceledException when call.IsStopping => (GrpcStatus.Unavailable, "The server is stopping."),
        GrpcException known => (known.Status, known.Message),
        TarnException known => (StatusOf(known.Kind), known.Message),
        OperationCanceledException => (GrpcStatus.Cancelled, "The call was cancelled."),
        BadHttpRequestException known => (GrpcStatus.Internal, known.Message),
        _ => null,
    };
}
