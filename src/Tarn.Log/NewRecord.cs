namespace Tarn.Log;

/// <summary>A record to be appended.</summary>
/// <param name="Key">
/// Names what the record is about: records of one key land in one partition (Kafka's default partitioner, murmur2), in order.
/// An empty key means none; such records go to the partitions in turn, all those of one append together.
/// </param>
/// <param name="Value">The payload; null is a tombstone (what the key names is gone), which is not the same as empty.</param>
/// <param name="Timestamp">When it happened, kept in whole milliseconds; null means the time of the append.</param>
/// <param name="Headers">Named values beside the payload; null means none.</param>
/// <param name="Partition">Sends the record to this partition whatever its key; null lets the key decide.</param>
public sealed record NewRecord(
    ReadOnlyMemory<byte> Key,
    ReadOnlyMemory<byte>? Value,
    DateTimeOffset? Timestamp = null,
    IReadOnlyList<RecordHeader>? Headers = null,
    int? Partition = null);
