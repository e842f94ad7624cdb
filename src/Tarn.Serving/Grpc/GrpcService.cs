using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Tarn.Serving;

/// <summary>The methods of one service that a server answers. What the service's description has and is not given here is answered with UNIMPLEMENTED.</summary>
internal sealed class GrpcService
{
    private readonly Dictionary<string, GrpcMethod> _methods = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (bool Requests, bool Responses)> _streams = new(StringComparer.Ordinal);
    private readonly Lazy<ServiceDescriptor?> _descriptor;

    internal GrpcService(string name, Func<ServiceDescriptor>? describe)
    {
        Name = name;
        _descriptor = new(() => describe is null ? null : Checked(describe()));
    }

    /// <summary>The full name, such as <c>inference.GRPCInferenceService</c>.</summary>
    public string Name { get; }

    /// <summary>The description, which reflection gives to clients; null where the service has none. It is made when it is first asked for: a start has no use for it, and it is the dearest part of a service.</summary>
    /// <exception cref="InvalidOperationException">It does not fit the name, or a method.</exception>
    public ServiceDescriptor? Descriptor => _descriptor.Value;

    internal IEnumerable<GrpcMethod> Methods => _methods.Values;

    /// <summary>A method of one message and one answer.</summary>
    public GrpcService Unary<TRequest, TResponse>(string name, MessageParser<TRequest> parser, GrpcUnary<TRequest, TResponse> handler)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse>
    {
        return Add(name, requests: false, responses: false, async call =>
        {
            var request = Parse(call.Requests, parser, await call.Requests.ReadOnlyMessageAsync());
            call.Response.Write(await handler(request, call));
            call.Response.EndMessage();
        });
    }

    /// <summary>A method of one message and one answer, whose handler reads and writes bytes.</summary>
    public GrpcService UnaryRaw(string name, GrpcUnaryRaw handler)
    {
        return Add(name, requests: false, responses: false, async call =>
        {
            await handler(call, await call.Requests.ReadOnlyMessageAsync(), call.Response);
            if (call.Refusal is null)
            {
                call.Response.EndMessage();
            }
        });
    }

    /// <summary>A method of one message and any number of answers.</summary>
    public GrpcService ServerStreaming<TRequest, TResponse>(string name, MessageParser<TRequest> parser, GrpcServerStreaming<TRequest, TResponse> handler)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse>
    {
        return Add(name, requests: false, responses: true, async call =>
        {
            var request = Parse(call.Requests, parser, await call.Requests.ReadOnlyMessageAsync());
            await handler(request, new(call.Response), call);
        });
    }

    /// <summary>A method of any number of messages and answers.</summary>
    public GrpcService Duplex<TRequest, TResponse>(string name, MessageParser<TRequest> parser, GrpcDuplex<TRequest, TResponse> handler)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse>
    {
        return Add(name, requests: true, responses: true, call => handler(new(call.Requests, parser), new(call.Response), call));
    }

    /// <summary>A method of any number of messages and answers, whose handler reads and writes bytes.</summary>
    public GrpcService DuplexRaw(string name, GrpcDuplexRaw handler) =>
        Add(name, requests: true, responses: true, call => handler(call.Requests, call.Response, call));

    /// <summary>Parses a message and gives its bytes back.</summary>
    /// <exception cref="GrpcException">INTERNAL, as gRPC's list of statuses says: the bytes are no such message.</exception>
    internal static T Parse<T>(GrpcMessageReader reader, MessageParser<T> parser, in ReadOnlySequence<byte> message)
        where T : IMessage<T>
    {
        try
        {
            var parsed = parser.ParseFrom(message);
            reader.Release();
            return parsed;
        }
        catch (InvalidProtocolBufferException fault)
        {
            throw new GrpcException(GrpcStatus.Internal, $"The request is no message of the method's type: {fault.Message}", fault);
        }
    }

    private GrpcService Add(string name, bool requests, bool responses, Func<GrpcCall, ValueTask> run)
    {
        _methods.Add(name, new GrpcMethod($"/{Name}/{name}", requests || responses, run));
        _streams.Add(name, (requests, responses));
        return this;
    }

    private ServiceDescriptor Checked(ServiceDescriptor descriptor)
    {
        if (descriptor.FullName != Name)
        {
            throw new InvalidOperationException($"{Name} is described as {descriptor.FullName}.");
        }

        foreach (var (name, streams) in _streams)
        {
            if (descriptor.FindMethodByName(name) is not { } method || (method.IsClientStreaming, method.IsServerStreaming) != streams)
            {
                throw new InvalidOperationException($"{Name} describes no method {name} that streams so.");
            }
        }

        return descriptor;
    }
}
