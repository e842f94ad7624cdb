using System.Buffers;
using System.Text;

namespace Tarn.Lake;

/// <summary>
/// The keys of one file as sorted 64-bit hashes (FNV-1a, then a finalizer): eight bytes a row tell that a file does not hold a key, or that it probably does.
/// </summary>
internal sealed class KeyHashes
{
    private readonly ulong[] _sorted;

    private KeyHashes(ulong[] sorted) => _sorted = sorted;

    public int Count => _sorted.Length;

    public static KeyHashes Of(List<ulong> hashes)
    {
        var sorted = hashes.ToArray();
        Array.Sort(sorted);
        return new KeyHashes(sorted);
    }

    public static ulong Hash(string key)
    {
        const int onStack = 256;
        var most = Encoding.UTF8.GetMaxByteCount(key.Length);
        var rented = most <= onStack ? null : ArrayPool<byte>.Shared.Rent(most);
        var buffer = rented ?? stackalloc byte[onStack];
        var hash = Hash(buffer[..Encoding.UTF8.GetBytes(key, buffer)]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return hash;
    }

    /// <summary>The hash of a key in UTF-8.</summary>
    public static ulong Hash(ReadOnlySpan<byte> key)
    {
        var hash = 14695981039346656037UL;
        foreach (var unit in key)
        {
            hash = (hash ^ unit) * 1099511628211UL;
        }

        // Short keys that differ in their last character only would otherwise differ in few bits.
        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccdUL;
        return hash ^ (hash >> 33);
    }

    /// <summary>Whether any of the hashes, which are sorted, may be here.</summary>
    public bool MayHoldAny(ReadOnlySpan<ulong> sorted)
    {
        var rest = _sorted.AsSpan();
        foreach (var hash in sorted)
        {
            var at = rest.BinarySearch(hash);
            if (at >= 0)
            {
                return true;
            }

            rest = rest[~at..];
            if (rest.IsEmpty)
            {
                return false;
            }
        }

        return false;
    }
}
