using System.Buffers.Binary;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// Deletion vectors as bytes (protocol, "Deletion Vector Format"): a magic number and 64-bit Roaring bitmaps in the portable format of the Roaring format specification.
/// </summary>
internal static class RoaringFormat
{
    private const int Magic = 1681511377;
    private const uint CookieWithoutRuns = 12346;
    private const uint CookieWithRuns = 12347;

    /// <summary>Bitmaps of less containers have no offsets where there are runs.</summary>
    private const int NoOffsetsBelow = 4;

    public static byte[] Write(RowSet rows)
    {
        var bitmaps = rows.Containers.GroupBy(static c => c.Key >> 16).ToList();
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Magic);
        writer.Write((long)bitmaps.Count);
        foreach (var bitmap in bitmaps)
        {
            writer.Write((uint)bitmap.Key);
            WriteBitmap(writer, [.. bitmap]);
        }

        return stream.ToArray();
    }

    /// <exception cref="TarnException">The bytes are no deletion vector.</exception>
    public static RowSet Read(ReadOnlySpan<byte> bytes, string where)
    {
        var input = new Input(bytes, where);
        if (input.Int32() != Magic)
        {
            throw input.Corrupt("starts with the magic number 1681511377");
        }

        var rows = new RowSet();
        var count = input.Int64();
        if (count < 0 || count > bytes.Length)
        {
            throw input.Corrupt("holds as many bitmaps as it says");
        }

        for (var i = 0L; i < count; i++)
        {
            var high = (long)input.UInt32() << 32;
            if (high < 0)
            {
                throw input.Corrupt("holds positions below 2^63");
            }

            ReadBitmap(ref input, high, rows);
        }

        return rows;
    }

    private static void WriteBitmap(BinaryWriter writer, List<KeyValuePair<long, RowSet.Container>> containers)
    {
        writer.Write(CookieWithoutRuns);
        writer.Write(containers.Count);
        foreach (var (key, container) in containers)
        {
            writer.Write((ushort)key);
            writer.Write((ushort)(container.Count - 1));
        }

        var offset = 8u + ((uint)containers.Count * 8);
        foreach (var (_, container) in containers)
        {
            writer.Write(offset);
            offset += container.Count > RowSet.MostInList ? RowSet.ContainerSize / 8 : (uint)container.Count * 2;
        }

        foreach (var (_, container) in containers)
        {
            WriteContainer(writer, container);
        }
    }

    private static void WriteContainer(BinaryWriter writer, RowSet.Container container)
    {
        if (container.Count <= RowSet.MostInList)
        {
            foreach (var value in container.Values())
            {
                writer.Write(value);
            }

            return;
        }

        var words = new ulong[RowSet.ContainerSize / 64];
        foreach (var value in container.Values())
        {
            words[value >> 6] |= 1ul << value;
        }

        foreach (var word in words)
        {
            writer.Write(word);
        }
    }

    private static void ReadBitmap(ref Input input, long high, RowSet rows)
    {
        var cookie = input.UInt32();
        ReadOnlySpan<byte> runs = default;
        int count;
        if ((cookie & 0xFFFF) == CookieWithRuns)
        {
            count = (int)(cookie >> 16) + 1;
            runs = input.Bytes((count + 7) / 8);
        }
        else if (cookie == CookieWithoutRuns)
        {
            count = input.Int32();
        }
        else
        {
            throw input.Corrupt("holds bitmaps with cookie 12346 or 12347");
        }

        if (count is < 0 or > RowSet.ContainerSize)
        {
            throw input.Corrupt("holds at most 65,536 containers a bitmap");
        }

        var headers = input.Bytes(count * 4);
        if (runs.IsEmpty || count >= NoOffsetsBelow)
        {
            input.Bytes(count * 4);
        }

        for (var i = 0; i < count; i++)
        {
            var start = high | ((long)BinaryPrimitives.ReadUInt16LittleEndian(headers[(i * 4)..]) << 16);
            var size = BinaryPrimitives.ReadUInt16LittleEndian(headers[((i * 4) + 2)..]) + 1;
            if (!runs.IsEmpty && (runs[i / 8] & (1 << (i % 8))) != 0)
            {
                ReadRuns(ref input, start, rows);
            }
            else
            {
                ReadContainer(ref input, start, size, rows);
            }
        }
    }

    private static void ReadRuns(ref Input input, long start, RowSet rows)
    {
        var count = input.UInt16();
        for (var i = 0; i < count; i++)
        {
            var first = input.UInt16();
            var length = input.UInt16() + 1;
            if (first + length > RowSet.ContainerSize)
            {
                throw input.Corrupt("holds runs within 65,536 positions");
            }

            for (var value = 0; value < length; value++)
            {
                rows.Add(start | (long)(first + value));
            }
        }
    }

    private static void ReadContainer(ref Input input, long start, int size, RowSet rows)
    {
        if (size <= RowSet.MostInList)
        {
            for (var i = 0; i < size; i++)
            {
                rows.Add(start | input.UInt16());
            }

            return;
        }

        for (var word = 0; word < RowSet.ContainerSize / 64; word++)
        {
            for (var bits = input.UInt64(); bits != 0; bits &= bits - 1)
            {
                rows.Add(start | (uint)((word << 6) | System.Numerics.BitOperations.TrailingZeroCount(bits)));
            }
        }
    }

    /// <summary>Bytes that are read forward, and end where they end.</summary>
    private ref struct Input(ReadOnlySpan<byte> bytes, string where)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));

        public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

        public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(8));

        public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

        public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

        public ReadOnlySpan<byte> Bytes(int count)
        {
            if (count > _rest.Length)
            {
                throw Corrupt("is whole");
            }

            var taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }

        public readonly TarnException Corrupt(string rule) => TarnException.Corrupt($"A deletion vector {rule}.", where, "Restore the file from a backup, or read an earlier version.");
    }
}
