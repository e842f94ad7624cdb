using System.Buffers.Binary;
using System.Globalization;

namespace Tarn.Contracts;

/// <summary>Reads deletion vectors: descriptor, file, Z85, 64-bit Roaring bitmap; written from the protocol's appendix and the Roaring format's page alone.</summary>
internal static class DeltaDeletionVector
{
    private const int Magic = 1681511377;
    private const string Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

    public static string UniqueId(LoggedAction descriptor)
    {
        var id = descriptor.Text("storageType") + descriptor.Text("pathOrInlineDv");
        return descriptor.Number("offset") is { } offset ? string.Create(CultureInfo.InvariantCulture, $"{id}@{offset}") : id;
    }

    /// <summary>The file it is in, or null where it is inline.</summary>
    /// <exception cref="FormatException">The descriptor is malformed.</exception>
    public static string? FileOf(string folder, LoggedAction descriptor)
    {
        var text = descriptor.Text("pathOrInlineDv") ?? throw new FormatException("no pathOrInlineDv");
        switch (descriptor.Text("storageType"))
        {
            case "i":
                return null;
            case "p":
                return DeltaPath.Locate(folder, DeltaPath.Decode(text));
            case "u" when text.Length >= 20:
                var id = new Guid(DecodeZ85(text[^20..]), bigEndian: true);
                return Path.Combine(folder, text[..^20], $"deletion_vector_{id}.bin");
            default:
                throw new FormatException($"storage type '{descriptor.Text("storageType")}' with '{text}'");
        }
    }

    /// <summary>The rows that it removes, ascending.</summary>
    /// <exception cref="FormatException">Descriptor, file or bitmap break the format.</exception>
    public static List<long> Read(string folder, LoggedAction descriptor)
    {
        var size = descriptor.Number("sizeInBytes") ?? throw new FormatException("no sizeInBytes");
        byte[] data;
        if (FileOf(folder, descriptor) is not { } path)
        {
            Demand(descriptor.Find("offset") is null, "an inline vector has an offset");
            data = DecodeZ85(descriptor.Text("pathOrInlineDv")!);
            Demand(data.Length >= size && data.Length < size + 4, $"{data.Length} bytes inline, the descriptor says {size}");
            data = data[..(int)size];
        }
        else
        {
            data = ReadFile(path, (int)(descriptor.Number("offset") ?? 0), (int)size);
        }

        var rows = Decode(data);
        Demand(rows.Count == descriptor.Number("cardinality"), $"{rows.Count} rows, the descriptor says {descriptor.Number("cardinality")}");
        return rows;
    }

    private static byte[] ReadFile(string path, int offset, int size)
    {
        Demand(File.Exists(path), $"no file {path}");
        var file = File.ReadAllBytes(path);
        Demand(file.Length > 0 && file[0] == 1, "the file's version is not 1");
        Demand(offset >= 1 && offset + 8L + size <= file.Length, $"offset {offset} and size {size} lie outside the file's {file.Length} bytes");
        Demand(BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(offset)) == size, "the size in the file differs from the descriptor's");
        var data = file[(offset + 4)..(offset + 4 + size)];
        Demand(BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(offset + 4 + size)) == Crc32(data), "the checksum is wrong");
        return data;
    }

    private static List<long> Decode(byte[] data)
    {
        var reader = new Reader(data);
        Demand(reader.Int32() == Magic, "the magic number is wrong");
        var rows = new List<long>();
        var buckets = reader.Int64();
        var last = -1L;
        for (var b = 0L; b < buckets; b++)
        {
            var key = (long)(uint)reader.Int32();
            Demand(key > last && key <= int.MaxValue, "the buckets' keys do not ascend");
            last = key;
            DecodeBucket(ref reader, key << 32, rows);
        }

        Demand(reader.IsAtEnd, "bytes follow the bitmap");
        return rows;
    }

    private static void DecodeBucket(ref Reader reader, long high, List<long> rows)
    {
        var start = reader.Position;
        var cookie = (uint)reader.Int32();
        var runs = Array.Empty<byte>();
        int count;
        if ((cookie & 0xFFFF) == 12347)
        {
            count = (int)(cookie >> 16) + 1;
            runs = reader.Bytes((count + 7) / 8);
        }
        else
        {
            Demand(cookie == 12346, $"the Roaring cookie {cookie} is wrong");
            count = reader.Int32();
            Demand(count is >= 0 and <= 65536, "too many containers");
        }

        var headers = new (int Key, int Cardinality)[count];
        for (var i = 0; i < count; i++)
        {
            headers[i] = (reader.UInt16(), reader.UInt16() + 1);
            Demand(i == 0 || headers[i].Key > headers[i - 1].Key, "the containers' keys do not ascend");
        }

        var offsets = runs.Length == 0 || count >= 4 ? Enumerable.Range(0, count).Select(static _ => 0).ToArray() : [];
        for (var i = 0; i < offsets.Length; i++)
        {
            offsets[i] = reader.Int32();
        }

        for (var i = 0; i < count; i++)
        {
            Demand(offsets.Length == 0 || offsets[i] == reader.Position - start, "a container is not where its offset says");
            var isRun = runs.Length > 0 && (runs[i / 8] & (1 << (i % 8))) != 0;
            var before = rows.Count;
            DecodeContainer(ref reader, high | ((long)headers[i].Key << 16), headers[i].Cardinality, isRun, rows);
            Demand(rows.Count - before == headers[i].Cardinality, "a container holds more or fewer rows than its header says");
        }
    }

    private static void DecodeContainer(ref Reader reader, long high, int cardinality, bool isRun, List<long> rows)
    {
        if (isRun)
        {
            for (int left = reader.UInt16(), previous = -1; left > 0; left--)
            {
                var (first, more) = (reader.UInt16(), reader.UInt16());
                Demand(first > previous && first + more <= 0xFFFF, "runs overlap");
                previous = first + more;
                for (var v = first; v <= previous; v++)
                {
                    rows.Add(high | (long)v);
                }
            }
        }
        else if (cardinality <= 4096)
        {
            for (int i = 0, previous = -1; i < cardinality; i++)
            {
                int value = reader.UInt16();
                Demand(value > previous, "an array container does not ascend");
                previous = value;
                rows.Add(high | (long)value);
            }
        }
        else
        {
            var bits = reader.Bytes(8192);
            for (var v = 0; v < 65536; v++)
            {
                if ((bits[v / 8] & (1 << (v % 8))) != 0)
                {
                    rows.Add(high | (long)v);
                }
            }
        }
    }

    private static byte[] DecodeZ85(string text)
    {
        Demand(text.Length % 5 == 0, "Z85 text is not a multiple of five long");
        var bytes = new byte[text.Length / 5 * 4];
        for (var i = 0; i < text.Length; i += 5)
        {
            var value = 0UL;
            for (var j = 0; j < 5; j++)
            {
                var digit = Z85.IndexOf(text[i + j], StringComparison.Ordinal);
                Demand(digit >= 0, $"'{text[i + j]}' is no digit of Z85");
                value = (value * 85) + (ulong)digit;
            }

            Demand(value <= uint.MaxValue, "Z85 overflows");
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(i / 5 * 4), (uint)value);
        }

        return bytes;
    }

    public static uint Crc32(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }

    private static void Demand(bool condition, string problem)
    {
        if (!condition)
        {
            throw new FormatException(problem);
        }
    }

    private ref struct Reader(byte[] data)
    {
        public int Position { get; private set; }

        public readonly bool IsAtEnd => Position == data.Length;

        public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

        public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

        public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

        public byte[] Bytes(int count) => Take(count).ToArray();

        private ReadOnlySpan<byte> Take(int count)
        {
            Demand(Position + count <= data.Length, "the bitmap ends too early");
            Position += count;
            return data.AsSpan(Position - count, count);
        }
    }
}
