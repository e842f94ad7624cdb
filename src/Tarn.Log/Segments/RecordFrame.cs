using System.Buffers.Binary;
using System.Text;

namespace Tarn.Log;

/// <summary>
/// The bytes of one record in a segment, little-endian (docs/formats/log.md):
/// <code>
///  0 u32 length of the whole frame          24 u32 records after this one in its batch
///  4 u32 CRC-32C of bytes 0-3 and 8-end     28 u32 length of the key
///  8 i64 offset                             32 i32 length of the value, -1 for none
/// 16 i64 timestamp, ms since 1970           36 u32 length of the headers
/// 40 headers (u16 name length, name, u32 value length, value)*, key, value
/// </code>
/// A batch is whole when its record with 0 records after it is there, so a torn batch is known without a frame of its own.
/// </summary>
internal readonly ref struct RecordFrame
{
    public const int Overhead = 40;
    public const int MaxLength = (64 << 20) + (1 << 20);

    private readonly ReadOnlySpan<byte> _bytes;

    private RecordFrame(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public int Length => _bytes.Length;

    public long Offset => BinaryPrimitives.ReadInt64LittleEndian(_bytes[8..]);

    public long Timestamp => BinaryPrimitives.ReadInt64LittleEndian(_bytes[16..]);

    public uint Remaining => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[24..]);

    public int KeyLength => BinaryPrimitives.ReadInt32LittleEndian(_bytes[28..]);

    public int ValueLength => BinaryPrimitives.ReadInt32LittleEndian(_bytes[32..]);

    public int HeadersLength => BinaryPrimitives.ReadInt32LittleEndian(_bytes[36..]);

    /// <summary>The length that a frame claims, or 0 where it cannot be one.</summary>
    public static int ClaimedLength(ReadOnlySpan<byte> bytes)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return length is >= Overhead and <= MaxLength ? (int)length : 0;
    }

    /// <summary>A frame whose checksum was verified before.</summary>
    public static RecordFrame Trusted(ReadOnlySpan<byte> bytes) => new(bytes);

    /// <summary>Reads a whole frame; returns why not where the bytes are not the frame of that offset.</summary>
    public static string? Verify(ReadOnlySpan<byte> bytes, long expectedOffset, out RecordFrame frame)
    {
        frame = new RecordFrame(bytes);
        if (Checksum(bytes) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]))
        {
            return "its CRC-32C does not match its bytes";
        }

        var parts = (long)Overhead + frame.HeadersLength + frame.KeyLength + Math.Max(frame.ValueLength, 0);
        if (frame.HeadersLength < 0 || frame.KeyLength < 0 || frame.ValueLength < -1 || parts != bytes.Length)
        {
            return "its parts do not add up to its length";
        }

        return frame.Offset == expectedOffset ? null : FormattableString.Invariant($"it has offset {frame.Offset} where {expectedOffset} belongs");
    }

    public static int Measure(NewRecord record)
    {
        long length = Overhead + record.Key.Length + (record.Value?.Length ?? 0);
        if (record.Headers is { Count: > 0 } headers)
        {
            for (var i = 0; i < headers.Count; i++)
            {
                length += 6 + Encoding.UTF8.GetByteCount(headers[i].Name) + headers[i].Value.Length;
            }
        }

        return length > int.MaxValue ? int.MaxValue : (int)length;
    }

    public static void Write(Span<byte> frame, NewRecord record, long offset, long timestamp, int remaining)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame, frame.Length);
        BinaryPrimitives.WriteInt64LittleEndian(frame[8..], offset);
        BinaryPrimitives.WriteInt64LittleEndian(frame[16..], timestamp);
        BinaryPrimitives.WriteInt32LittleEndian(frame[24..], remaining);
        BinaryPrimitives.WriteInt32LittleEndian(frame[28..], record.Key.Length);
        BinaryPrimitives.WriteInt32LittleEndian(frame[32..], record.Value?.Length ?? -1);
        var at = Overhead;
        if (record.Headers is { Count: > 0 } headers)
        {
            for (var i = 0; i < headers.Count; i++)
            {
                var nameLength = Encoding.UTF8.GetBytes(headers[i].Name, frame[(at + 2)..]);
                BinaryPrimitives.WriteUInt16LittleEndian(frame[at..], (ushort)nameLength);
                at += 2 + nameLength;
                BinaryPrimitives.WriteInt32LittleEndian(frame[at..], headers[i].Value.Length);
                headers[i].Value.Span.CopyTo(frame[(at + 4)..]);
                at += 4 + headers[i].Value.Length;
            }
        }

        BinaryPrimitives.WriteInt32LittleEndian(frame[36..], at - Overhead);
        record.Key.Span.CopyTo(frame[at..]);
        record.Value?.Span.CopyTo(frame[(at + record.Key.Length)..]);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], Checksum(frame));
    }

    /// <summary>The record, whose parts are slices of <paramref name="memory"/>, the frame's own bytes.</summary>
    public static TopicRecord Decode(string topic, int partition, ReadOnlyMemory<byte> memory)
    {
        var frame = new RecordFrame(memory.Span);
        var keyAt = Overhead + frame.HeadersLength;
        ReadOnlyMemory<byte>? value = frame.ValueLength < 0 ? default(ReadOnlyMemory<byte>?) : memory.Slice(keyAt + frame.KeyLength, frame.ValueLength);
        return new TopicRecord(
            topic,
            partition,
            frame.Offset,
            DateTimeOffset.FromUnixTimeMilliseconds(frame.Timestamp),
            memory.Slice(keyAt, frame.KeyLength),
            value,
            frame.HeadersLength == 0 ? null : DecodeHeaders(memory.Slice(Overhead, frame.HeadersLength)));
    }

    private static List<RecordHeader> DecodeHeaders(ReadOnlyMemory<byte> memory)
    {
        var headers = new List<RecordHeader>();
        while (memory.Length > 0)
        {
            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(memory.Span);
            var valueLength = BinaryPrimitives.ReadInt32LittleEndian(memory.Span[(2 + nameLength)..]);
            headers.Add(new RecordHeader(Encoding.UTF8.GetString(memory.Span.Slice(2, nameLength)), memory.Slice(6 + nameLength, valueLength)));
            memory = memory[(6 + nameLength + valueLength)..];
        }

        return headers;
    }

    private static uint Checksum(ReadOnlySpan<byte> frame) => Crc32C.Append(Crc32C.Append(Crc32C.Seed, frame[..4]), frame[8..]) ^ Crc32C.Seed;
}
