using System.Buffers;

namespace Tarn.Log;

/// <summary>Writes the frames of one batch behind the tail of a segment, through a pooled buffer.</summary>
internal static class BatchWriter
{
    private const int ChunkLength = 256 << 10;

    /// <summary>Writes all records and returns the new tail; the index has them noted. Throws what the file system throws.</summary>
    public static SegmentTail Write(LogFile file, SegmentIndex index, SegmentTail tail, IReadOnlyList<NewRecord> records, long now)
    {
        var (total, largest) = (0L, 0);
        for (var i = 0; i < records.Count; i++)
        {
            var length = RecordFrame.Measure(records[i]);
            total += length;
            largest = Math.Max(largest, length);
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(total, Math.Max(ChunkLength, largest)));
        try
        {
            var (filled, position) = (0, tail.End);
            for (var i = 0; i < records.Count; i++)
            {
                var length = RecordFrame.Measure(records[i]);
                if (filled + length > buffer.Length)
                {
                    file.Write(buffer.AsSpan(0, filled), position);
                    position += filled;
                    filled = 0;
                }

                var timestamp = records[i].Timestamp?.ToUnixTimeMilliseconds() ?? now;
                RecordFrame.Write(buffer.AsSpan(filled, length), records[i], tail.Next, timestamp, records.Count - 1 - i);
                index.Note(tail.Next, tail.End, tail.MaxTimestamp);
                tail = tail.After(timestamp, length);
                filled += length;
            }

            file.Write(buffer.AsSpan(0, filled), position);
            return tail;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
