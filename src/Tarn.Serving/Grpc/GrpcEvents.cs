using Microsoft.Extensions.Logging;

namespace Tarn.Serving;

/// <summary>What the gRPC server logs.</summary>
internal static partial class GrpcEvents
{
    [LoggerMessage(5801, LogLevel.Error, "A gRPC call of {Method} failed")]
    public static partial void CallFailed(this ILogger logger, string method, Exception fault);

    [LoggerMessage(5802, LogLevel.Debug, "A gRPC call of {Method} ended with {Status}: {Message}")]
    public static partial void CallRefused(this ILogger logger, string method, GrpcStatus status, string message);

    [LoggerMessage(5803, LogLevel.Debug, "The client of a gRPC call of {Method} is gone")]
    public static partial void CallAbandoned(this ILogger logger, string method);
}
