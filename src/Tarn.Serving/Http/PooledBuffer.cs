using System.Buffers;
using Microsoft.Extensions.ObjectPool;

namespace Tarn.Serving;

/// <summary>Bytes that are gathered, in memory of the shared pool. The object is kept and used again; disposing it gives both back.</summary>
internal sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    private const int Least = 4096;

    private static readonly ObjectPool<PooledBuffer> Pool = new DefaultObjectPool<PooledBuffer>(new DefaultPooledObjectPolicy<PooledBuffer>(), 1024);

    private byte[] _bytes = [];

    /// <summary>How many bytes were written.</summary>
    public int Length { get; private set; }

    /// <summary>The memory, of which the first <see cref="Length"/> bytes were written; the buffer's own until it is disposed or written to.</summary>
    public byte[] Memory => _bytes;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public Span<byte> Writable => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

    public static PooledBuffer Rent() => Pool.Get();

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(Math.Max(1, sizeHint));
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(Math.Max(1, sizeHint));
        return _bytes.AsSpan(Length);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Length += bytes.Length;
    }

    public void Write(byte value)
    {
        GetSpan(1)[0] = value;
        Length++;
    }

    /// <summary>Makes room for so many bytes more.</summary>
    public void Ensure(int more)
    {
        if (_bytes.Length - Length >= more)
        {
            return;
        }

        var larger = TensorMemory.Shared.Rent(Math.Max(Least, (int)Math.Min(Array.MaxLength, Math.Max((long)Length + more, 2L * _bytes.Length))));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        Release();
        _bytes = larger;
    }

    /// <summary>Gives the memory away: the caller returns it to the shared pool.</summary>
    public byte[] Take()
    {
        var taken = _bytes;
        (_bytes, Length) = ([], 0);
        return taken;
    }

    public void Clear() => Length = 0;

    public void Dispose()
    {
        Release();
        (_bytes, Length) = ([], 0);
        Pool.Return(this);
    }

    private void Release()
    {
        if (_bytes.Length > 0)
        {
            TensorMemory.Shared.Return(_bytes);
        }
    }
}
