namespace Tarn.Log;

/// <summary>The end of a segment at some moment.</summary>
/// <param name="Next">The offset after its last record.</param>
/// <param name="End">The position after its last record.</param>
/// <param name="MaxTimestamp">The greatest timestamp in it, ms; <see cref="NoTime"/> where it has no record.</param>
/// <param name="LastTimestamp">The timestamp of its last record, ms; <see cref="NoTime"/> where it has no record.</param>
internal readonly record struct SegmentTail(long Next, long End, long MaxTimestamp, long LastTimestamp)
{
    public const long NoTime = long.MinValue;

    public static SegmentTail Empty(long baseOffset) => new(baseOffset, Segment.HeaderLength, NoTime, NoTime);

    public SegmentTail After(long timestamp, int length) => new(Next + 1, End + length, Math.Max(MaxTimestamp, timestamp), timestamp);
}
