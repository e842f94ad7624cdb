using System.Buffers;
using System.Numerics;

namespace Tarn.Serving;

/// <summary>
/// The memory of bodies and tensors, taken for a while. What is small comes from the shared pool; what is large from one that all threads have together: the shared pool keeps an array of each size
/// for each thread, and memory would grow with the number of threads that ever had a large request. The array that came back last is taken first, while it is in the processor's caches.
/// </summary>
/// <param name="mostKept">Bytes that are kept at most.</param>
internal sealed class TensorMemory(long mostKept) : ArrayPool<byte>
{
    /// <summary>The longest array that is small.</summary>
    public const int Small = 64 << 10;

    // Four sizes for each power of two above 2^16.
    private const int Sizes = 4 * (31 - 16);

    private readonly Shelf[] _shelves = [.. Enumerable.Range(0, Sizes).Select(static _ => new Shelf())];
    private readonly Lock _gate = new();
    private long _kept;

    /// <summary>The program's.</summary>
    public static new TensorMemory Shared { get; } = Watched(new TensorMemory(64L << 20));

    /// <summary>Bytes that are kept.</summary>
    public long Kept => Volatile.Read(ref _kept);

    /// <inheritdoc/>
    public override byte[] Rent(int minimumLength)
    {
        if (minimumLength <= Small)
        {
            return ArrayPool<byte>.Shared.Rent(minimumLength);
        }

        var size = SizeOf(minimumLength, out var length);
        lock (_gate)
        {
            if (_shelves[size].TryTake(out var array))
            {
                _kept -= array.Length;
                return array;
            }
        }

        return GC.AllocateUninitializedArray<byte>(length);
    }

    /// <inheritdoc/>
    public override void Return(byte[] array, bool clearArray = false)
    {
        if (array.Length <= Small)
        {
            ArrayPool<byte>.Shared.Return(array, clearArray);
            return;
        }

        if (clearArray)
        {
            Array.Clear(array);
        }

        var size = SizeOf(array.Length, out _);
        lock (_gate)
        {
            if (_kept + array.Length <= mostKept)
            {
                _shelves[size].Put(array);
                _kept += array.Length;
            }
        }
    }

    /// <summary>The length of a large array that is taken for so many bytes.</summary>
    internal static int LengthOf(int least)
    {
        _ = SizeOf(least, out var length);
        return length;
    }

    /// <summary>Lets go of what was not needed since the last time.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            foreach (var shelf in _shelves)
            {
                _kept -= shelf.Trim();
            }
        }
    }

    // The length is the size's own: 5/4, 6/4, 7/4 and 8/4 of a power of two.
    private static int SizeOf(int least, out int length)
    {
        var power = BitOperations.Log2((uint)(least - 1));
        var quarter = ((least - 1) >> (power - 2)) & 3;
        length = (int)Math.Min(Array.MaxLength, (long)(5 + quarter) << (power - 2));
        return (4 * (power - 16)) + quarter;
    }

    private static TensorMemory Watched(TensorMemory memory)
    {
        _ = new Collections(memory);
        return memory;
    }

    /// <summary>Arrays of one size that wait.</summary>
    private sealed class Shelf
    {
        private readonly Stack<byte[]> _arrays = new();
        private int _fewest;

        public bool TryTake(out byte[] array)
        {
            if (!_arrays.TryPop(out array!))
            {
                return false;
            }

            _fewest = Math.Min(_fewest, _arrays.Count);
            return true;
        }

        public void Put(byte[] array) => _arrays.Push(array);

        /// <summary>Drops as many as never left since the last time; says their bytes.</summary>
        public long Trim()
        {
            var bytes = 0L;
            for (; _fewest > 0; _fewest--)
            {
                bytes += _arrays.Pop().Length;
            }

            _fewest = _arrays.Count;
            return bytes;
        }
    }

    /// <summary>Is found dead by each full collection, trims then, and lives on.</summary>
    private sealed class Collections(TensorMemory memory)
    {
        ~Collections()
        {
            memory.Trim();
            GC.ReRegisterForFinalize(this);
        }
    }
}
