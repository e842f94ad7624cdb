using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tarn.Serving.Tests;

/// <summary>HTTP/2 by hand on a socket, as far as a test needs it to send what no client library sends. Streams have odd numbers.</summary>
internal sealed class Http2Socket : IDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    public const byte Settings = 4;
    public const byte GoAway = 7;
    public const byte EndStream = 1;
    private const byte EndHeaders = 4;
    private readonly TcpClient _tcp = new() { NoDelay = true };

    public static async Task<Http2Socket> OpenAsync(Uri server, CancellationToken cancellation)
    {
        var socket = new Http2Socket();
        await socket._tcp.ConnectAsync(IPAddress.Loopback, server.Port, cancellation);
        await socket.SendBytesAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), cancellation);
        await socket.SendAsync(Settings, 0, 0, [], cancellation);
        return socket;
    }

    public ValueTask SendBytesAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation) => _tcp.GetStream().WriteAsync(bytes, cancellation);

    public ValueTask SendAsync(byte kind, byte flags, int stream, ReadOnlySpan<byte> payload, CancellationToken cancellation)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = kind;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return SendBytesAsync(frame, cancellation);
    }

    /// <summary>Begins a call.</summary>
    public ValueTask CallAsync(int stream, string path, CancellationToken cancellation)
    {
        // HPACK (RFC 7541): POST and http by their index in the static table, the rest as literals without Huffman's code.
        byte[] block = [0x83, 0x86, 0x04, .. Literal(path), 0x01, .. Literal("localhost"), 0x0f, 0x10, .. Literal("application/grpc"), 0x00, .. Literal("te"), .. Literal("trailers")];
        return SendAsync(Headers, EndHeaders, stream, block, cancellation);
    }

    /// <summary>The next frame of a kind on a stream, without its header; null where the server closes before it.</summary>
    public async Task<(byte Flags, byte[] Payload)?> ReceiveAsync(byte kind, int stream, CancellationToken cancellation)
    {
        var header = new byte[9];
        while (await _tcp.GetStream().ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancellation) == header.Length)
        {
            var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(header) >> 8];
            await _tcp.GetStream().ReadExactlyAsync(payload, cancellation);
            if (header[3] == kind && BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)) == stream)
            {
                return (header[4], payload);
            }
        }

        return null;
    }

    /// <summary>Breaks the connection off.</summary>
    public void Dispose() => _tcp.Dispose();

    private static byte[] Literal(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
}
