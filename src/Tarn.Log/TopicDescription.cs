namespace Tarn.Log;

/// <summary>A topic as it is at the moment.</summary>
/// <param name="Name">The name.</param>
/// <param name="Options">The options that it was made with, or given since.</param>
/// <param name="Partitions">Its partitions in order.</param>
public sealed record TopicDescription(string Name, TopicOptions Options, IReadOnlyList<PartitionDescription> Partitions)
{
    /// <summary>The records that can be read, over all partitions.</summary>
    public long Records => Partitions.Sum(static p => p.High - p.Low);

    /// <summary>The bytes on disk, over all partitions.</summary>
    public long Bytes => Partitions.Sum(static p => p.Bytes);
}

/// <summary>A partition as it is at the moment.</summary>
/// <param name="Partition">The partition, from 0.</param>
/// <param name="Low">The first offset that can still be read.</param>
/// <param name="High">The offset that the next record will get; equal to <paramref name="Low"/> where there is none to read.</param>
/// <param name="Bytes">The bytes on disk.</param>
/// <param name="LastTimestamp">The timestamp of the last record, or null where there is none to read.</param>
public sealed record PartitionDescription(int Partition, long Low, long High, long Bytes, DateTimeOffset? LastTimestamp);
