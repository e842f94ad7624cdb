namespace Tarn.Log;

/// <summary>What readers of a partition see: an immutable snapshot, swapped by its writer.</summary>
/// <param name="Segments">The segments in order; the last is the active one. Never empty.</param>
/// <param name="ActiveIndex">The index of the active segment, which may run ahead of what is visible.</param>
/// <param name="Visible">The end of what may be read of the active segment.</param>
internal sealed record PartitionView(Segment[] Segments, SegmentIndex ActiveIndex, SegmentTail Visible)
{
    public Segment Active => Segments[^1];

    public long Low => Segments[0].BaseOffset;

    public long High => Visible.Next;

    public long Bytes
    {
        get
        {
            var bytes = Visible.End;
            for (var i = 0; i < Segments.Length - 1; i++)
            {
                bytes += Segments[i].FinishedLength;
            }

            return bytes;
        }
    }

    /// <summary>The place of the segment that holds an offset from <see cref="Low"/> to <see cref="High"/>.</summary>
    public int SegmentOf(long offset)
    {
        var (low, high) = (0, Segments.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = Segments[middle].BaseOffset <= offset ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }

    /// <summary>The index and readable end of a segment.</summary>
    public (SegmentIndex Index, SegmentTail Tail) Of(int segment) =>
        segment == Segments.Length - 1 ? (ActiveIndex, Visible) : Segments[segment].Finished();
}
