using System.Text.Json;

namespace Tarn;

/// <summary>A topic.</summary>
internal sealed record TopicView(
    string Name,
    IReadOnlyList<PartitionView> Partitions,
    long Records,
    long Bytes,
    string? Retention,
    IReadOnlyList<GroupView> Groups);

/// <summary>A partition of a topic.</summary>
internal sealed record PartitionView(int Partition, long Low, long High, long Bytes, DateTimeOffset? LastTimestamp);

/// <summary>How far a consumer group came in a partition.</summary>
internal sealed record GroupView(string Group, int Partition, long Committed, long Lag);

/// <summary>A record of a topic; a value that is JSON stands as such, any other as base64 with <c>valueEncoding</c>.</summary>
internal sealed record RecordView(
    int Partition,
    long Offset,
    DateTimeOffset Timestamp,
    string? Key,
    JsonElement? Value,
    string? ValueEncoding,
    IReadOnlyDictionary<string, string> Headers);

/// <summary>A record to append: one line of the request's body.</summary>
/// <param name="Key">What the record is about.</param>
/// <param name="Value">Any JSON; null or absent is a tombstone.</param>
/// <param name="Headers">Texts by name.</param>
internal sealed record ProduceLine(string? Key, JsonElement? Value, IReadOnlyDictionary<string, string>? Headers);

/// <summary>Where appended records landed, in the order given.</summary>
internal sealed record ProducedView(IReadOnlyList<ProducedOffset> Offsets);

/// <summary>Where one record landed.</summary>
internal sealed record ProducedOffset(int Partition, long Offset);
