namespace Tarn.Serving;

/// <summary>One method that a server answers.</summary>
/// <param name="Path">Its path, <c>/package.Service/Method</c>.</param>
/// <param name="IsStreaming">Whether it may last: either side may send any number of messages.</param>
/// <param name="Run">Reads the requests of a call, and writes the answers.</param>
internal sealed record GrpcMethod(string Path, bool IsStreaming, Func<GrpcCall, ValueTask> Run);
