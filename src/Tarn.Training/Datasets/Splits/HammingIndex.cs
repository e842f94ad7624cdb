using System.Numerics;
using System.Runtime.InteropServices;

namespace Tarn.Training;

/// <summary>
/// Finds hashes that differ in few bits. With d bits allowed the 64 are cut into d + 1 bands: two hashes within d bits agree in one band at least, so that only hashes
/// that share a band are compared. Exact; not for several threads while it is filled.
/// </summary>
internal sealed class HammingIndex
{
    private readonly int _distance;
    private readonly (int Shift, ulong Mask)[] _bands;
    private readonly Dictionary<ulong, List<int>>[] _places;
    private readonly List<ulong> _hashes = [];

    public HammingIndex(int distance)
    {
        _distance = distance;
        var count = distance + 1;
        _bands = new (int, ulong)[count];
        _places = new Dictionary<ulong, List<int>>[count];
        for (int i = 0, shift = 0; i < count; i++)
        {
            var width = (64 / count) + (i < 64 % count ? 1 : 0);
            _bands[i] = (shift, width == 64 ? ulong.MaxValue : (1UL << width) - 1);
            _places[i] = [];
            shift += width;
        }
    }

    /// <summary>Adds a hash; its number is how many were added before.</summary>
    public int Add(ulong hash)
    {
        var number = _hashes.Count;
        _hashes.Add(hash);
        for (var i = 0; i < _bands.Length; i++)
        {
            ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(_places[i], Band(hash, i), out _);
            (list ??= []).Add(number);
        }

        return number;
    }

    /// <summary>The numbers of all hashes within the distance, each once, with their distances, in no order.</summary>
    public void Find(ulong hash, List<(int Number, int Distance)> found)
    {
        found.Clear();
        for (var i = 0; i < _bands.Length; i++)
        {
            if (!_places[i].TryGetValue(Band(hash, i), out var numbers))
            {
                continue;
            }

            foreach (var number in CollectionsMarshal.AsSpan(numbers))
            {
                var difference = hash ^ _hashes[number];
                var distance = BitOperations.PopCount(difference);
                if (distance <= _distance && IsFirst(difference, i))
                {
                    found.Add((number, distance));
                }
            }
        }
    }

    private ulong Band(ulong hash, int i) => (hash >> _bands[i].Shift) & _bands[i].Mask;

    /// <summary>Whether no earlier band agrees, in which the hash was found already.</summary>
    private bool IsFirst(ulong difference, int band)
    {
        for (var i = 0; i < band; i++)
        {
            if (Band(difference, i) == 0)
            {
                return false;
            }
        }

        return true;
    }
}
