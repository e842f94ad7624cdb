using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Tarn.Serving.Tests;

/// <summary>What a server answered to a call: HTTP's status, gRPC's, and the bytes of the messages, in a rented buffer until this is disposed.</summary>
internal sealed class GrpcReply : IDisposable
{
    private byte[]? _buffer;
    private int _length;

    private GrpcReply()
    {
    }

    public required HttpStatusCode Http { get; init; }

    /// <summary>The status, or -1 where the server sent none.</summary>
    public required int Status { get; init; }

    /// <summary>The status message as it was sent: percent-encoded.</summary>
    public required string? EncodedMessage { get; init; }

    /// <summary>Whether the status stood in the headers: nothing but it came.</summary>
    public required bool IsTrailersOnly { get; init; }

    /// <summary>Headers and trailers.</summary>
    public required Dictionary<string, string> Metadata { get; init; }

    /// <summary>The status message.</summary>
    public string Message => Uri.UnescapeDataString(EncodedMessage ?? "");

    /// <summary>The content of the only message.</summary>
    public ReadOnlySpan<byte> Content
    {
        get
        {
            var messages = Messages;
            return messages.Count == 1 ? messages[0].Span : throw new InvalidOperationException($"{messages.Count} messages came with status {Status}: {Message}");
        }
    }

    /// <summary>The contents of all messages.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Messages
    {
        get
        {
            var found = new List<ReadOnlyMemory<byte>>();
            for (var at = 0; at < _length;)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(at + 1));
                found.Add(_buffer.AsMemory(at + 5, length));
                at += 5 + length;
            }

            return found;
        }
    }

    public static GrpcReply Of(HttpResponseMessage response, byte[] buffer, int length)
    {
        var alone = response.Headers.Contains("grpc-status");
        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.TrailingHeaders.NonValidated))
        {
            metadata[name] = values.ToString();
        }

        return new GrpcReply
        {
            Http = response.StatusCode,
            Status = metadata.TryGetValue("grpc-status", out var status) ? int.Parse(status, CultureInfo.InvariantCulture) : -1,
            EncodedMessage = metadata.GetValueOrDefault("grpc-message"),
            IsTrailersOnly = alone,
            Metadata = metadata,
            _buffer = buffer,
            _length = length,
        };
    }

    public void Dispose()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            _length = 0;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
