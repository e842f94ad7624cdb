using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Log;

namespace Tarn.Streams;

/// <summary>Where in a partition a sink goes on.</summary>
internal static class SinkStart
{
    /// <summary>The offset to read next.</summary>
    /// <param name="log">Where skipping is told.</param>
    /// <param name="topic">The topic's name.</param>
    /// <param name="sink">The sink's name.</param>
    /// <param name="partition">The partition as it is.</param>
    /// <param name="committed">What the sink has committed of it; null for nothing.</param>
    /// <param name="skipRemoved">Whether it goes on after what retention removed.</param>
    /// <exception cref="TarnException">Conflict: records that it has not read are gone, or it is further than the topic.</exception>
    public static long Next(ILogger log, string topic, string sink, PartitionDescription partition, long? committed, bool skipRemoved)
    {
        if (committed > partition.High)
        {
            throw TarnException.Conflict(
                FormattableString.Invariant($"A sink is never further than its topic, which ends at offset {partition.High} of partition {partition.Partition}."),
                FormattableString.Invariant($"{sink} has committed {committed} of {topic}"),
                "The topic's directory was replaced or lost its end: restore it, or give the sink's table a topic of another name.");
        }

        if (committed is not { } offset || offset >= partition.Low)
        {
            return committed ?? partition.Low;
        }

        if (!skipRemoved)
        {
            throw TarnException.Conflict(
                FormattableString.Invariant($"Retention removed records that the sink has not read: offsets {offset} to {partition.Low - 1} of partition {partition.Partition}."),
                FormattableString.Invariant($"{sink} of {topic}"),
                "Fetch the interval again at its source, then drain with SkipRemoved; and keep the topic longer (RetentionTime, RetentionBytes).");
        }

        StreamEvents.Skipped(log, sink, topic, partition.Partition, offset, partition.Low);
        return partition.Low;
    }
}
