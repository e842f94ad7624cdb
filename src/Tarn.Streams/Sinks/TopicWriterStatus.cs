namespace Tarn.Streams;

/// <summary>What a <see cref="TopicWriter{T}"/> has come to.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Sink">The sink.</param>
/// <param name="State">What it does.</param>
/// <param name="Partitions">Where it is in each partition.</param>
/// <param name="PendingRecords">Records read and not yet committed.</param>
/// <param name="PendingBytes">Their bytes.</param>
/// <param name="Records">Records committed since it was started.</param>
/// <param name="Quarantined">Records put into quarantine since it was started.</param>
/// <param name="Commits">Commits made since it was started.</param>
/// <param name="LastCommit">When it last committed, or null.</param>
/// <param name="Error">What stands in its way, or null.</param>
public sealed record TopicWriterStatus(
    string Topic,
    string Sink,
    TopicWriterState State,
    IReadOnlyList<TopicWriterPartition> Partitions,
    long PendingRecords,
    long PendingBytes,
    long Records,
    long Quarantined,
    long Commits,
    DateTimeOffset? LastCommit,
    string? Error);

/// <summary>Where a <see cref="TopicWriter{T}"/> is in a partition.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Committed">The offset after the last record that is in the sink, or null where it has committed none yet.</param>
/// <param name="Next">The offset that is read next.</param>
public readonly record struct TopicWriterPartition(int Partition, long? Committed, long Next);

/// <summary>What a <see cref="TopicWriter{T}"/> does.</summary>
public enum TopicWriterState
{
    /// <summary>It was not started, or has ended.</summary>
    Stopped,

    /// <summary>It moves records.</summary>
    Running,

    /// <summary>Something stands in its way; it tries again.</summary>
    Retrying,
}
