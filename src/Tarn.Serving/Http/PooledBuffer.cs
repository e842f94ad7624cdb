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

    /// <summary>Where in the memory what is written begins; see <see cref="Indent"/>.</summary>
    public int Start { get; private set; }

    /// <summary>The memory, of which <see cref="Length"/> bytes from <see cref="Start"/> were written; the buffer's own until it is disposed or written to.</summary>
    public byte[] Memory => _bytes;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(Start, Length);

    public Span<byte> Writable => _bytes.AsSpan(Start, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(Start, Length);

    public static PooledBuffer Rent() => Pool.Get();

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(Math.Max(1, sizeHint));
        return _bytes.AsMemory(Start + Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(Math.Max(1, sizeHint));
        return _bytes.AsSpan(Start + Length);
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

    /// <summary>Leaves some bytes free before what is written, so that what comes at an offset lies where native code may read it; before anything is.</summary>
    public void Indent(int bytes)
    {
        Ensure(bytes + 1);
        Start = bytes;
    }

    /// <summary>Makes room for so many bytes more.</summary>
    public void Ensure(int more)
    {
        if (_bytes.Length - Start - Length >= more)
        {
            return;
        }

        var larger = TensorMemory.Shared.Rent(Math.Max(Least, (int)Math.Min(Array.MaxLength, Math.Max((long)Start + Length + more, 2L * _bytes.Length))));
        Written.CopyTo(larger.AsSpan(Start));
        Release();
        _bytes = larger;
    }

    /// <summary>Gives the memory away: the caller returns it to the shared pool.</summary>
    public byte[] Take()
    {
        var taken = _bytes;
        (_bytes, Start, Length) = ([], 0, 0);
        return taken;
    }

    public void Clear() => Length = 0;

    public void Dispose()
    {
        Release();
        (_bytes, Start, Length) = ([], 0, 0);
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
