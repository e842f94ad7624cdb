using Tarn.Core;

namespace Tarn.Log;

/// <summary>Reads a partition against one <see cref="PartitionView"/>, without the writer's lock.</summary>
internal sealed class PartitionReader(string topic, int partition)
{
    private volatile ReadHint? _hint;

    /// <summary>Where the last read ended: a sequential reader goes on there without the index.</summary>
    private sealed record ReadHint(Segment Segment, long Offset, long Position);

    public List<TopicRecord> Read(PartitionView view, long offset, ReadLimits limits, CancellationToken cancellation)
    {
        var records = new List<TopicRecord>();
        if (offset == view.High)
        {
            return records;
        }

        using var cursor = CursorAt(view, offset);
        var bytes = 0L;
        while (records.Count < limits.MaxRecords && bytes < limits.MaxBytes)
        {
            var (segment, next, position) = (cursor.Segment, cursor.Offset, cursor.Position);
            if (!cursor.TryNext(out var frame))
            {
                break;
            }

            if (next < offset)
            {
                continue;
            }

            if (records.Count > 0 && bytes + frame.Length > limits.MaxBytes)
            {
                _hint = new ReadHint(segment, next, position);
                return records;
            }

            cancellation.ThrowIfCancellationRequested();
            bytes += frame.Length;
            records.Add(RecordFrame.Decode(topic, partition, frame.ToArray()));
        }

        _hint = new ReadHint(cursor.Segment, cursor.Offset, cursor.Position);
        return records;
    }

    public long OffsetForTime(PartitionView view, long timestamp, CancellationToken cancellation)
    {
        for (var place = 0; place < view.Segments.Length; place++)
        {
            var (index, tail) = view.Of(place);
            if (tail.MaxTimestamp < timestamp)
            {
                continue;
            }

            var entry = index.BeforeTime(timestamp) ?? new SegmentIndex.Entry(view.Segments[place].BaseOffset, Segment.HeaderLength, 0);
            if (entry.Offset >= view.High)
            {
                continue;
            }

            using var cursor = new FrameCursor(view, place, entry.Offset, entry.Position);
            while (cursor.TryNext(out var frame))
            {
                cancellation.ThrowIfCancellationRequested();
                if (RecordFrame.Trusted(frame).Timestamp >= timestamp)
                {
                    return cursor.Offset - 1;
                }
            }
        }

        return view.High;
    }

    private FrameCursor CursorAt(PartitionView view, long offset)
    {
        var place = view.SegmentOf(offset);
        var segment = view.Segments[place];
        if (_hint is { } hint && hint.Segment == segment && hint.Offset == offset)
        {
            return new FrameCursor(view, place, offset, hint.Position);
        }

        var entry = view.Of(place).Index.Before(offset) ?? new SegmentIndex.Entry(segment.BaseOffset, Segment.HeaderLength, 0);
        return new FrameCursor(view, place, entry.Offset, entry.Position);
    }
}
