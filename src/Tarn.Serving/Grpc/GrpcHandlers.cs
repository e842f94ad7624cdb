using System.Buffers;
using Google.Protobuf;

namespace Tarn.Serving;

/// <summary>Answers one message with one.</summary>
internal delegate ValueTask<TResponse> GrpcUnary<TRequest, TResponse>(TRequest request, GrpcCall call);

/// <summary>Answers one message with one, both as bytes: the request lies in the server's buffers, and the answer is written to where it is sent from.</summary>
internal delegate ValueTask GrpcUnaryRaw(GrpcCall call, ReadOnlySequence<byte> request, GrpcResponse response);

/// <summary>Answers one message with any number.</summary>
internal delegate ValueTask GrpcServerStreaming<TRequest, TResponse>(TRequest request, GrpcResponses<TResponse> responses, GrpcCall call)
    where TResponse : IMessage<TResponse>;

/// <summary>Reads any number of messages, and writes any number, in any order.</summary>
internal delegate ValueTask GrpcDuplex<TRequest, TResponse>(GrpcRequests<TRequest> requests, GrpcResponses<TResponse> responses, GrpcCall call)
    where TRequest : IMessage<TRequest>
    where TResponse : IMessage<TResponse>;

/// <summary>As <see cref="GrpcDuplex{TRequest, TResponse}"/>, with the messages as bytes.</summary>
internal delegate ValueTask GrpcDuplexRaw(GrpcMessageReader requests, GrpcResponse responses, GrpcCall call);

/// <summary>The messages of a request, parsed.</summary>
internal readonly struct GrpcRequests<T>(GrpcMessageReader reader, MessageParser<T> parser)
    where T : IMessage<T>
{
    /// <summary>The next message, or null where the client has sent its last.</summary>
    public async ValueTask<T?> ReadAsync() => await reader.ReadAsync() ? GrpcService.Parse(reader, parser, reader.Message) : default;
}

/// <summary>Where the messages of an answer go. One is written at a time.</summary>
internal readonly struct GrpcResponses<T>(GrpcResponse response)
    where T : IMessage<T>
{
    /// <summary>Sends a message. Waits while the client takes nothing.</summary>
    public ValueTask WriteAsync(T message)
    {
        response.Write(message);
        return response.SendAsync();
    }
}
