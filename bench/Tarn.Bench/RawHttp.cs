using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tarn.Bench;

/// <summary>A client that costs next to nothing: one connection, a request that was put together once, an answer that is read and thrown away. It makes no garbage.</summary>
internal sealed class RawHttp : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _request;
    private readonly byte[] _buffer = new byte[1 << 20];

    private RawHttp(Socket socket, byte[] request) => (_socket, _request) = (socket, request);

    public static RawHttp Post(Uri url, string path, byte[] body, params string[] headers)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendBufferSize = 1 << 20 };
        socket.Connect(new IPEndPoint(IPAddress.Parse(url.Host), url.Port));
        var head = Encoding.ASCII.GetBytes(FormattableString.Invariant($"POST {path} HTTP/1.1\r\nHost: {url.Authority}\r\nContent-Length: {body.Length}\r\n{string.Concat(headers.Select(static h => h + "\r\n"))}\r\n"));
        return new RawHttp(socket, [.. head, .. body]);
    }

    /// <summary>Sends the request and reads the whole answer; says its status.</summary>
    public int Send()
    {
        for (var sent = 0; sent < _request.Length;)
        {
            sent += _socket.Send(_request.AsSpan(sent), SocketFlags.None);
        }

        var (read, total) = (0, -1);
        while (total < 0 || read < total)
        {
            var got = _socket.Receive(_buffer.AsSpan(total < 0 ? read : Math.Min(read, _buffer.Length - (1 << 16))), SocketFlags.None);
            if (got == 0)
            {
                throw new InvalidDataException("The server closed the connection.");
            }

            read += got;
            if (total < 0 && _buffer.AsSpan(0, read).IndexOf("\r\n\r\n"u8) is >= 0 and var end)
            {
                total = end + 4 + Length(_buffer.AsSpan(0, end));
            }
        }

        _ = Utf8Parser.TryParse(_buffer.AsSpan(9, 3), out int status, out _);
        return status;
    }

    /// <summary>The answer's beginning, as text.</summary>
    public string Answer() => Encoding.UTF8.GetString(_buffer.AsSpan(0, 2000)).TrimEnd('\0');

    public void Dispose() => _socket.Dispose();

    private static int Length(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf("Content-Length: "u8);
        return at >= 0 && Utf8Parser.TryParse(head[(at + 16)..], out int length, out _) ? length : 0;
    }
}
