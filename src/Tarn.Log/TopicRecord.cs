namespace Tarn.Log;

/// <summary>A record as the log holds it. Its memory is its own: it stays valid for as long as the record is referenced.</summary>
public sealed class TopicRecord
{
    /// <summary>Makes a record; for implementations of <see cref="TopicLog"/> and for tests.</summary>
    public TopicRecord(
        string topic,
        int partition,
        long offset,
        DateTimeOffset timestamp,
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte>? value,
        IReadOnlyList<RecordHeader>? headers = null)
    {
        Topic = topic;
        Partition = partition;
        Offset = offset;
        Timestamp = timestamp;
        Key = key;
        Value = value;
        Headers = headers ?? [];
    }

    /// <summary>The topic.</summary>
    public string Topic { get; }

    /// <summary>The partition, from 0.</summary>
    public int Partition { get; }

    /// <summary>The position in the partition: offsets start at 0 and have no gaps.</summary>
    public long Offset { get; }

    /// <summary>When it happened, as the producer said, else when it was appended; UTC, whole milliseconds.</summary>
    public DateTimeOffset Timestamp { get; }

    /// <summary>The key; empty means none.</summary>
    public ReadOnlyMemory<byte> Key { get; }

    /// <summary>The payload; null for a tombstone.</summary>
    public ReadOnlyMemory<byte>? Value { get; }

    /// <summary>The headers in the order in which they were given; never null.</summary>
    public IReadOnlyList<RecordHeader> Headers { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Topic}/{Partition}@{Offset}";
}
