using System.Numerics;

namespace Tarn.Lake;

/// <summary>
/// A set of rows' positions in a file, compressed as Roaring bitmaps are: for each 65,536 positions, a sorted list where they are few, and a bitmap where they are many.
/// </summary>
internal sealed class RowSet
{
    /// <summary>A container of more positions is a bitmap (Roaring format specification).</summary>
    public const int MostInList = 4096;

    /// <summary>Positions of one container.</summary>
    public const int ContainerSize = 1 << 16;

    private readonly SortedDictionary<long, Container> _containers = [];

    /// <summary>How many positions it holds.</summary>
    public long Count { get; private set; }

    /// <summary>The containers by the positions' upper bits, ascending.</summary>
    public IEnumerable<KeyValuePair<long, Container>> Containers => _containers;

    /// <summary>The greatest position, or -1 where there is none.</summary>
    public long Max => _containers.Count == 0 ? -1 : (_containers.Keys.Last() << 16) | (uint)_containers.Values.Last().Last;

    /// <summary>Adds a position; false where it is there.</summary>
    public bool Add(long row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        if (!_containers.TryGetValue(row >> 16, out var container))
        {
            _containers[row >> 16] = container = new Container();
        }

        if (!container.Add((ushort)row))
        {
            return false;
        }

        Count++;
        return true;
    }

    /// <summary>Adds all positions of another set.</summary>
    public void UnionWith(RowSet other)
    {
        foreach (var row in other.Rows())
        {
            Add(row);
        }
    }

    public bool Contains(long row) => _containers.TryGetValue(row >> 16, out var container) && container.Contains((ushort)row);

    /// <summary>The positions, ascending.</summary>
    public IEnumerable<long> Rows()
    {
        foreach (var (key, container) in _containers)
        {
            foreach (var low in container.Values())
            {
                yield return (key << 16) | low;
            }
        }
    }

    /// <summary>The positions that agree in all but their lowest 16 bits.</summary>
    public sealed class Container
    {
        private ushort[] _list = new ushort[4];
        private ulong[]? _bitmap;

        public int Count { get; private set; }

        public int Last => _bitmap is null ? _list[Count - 1] : Values().Last();

        public bool Contains(ushort value) =>
            _bitmap is null ? Array.BinarySearch(_list, 0, Count, value) >= 0 : (_bitmap[value >> 6] & (1ul << value)) != 0;

        public bool Add(ushort value)
        {
            if (_bitmap is not null)
            {
                return AddToBitmap(_bitmap, value);
            }

            // Mostly ascending: then it goes to the end.
            var at = Count == 0 || _list[Count - 1] < value ? ~Count : Array.BinarySearch(_list, 0, Count, value);
            if (at >= 0)
            {
                return false;
            }

            if (Count == MostInList)
            {
                _bitmap = new ulong[ContainerSize / 64];
                foreach (var there in _list.AsSpan(0, Count))
                {
                    _bitmap[there >> 6] |= 1ul << there;
                }

                _list = [];
                return AddToBitmap(_bitmap, value);
            }

            if (Count == _list.Length)
            {
                Array.Resize(ref _list, Math.Min(_list.Length * 2, MostInList));
            }

            Array.Copy(_list, ~at, _list, ~at + 1, Count - ~at);
            _list[~at] = value;
            Count++;
            return true;
        }

        public IEnumerable<ushort> Values()
        {
            if (_bitmap is null)
            {
                for (var i = 0; i < Count; i++)
                {
                    yield return _list[i];
                }

                yield break;
            }

            for (var i = 0; i < _bitmap.Length; i++)
            {
                for (var word = _bitmap[i]; word != 0; word &= word - 1)
                {
                    yield return (ushort)((i << 6) | BitOperations.TrailingZeroCount(word));
                }
            }
        }

        private bool AddToBitmap(ulong[] bitmap, ushort value)
        {
            ref var word = ref bitmap[value >> 6];
            var bit = 1ul << value;
            if ((word & bit) != 0)
            {
                return false;
            }

            word |= bit;
            Count++;
            return true;
        }
    }
}
