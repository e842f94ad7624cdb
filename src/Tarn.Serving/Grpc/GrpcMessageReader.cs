using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace Tarn.Serving;

/// <summary>
/// The messages of a request: each has one byte that says whether it is compressed, four bytes of length, and its content. A message is what
/// lies in the server's own buffers, without a copy; it is valid until the next is read, or until the call ends.
/// </summary>
internal sealed class GrpcMessageReader
{
    internal const int HeaderBytes = 5;

    private PipeReader? _pipe;
    private GrpcOptions _options = null!;
    private string? _encoding;
    private CancellationToken _cancellation;
    private SequencePosition _end;
    private bool _holding;
    private byte[]? _inflated;

    /// <summary>The content of the message that was read last.</summary>
    public ReadOnlySequence<byte> Message { get; private set; }

    /// <summary>Whether the client was found to be gone while its messages were read, which may be before its request says so.</summary>
    internal bool IsBroken { get; private set; }

    internal void Begin(PipeReader pipe, string? encoding, GrpcOptions options, CancellationToken cancellation)
    {
        _pipe = pipe;
        _encoding = encoding;
        _options = options;
        _cancellation = cancellation;
    }

    /// <summary>Reads the next message into <see cref="Message"/>, or says false where the client has sent its last.</summary>
    /// <exception cref="GrpcException">What came is no message, too large, or compressed in a way that is not known.</exception>
    public async ValueTask<bool> ReadAsync()
    {
        Release();
        while (true)
        {
            var result = await ReadPipeAsync();
            Hold(result.Buffer);
            if (TryTake(result.Buffer, out var content, out var compressed))
            {
                _end = content.End;
                Accept(content, compressed);
                return true;
            }

            if (result.IsCompleted)
            {
                return result.Buffer.IsEmpty ? false : throw Torn();
            }

            More(result.Buffer);
        }
    }

    /// <summary>Reads the one message of a call that takes one, and makes sure that it is the last.</summary>
    /// <exception cref="GrpcException">There is none, or more than one, or what <see cref="ReadAsync"/> refuses.</exception>
    public async ValueTask<ReadOnlySequence<byte>> ReadOnlyMessageAsync()
    {
        while (true)
        {
            var result = await ReadPipeAsync();
            Hold(result.Buffer);
            var taken = TryTake(result.Buffer, out var content, out var compressed);
            if (taken && result.Buffer.Length > content.Length + HeaderBytes)
            {
                throw new GrpcException(GrpcStatus.Unimplemented, "The method takes one message, and more were sent.");
            }

            if (result.IsCompleted)
            {
                if (taken)
                {
                    Accept(content, compressed);
                    return Message;
                }

                throw result.Buffer.IsEmpty ? new GrpcException(GrpcStatus.Unimplemented, "The method takes one message, and none was sent.") : Torn();
            }

            More(result.Buffer);
        }
    }

    /// <summary>Gives the message's memory back; <see cref="Message"/> is empty afterwards. Of use where a handler has parsed it and works on.</summary>
    public void Release()
    {
        Message = default;
        if (_inflated is { } inflated)
        {
            _inflated = null;
            _options.Pool.Return(inflated);
        }

        if (_holding)
        {
            _holding = false;
            Advance(_end, _end);
        }
    }

    internal void End()
    {
        Release();
        _pipe = null;
        IsBroken = false;
        _encoding = null;
        _cancellation = default;
    }

    private static GrpcException Torn() => new(GrpcStatus.Internal, "The request ends inside a message.");

    /// <summary>From here on whoever leaves, with a message or an error, has the buffer given back by <see cref="Release"/>.</summary>
    private void Hold(in ReadOnlySequence<byte> buffer)
    {
        _holding = true;
        _end = buffer.End;
    }

    private void More(in ReadOnlySequence<byte> buffer)
    {
        _holding = false;
        Advance(buffer.Start, buffer.End);
    }

    private async ValueTask<ReadResult> ReadPipeAsync()
    {
        try
        {
            return await _pipe!.ReadAsync(_cancellation);
        }
        catch (IOException fault) when (fault is not BadHttpRequestException)
        {
            IsBroken = true;
            throw new OperationCanceledException("The client is gone.", fault);
        }
    }

    private void Advance(SequencePosition consumed, SequencePosition examined)
    {
        try
        {
            _pipe!.AdvanceTo(consumed, examined);
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException)
        {
            // Kestrel has its memory back already, and the next read says so.
            IsBroken = true;
        }
    }

    private bool TryTake(in ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> content, out bool compressed)
    {
        content = default;
        compressed = false;
        if (buffer.Length < HeaderBytes)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[HeaderBytes];
        if (buffer.FirstSpan.Length >= HeaderBytes)
        {
            buffer.FirstSpan[..HeaderBytes].CopyTo(header);
        }
        else
        {
            buffer.Slice(0, HeaderBytes).CopyTo(header);
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (header[0] > 1)
        {
            throw new GrpcException(GrpcStatus.Internal, $"A message begins with 0 or, where it is compressed, 1; not with {header[0]}.");
        }

        if (length > (uint)_options.MaxMessageBytes)
        {
            throw TooLarge(length);
        }

        compressed = header[0] == 1;
        if (buffer.Length - HeaderBytes < length)
        {
            return false;
        }

        content = buffer.Slice(HeaderBytes, length);
        return true;
    }

    private GrpcException TooLarge(uint length) =>
        new(GrpcStatus.ResourceExhausted, $"A message has at most {_options.MaxMessageBytes} bytes, and one of {length} was sent.");

    private void Accept(in ReadOnlySequence<byte> content, bool compressed)
    {
        if (!compressed)
        {
            Message = content;
            return;
        }

        var inflated = GrpcEncodings.Inflate(content, _encoding, _options, out var length);
        Release();
        _inflated = inflated;
        Message = new ReadOnlySequence<byte>(inflated, 0, length);
    }
}
