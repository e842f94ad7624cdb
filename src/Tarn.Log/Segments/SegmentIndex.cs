using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Tarn.Log;

/// <summary>
/// The sparse index of a segment: an entry for about every 32 KiB. That of the active segment grows in memory; a finished segment's is a file
/// beside it, loaded at the first seek and rebuilt from the segment where it is missing or damaged.
/// </summary>
internal sealed class SegmentIndex
{
    private const int Interval = 32 << 10;
    private const int HeaderLength = 64;
    private const ulong Magic = 0x3158_4449_4E52_4154; // "TARNIDX1"
    private readonly Lock _gate = new();
    private Entry[] _entries = [];
    private int _count;

    [StructLayout(LayoutKind.Sequential, Pack = 8)]
    internal readonly record struct Entry(long Offset, long Position, long MaxBefore);

    public int Count => _count;

    /// <summary>Notes that a record begins here, where the last entry is far enough back.</summary>
    /// <param name="offset">The record's offset.</param>
    /// <param name="position">Its position.</param>
    /// <param name="maxBefore">The greatest timestamp of the segment's records before it.</param>
    public void Note(long offset, long position, long maxBefore)
    {
        if (_count > 0 && position - _entries[_count - 1].Position < Interval)
        {
            return;
        }

        lock (_gate)
        {
            if (_count == _entries.Length)
            {
                Array.Resize(ref _entries, Math.Max(4, _count * 2));
            }

            _entries[_count++] = new Entry(offset, position, maxBefore);
        }
    }

    /// <summary>Drops the entries at or after a position: the records there were taken back.</summary>
    public void TrimTo(long position)
    {
        lock (_gate)
        {
            while (_count > 0 && _entries[_count - 1].Position >= position)
            {
                _count--;
            }
        }
    }

    /// <summary>The last entry at or before an offset; null where there is none.</summary>
    public Entry? Before(long offset)
    {
        lock (_gate)
        {
            var (low, high) = (0, _count);
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                (low, high) = _entries[middle].Offset <= offset ? (middle + 1, high) : (low, middle);
            }

            return low == 0 ? null : _entries[low - 1];
        }
    }

    /// <summary>The last entry before which every timestamp is less than <paramref name="timestamp"/>; null where there is none.</summary>
    public Entry? BeforeTime(long timestamp)
    {
        lock (_gate)
        {
            var (low, high) = (0, _count);
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                (low, high) = _entries[middle].MaxBefore < timestamp ? (middle + 1, high) : (low, middle);
            }

            return low == 0 ? null : _entries[low - 1];
        }
    }

    public void Save(string path, long baseOffset, SegmentTail tail)
    {
        var entries = MemoryMarshal.AsBytes(_entries.AsSpan(0, _count));
        var bytes = new byte[HeaderLength + entries.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), baseOffset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), tail.Next);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), tail.End);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), tail.MaxTimestamp);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), tail.LastTimestamp);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(48), _count);
        entries.CopyTo(bytes.AsSpan(HeaderLength));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(52), Checksum(bytes));
        DurableFiles.Replace(path, bytes, flush: false);
    }

    /// <summary>Reads a saved index; false where there is none, or it is damaged, or belongs to another state of the segment.</summary>
    public static bool TryLoad(string path, long baseOffset, long segmentLength, out SegmentIndex index, out SegmentTail tail)
    {
        (index, tail) = (new SegmentIndex(), default);
        if (!File.Exists(path) || File.ReadAllBytes(path) is not { Length: >= HeaderLength } bytes)
        {
            return false;
        }

        tail = new SegmentTail(
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(16)),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(24)),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(32)),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(40)));
        index._count = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(48));
        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8)) != baseOffset
            || tail.End != segmentLength
            || index._count * (long)Marshal.SizeOf<Entry>() != bytes.Length - HeaderLength
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(52)) != Checksum(bytes))
        {
            index._count = 0;
            return false;
        }

        index._entries = MemoryMarshal.Cast<byte, Entry>(bytes.AsSpan(HeaderLength)).ToArray();
        return true;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes) =>
        Crc32C.Append(Crc32C.Append(Crc32C.Seed, bytes[..52]), bytes[56..]) ^ Crc32C.Seed;
}
