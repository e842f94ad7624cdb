using Tarn.Core;
using Tarn.Log;

namespace Tarn.Streams;

/// <summary>A record and the value that it holds.</summary>
/// <param name="Record">The record: its offset, timestamp, headers and bytes.</param>
/// <param name="Value">Its decoded value.</param>
/// <typeparam name="T">The type of the value.</typeparam>
public readonly record struct SinkRecord<T>(TopicRecord Record, T Value);

/// <summary>A record whose value could not be read.</summary>
/// <param name="Record">The record as it came.</param>
/// <param name="Reason">Why it could not be read, as a sentence.</param>
public sealed record QuarantinedRecord(TopicRecord Record, string Reason);

/// <summary>A run of successive offsets of one partition, on its way into a sink.</summary>
/// <typeparam name="T">The type of the values.</typeparam>
public sealed record SinkBatch<T>
{
    /// <summary>The topic.</summary>
    public required string Topic { get; init; }

    /// <summary>The partition.</summary>
    public required int Partition { get; init; }

    /// <summary>The offset of the first record that the batch covers.</summary>
    public required long FirstOffset { get; init; }

    /// <summary>The offset after the last record that the batch covers: what the sink commits.</summary>
    public required long NextOffset { get; init; }

    /// <summary>The records that could be read, in order of offset.</summary>
    public required IReadOnlyList<SinkRecord<T>> Records { get; init; }

    /// <summary>The records that could not be read, in order of offset; kept by the sink with their reasons.</summary>
    public IReadOnlyList<QuarantinedRecord> Quarantined { get; init; } = [];

    /// <summary>
    /// Application transactions that the records carried in headers (<see cref="TransactionHeader"/>), the greatest version of each id.
    /// Committed with the rows; one that does not exceed what the sink has is left out, and never keeps the rows from being written.
    /// </summary>
    public IReadOnlyDictionary<string, long> Transactions { get; init; } = new Dictionary<string, long>();

    /// <summary>
    /// Whether the batch may begin after the committed offset, because retention removed the records between and the reader was told to go on
    /// (<see cref="SinkLimits.SkipRemoved"/>). Default false.
    /// </summary>
    public bool SkipsGap { get; init; }

    /// <summary>The name under which a sink keeps its progress in the partition: <c>topic/partition</c>.</summary>
    public string ApplicationId => SinkProgress.ApplicationId(Topic, Partition);

    /// <summary>The part of the batch at or after an offset: what is left to do where a sink has committed that far.</summary>
    public SinkBatch<T> From(long offset) => offset <= FirstOffset
        ? this
        : this with
        {
            FirstOffset = Math.Min(offset, NextOffset),
            Records = [.. Records.Where(r => r.Record.Offset >= offset)],
            Quarantined = [.. Quarantined.Where(q => q.Record.Offset >= offset)],
        };

    /// <summary>The part of the batch before an offset. What the records carry in headers stays with the rest.</summary>
    internal SinkBatch<T> Before(long offset) => this with
    {
        NextOffset = offset,
        Records = [.. Records.Where(r => r.Record.Offset < offset)],
        Quarantined = [.. Quarantined.Where(q => q.Record.Offset < offset)],
        Transactions = new Dictionary<string, long>(),
    };

    /// <summary>Refuses a batch that begins after what a sink has committed: the records between would be lost.</summary>
    /// <param name="sink">The sink's name.</param>
    /// <param name="committed">The offset that it has committed; null for a sink that begins.</param>
    /// <exception cref="TarnException">Conflict: there is a gap.</exception>
    public void RequireNoGap(string sink, long? committed)
    {
        if (FirstOffset > committed && !SkipsGap)
        {
            throw TarnException.Conflict(
                FormattableString.Invariant($"A batch begins at or before the offset that its sink has committed, {committed}."),
                FormattableString.Invariant($"{sink}: {ApplicationId} from {FirstOffset}"),
                "Read the topic from the committed offset on.");
        }
    }
}

/// <summary>How a sink names its progress.</summary>
public static class SinkProgress
{
    /// <summary>The application id of a partition's progress, <c>topic/partition</c>; its version is the offset to read next.</summary>
    public static string ApplicationId(string topic, int partition) => FormattableString.Invariant($"{topic}/{partition}");
}
