using System.Buffers;

namespace Tarn.Log;

/// <summary>What reading a segment from its first record to its end found.</summary>
/// <param name="Tail">The end of the last whole batch.</param>
/// <param name="BadPosition">Where the first record is that is not whole, perhaps some records into a batch; null where there is none.</param>
/// <param name="Reason">What is wrong there.</param>
internal readonly record struct ScanResult(SegmentTail Tail, long? BadPosition, string? Reason);

/// <summary>Reads a segment as a whole and checks every record.</summary>
internal static class SegmentScan
{
    private const int ChunkLength = 256 << 10;

    /// <summary>Scans a segment of the given length, and notes its records in <paramref name="index"/>.</summary>
    public static ScanResult Run(LogFile file, long length, long baseOffset, SegmentIndex index)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkLength);
        try
        {
            var whole = SegmentTail.Empty(baseOffset);
            var tail = whole;
            var (start, filled) = (tail.End, 0);
            while (tail.End < length)
            {
                var at = (int)(tail.End - start);
                if (at + RecordFrame.Overhead > filled || at + RecordFrame.ClaimedLength(buffer.AsSpan(at)) > filled)
                {
                    var needed = at + RecordFrame.Overhead > filled ? RecordFrame.Overhead : RecordFrame.ClaimedLength(buffer.AsSpan(at));
                    if (tail.End + needed > length)
                    {
                        return Bad(tail.End, "the file ends within it");
                    }

                    buffer = Grow(buffer, needed);
                    (start, at) = (tail.End, 0);
                    filled = file.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - start)), start);
                    if (filled < needed)
                    {
                        return Bad(tail.End, "the file ends within it");
                    }

                    continue;
                }

                var claimed = RecordFrame.ClaimedLength(buffer.AsSpan(at));
                if (claimed == 0)
                {
                    return Bad(tail.End, "its length is out of range");
                }

                if (RecordFrame.Verify(buffer.AsSpan(at, claimed), tail.Next, out var frame) is { } reason)
                {
                    return Bad(tail.End, reason);
                }

                index.Note(tail.Next, tail.End, tail.MaxTimestamp);
                tail = tail.After(frame.Timestamp, claimed);
                whole = frame.Remaining == 0 ? tail : whole;
            }

            return whole == tail ? new ScanResult(whole, null, null) : Bad(tail.End, "the file ends within its batch");

            ScanResult Bad(long position, string reason)
            {
                index.TrimTo(whole.End);
                return new ScanResult(whole, position, reason);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Whether whole records follow somewhere after a bad place: then more than a torn write is the matter.</summary>
    public static bool HasRecordsAfter(ReadOnlySpan<byte> tail, long expectedOffset)
    {
        for (var at = 1; at + RecordFrame.Overhead <= tail.Length; at++)
        {
            var length = RecordFrame.ClaimedLength(tail[at..]);
            if (length != 0 && at + length <= tail.Length)
            {
                var frame = RecordFrame.Trusted(tail.Slice(at, length));
                if (frame.Offset > expectedOffset && frame.Offset - expectedOffset < tail.Length
                    && RecordFrame.Verify(tail.Slice(at, length), frame.Offset, out _) is null)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static byte[] Grow(byte[] buffer, int needed)
    {
        if (needed <= buffer.Length)
        {
            return buffer;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return ArrayPool<byte>.Shared.Rent(needed);
    }
}
