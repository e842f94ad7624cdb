using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;

namespace Tarn.Serving.Tests;

/// <summary>A connection on which bytes go out as they are, and answers are read one after another. A read that lasts too long is an error.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket;
    private byte[] _buffer = new byte[64 << 10];
    private int _from;
    private int _to;

    public RawConnection(Uri url, TimeSpan patience)
    {
        _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = (int)patience.TotalMilliseconds, SendTimeout = (int)patience.TotalMilliseconds };
        _socket.Connect(url.Host, url.Port);
    }

    /// <summary>Whether the last answer said that the connection ends with it.</summary>
    public bool IsClosing { get; private set; }

    public ReadOnlySpan<byte> Body => _buffer.AsSpan(_from - LastBody, LastBody);

    private int LastBody { get; set; }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_socket.Send(bytes)..];
        }
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Reads an answer; its status, or 0 where the connection ended instead.</summary>
    public int Receive(bool isHead)
    {
        int end;
        while ((end = _buffer.AsSpan(_from, _to - _from).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (!Fill())
            {
                return 0;
            }
        }

        var head = _buffer.AsSpan(_from, end);
        _ = Utf8Parser.TryParse(head[9..], out int status, out _);
        IsClosing = head.IndexOf("Connection: close"u8) >= 0;
        var length = 0;
        if (head.IndexOf("Content-Length: "u8) is >= 0 and var at)
        {
            _ = Utf8Parser.TryParse(head[(at + 16)..], out length, out _);
        }

        _from += end + 4;
        if (status == 100)
        {
            return Receive(isHead);
        }

        LastBody = isHead ? 0 : length;
        while (_to - _from < LastBody)
        {
            if (!Fill())
            {
                return 0;
            }
        }

        _from += LastBody;
        return status;
    }

    public string Text() => Encoding.UTF8.GetString(Body);

    public void Dispose() => _socket.Dispose();

    private bool Fill()
    {
        if (_from == _to)
        {
            (_from, _to) = (0, 0);
        }

        if (_to == _buffer.Length)
        {
            if (_from > 0)
            {
                _buffer.AsSpan(_from.._to).CopyTo(_buffer);
                (_from, _to) = (0, _to - _from);
            }
            else
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }
        }

        var read = _socket.Receive(_buffer.AsSpan(_to));
        _to += read;
        return read > 0;
    }
}
