namespace Tarn.Serving;

/// <summary>Ends a call with a status that no <see cref="Tarn.Core.ErrorKind"/> stands for; the message is sent to the client.</summary>
/// <param name="status">The status; not <see cref="GrpcStatus.Ok"/>.</param>
/// <param name="message">What the client is told.</param>
/// <param name="inner">The cause, which the client is not told.</param>
internal sealed class GrpcException(GrpcStatus status, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The status that the call ends with.</summary>
    public GrpcStatus Status { get; } = status;
}
