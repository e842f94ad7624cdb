using System.Globalization;
using Tarn.Core;

namespace Tarn.Log;

/// <summary>What a topic is made of. Stored with the topic; immutable.</summary>
public sealed record TopicOptions
{
    /// <summary>The number of partitions, 1 to 1,024; default 1. It cannot change later: keys would move.</summary>
    public int Partitions { get; init; } = 1;

    /// <summary>
    /// How long a record is kept at least, counted from its append (not from its own timestamp, so that old data can be replayed);
    /// null keeps records for ever. At least 1 second; default 7 days. Whole segments are removed, never the active one.
    /// </summary>
    public TimeSpan? RetentionTime { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How many bytes a partition keeps at least; null (the default) sets no bound. Whole segments are removed, never the active one.</summary>
    public long? RetentionBytes { get; init; }

    /// <summary>The size at which a new segment is begun: 64 KiB to 2 GiB; default 64 MiB. A larger append still lands in one segment.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>The age at which a new segment is begun, so that a quiet topic's records can expire: at least 1 second; default 1 day.</summary>
    public TimeSpan SegmentAge { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The most bytes of one record, its headers and 40 bytes of frame included: 1 KiB to 64 MiB; default 1 MiB.</summary>
    public int MaxRecordBytes { get; init; } = 1 << 20;

    /// <summary>When records are forced to the disk; default <see cref="FlushPolicy.EachAppend"/>.</summary>
    public FlushPolicy Flush { get; init; } = FlushPolicy.EachAppend;

    /// <summary>Checks every option and reports all faults at once.</summary>
    /// <exception cref="TarnException">An option is out of its range.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        Check(Partitions is >= 1 and <= 1024, $"Partitions is {Partitions}; it is 1 to 1,024.");
        Check(RetentionTime is null || RetentionTime >= TimeSpan.FromSeconds(1), $"RetentionTime is {RetentionTime}; it is at least 1 second, or null.");
        Check(RetentionBytes is null or >= 1, $"RetentionBytes is {RetentionBytes}; it is at least 1, or null.");
        Check(SegmentBytes is >= 64 << 10 and <= 2L << 30, $"SegmentBytes is {SegmentBytes}; it is 64 KiB to 2 GiB.");
        Check(SegmentAge >= TimeSpan.FromSeconds(1), $"SegmentAge is {SegmentAge}; it is at least 1 second.");
        Check(MaxRecordBytes is >= 1 << 10 and <= 64 << 20, $"MaxRecordBytes is {MaxRecordBytes}; it is 1 KiB to 64 MiB.");
        if (faults.Count > 0)
        {
            throw TarnException.InvalidInput("A topic's options are each within their range.", string.Join(" ", faults));
        }

        void Check(bool holds, FormattableString fault)
        {
            if (!holds)
            {
                faults.Add(fault.ToString(CultureInfo.InvariantCulture));
            }
        }
    }
}
