using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;

namespace Tarn.Serving;

/// <summary>
/// Where a handler writes a message's bytes. Where their number is known, <see cref="Declare"/> it first: then they go straight into the
/// connection's memory. Without that they are gathered in a rented buffer, and an error on the way leaves nothing of them. Not for use from several threads at once.
/// </summary>
internal sealed class GrpcResponse : IBufferWriter<byte>
{
    private PipeWriter? _pipe;
    private ArrayPool<byte> _pool = null!;
    private CancellationToken _cancellation;
    private byte[]? _buffer;
    private int _buffered;
    private int _declared = -1;
    private int _written;

    /// <summary>Whether something went out or lies in the connection's memory: then a status goes into trailers.</summary>
    internal bool HasBytes { get; private set; }

    /// <summary>Whether a declared message was begun and lacks its end: then no status can follow it.</summary>
    internal bool IsTorn => _declared >= 0 && _written < _declared;

    internal void Begin(PipeWriter pipe, ArrayPool<byte> pool, CancellationToken cancellation)
    {
        _pipe = pipe;
        _pool = pool;
        _cancellation = cancellation;
    }

    /// <summary>Says how many bytes the next message has; exactly so many have to follow.</summary>
    /// <exception cref="InvalidOperationException">The message was begun already.</exception>
    public void Declare(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (_declared >= 0 || _buffered > 0)
        {
            throw new InvalidOperationException("A message's length is declared once, before its first byte.");
        }

        WriteHeader(length);
        _declared = length;
        _written = 0;
    }

    /// <summary>Writes a generated message; in a streaming call, <see cref="SendAsync"/> has to follow.</summary>
    public void Write(IMessage message)
    {
        var length = message.CalculateSize();
        Declare(length);
        if (length > 0)
        {
            message.WriteTo((IBufferWriter<byte>)this);
        }
    }

    /// <summary>Ends the message and sends it. Waits while the client takes nothing. In a unary call this happens by itself, after the handler.</summary>
    public async ValueTask SendAsync()
    {
        EndMessage();
        var flushed = await _pipe!.FlushAsync(_cancellation);
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            throw new OperationCanceledException("The client takes no more messages.", _cancellation);
        }
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        if (_declared >= 0)
        {
            if (count > _declared - _written)
            {
                throw new InvalidOperationException($"The message was declared to have {_declared} bytes, and more are written.");
            }

            _pipe!.Advance(count);
            _written += count;
            return;
        }

        if (count < 0 || count > (_buffer?.Length ?? 0) - _buffered)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, "No more can be advanced than was got.");
        }

        _buffered += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => _declared >= 0 ? _pipe!.GetMemory(sizeHint) : Room(sizeHint).AsMemory(_buffered);

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => _declared >= 0 ? _pipe!.GetSpan(sizeHint) : Room(sizeHint).AsSpan(_buffered);

    /// <summary>Puts the message, an empty one where nothing was written, whole into the connection's memory.</summary>
    /// <exception cref="InvalidOperationException">Fewer bytes were written than declared.</exception>
    internal void EndMessage()
    {
        if (IsTorn)
        {
            throw new InvalidOperationException($"The message was declared to have {_declared} bytes, and {_written} were written.");
        }

        if (_declared < 0)
        {
            WriteHeader(_buffered);
            _pipe!.Write(_buffer.AsSpan(0, _buffered));
        }

        _declared = -1;
        _buffered = 0;
    }

    internal void End()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            _pool.Return(buffer);
        }

        _pipe = null;
        _cancellation = default;
        _buffered = 0;
        _declared = -1;
        HasBytes = false;
    }

    private void WriteHeader(int length)
    {
        var header = _pipe!.GetSpan(GrpcMessageReader.HeaderBytes);
        header[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], length);
        _pipe.Advance(GrpcMessageReader.HeaderBytes);
        HasBytes = true;
    }

    private byte[] Room(int sizeHint)
    {
        var needed = checked(_buffered + Math.Max(1, sizeHint));
        if (_buffer is null)
        {
            return _buffer = _pool.Rent(Math.Max(512, needed));
        }

        if (needed > _buffer.Length)
        {
            var larger = _pool.Rent(Math.Max(needed, (int)Math.Min(Array.MaxLength, _buffer.Length * 2L)));
            _buffer.AsSpan(0, _buffered).CopyTo(larger);
            _pool.Return(_buffer);
            _buffer = larger;
        }

        return _buffer;
    }
}
