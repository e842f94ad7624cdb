using System.Buffers;
using System.Collections.Concurrent;

namespace Tarn.Serving.Tests;

/// <summary>A pool that knows what is rented, and that notices what is returned twice or was never its own.</summary>
internal sealed class CountingPool : ArrayPool<byte>
{
    private readonly ConcurrentDictionary<byte[], bool> _rented = new(ReferenceEqualityComparer.Instance as IEqualityComparer<byte[]>);
    private int _faults;

    /// <summary>How many buffers are out.</summary>
    public int Rented => _rented.Count;

    /// <summary>How many returns were wrong.</summary>
    public int Faults => _faults;

    public override byte[] Rent(int minimumLength)
    {
        var buffer = new byte[minimumLength];
        _rented[buffer] = true;
        return buffer;
    }

    public override void Return(byte[] array, bool clearArray = false)
    {
        if (!_rented.TryRemove(array, out _))
        {
            Interlocked.Increment(ref _faults);
        }

        // Whoever reads on after the return reads this.
        array.AsSpan().Fill(0xDD);
    }
}
