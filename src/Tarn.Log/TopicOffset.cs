namespace Tarn.Log;

/// <summary>A place in a topic.</summary>
/// <param name="Partition">The partition, from 0.</param>
/// <param name="Offset">The offset in it.</param>
public readonly record struct TopicOffset(int Partition, long Offset);

/// <summary>Where a consumer group is in a partition.</summary>
/// <param name="Group">The group.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Offset">The offset that it will read next.</param>
/// <param name="CommittedAt">When it said so.</param>
public sealed record GroupOffset(string Group, string Topic, int Partition, long Offset, DateTimeOffset CommittedAt);

/// <summary>Tells that records became readable.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition.</param>
/// <param name="High">The offset after the last readable record.</param>
public readonly record struct TopicAppended(string Topic, int Partition, long High);

/// <summary>How much one read returns at most. One record is returned in any case, so that a reader always gets on.</summary>
/// <param name="MaxRecords">At least 1; default 1,000.</param>
/// <param name="MaxBytes">Bytes of frames (keys, values, headers and 40 bytes each); at least 1; default 1 MiB.</param>
public sealed record ReadLimits(int MaxRecords = 1000, int MaxBytes = 1 << 20)
{
    /// <summary>1,000 records and 1 MiB.</summary>
    public static ReadLimits Default { get; } = new();
}
