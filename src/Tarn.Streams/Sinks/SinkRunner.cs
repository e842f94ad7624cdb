using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Log;

namespace Tarn.Streams;

/// <summary>Moves records from topics into sinks. Holds no state: progress is the sink's own commit.</summary>
/// <param name="logs">Where it writes its log lines.</param>
public sealed class SinkRunner(ILoggerFactory logs)
{
    private readonly ILogger _log = logs.CreateLogger<SinkRunner>();

    /// <summary>
    /// Moves what is in the topic at this moment, from the sink's committed offsets on, in batches, partition by partition. Cancelled or failed in between,
    /// it has moved whole batches; called again, it goes on where the sink is.
    /// </summary>
    /// <param name="topic">Where from.</param>
    /// <param name="sink">Where to.</param>
    /// <param name="limits">How much goes into one batch; null means the defaults.</param>
    /// <param name="cancellation">Ends the drain between two batches, or within one, which is then not written.</param>
    /// <exception cref="TarnException">
    /// Conflict: retention removed records that the sink has not read, or the sink is further than the topic reaches. And what topic and sink throw.
    /// </exception>
    public async Task<DrainResult> DrainAsync<T>(
        Topic<T> topic, RecordSink<T> sink, SinkLimits? limits = null, CancellationToken cancellation = default)
    {
        limits ??= new SinkLimits();
        limits.Validate();
        var total = new DrainResult(0, 0, 0);
        foreach (var partition in (await topic.Log.DescribeTopicAsync(topic.Name, cancellation).ConfigureAwait(false)).Partitions)
        {
            var committed = await sink.CommittedOffsetAsync(topic.Name, partition.Partition, cancellation).ConfigureAwait(false);
            var next = SinkStart.Next(_log, topic.Name, sink.Name, partition, committed, limits.SkipRemoved);
            var skips = next > committed;
            while (next < partition.High)
            {
                var read = new ReadLimits((int)Math.Min(limits.MaxRecords, partition.High - next), limits.MaxBytes);
                var records = await topic.Log.ReadAsync(topic.Name, partition.Partition, next, read, cancellation).ConfigureAwait(false);
                var batch = BatchDecoder.Decode(topic, records) with { SkipsGap = skips };
                foreach (var quarantined in batch.Quarantined)
                {
                    StreamEvents.Quarantined(_log, topic.Name, quarantined.Record.Partition, quarantined.Record.Offset, quarantined.Reason);
                }

                var result = await sink.WriteAsync(batch, cancellation).ConfigureAwait(false);
                StreamEvents.Written(_log, sink.Name, topic.Name, partition.Partition, batch.FirstOffset, batch.NextOffset, result.Records);
                total = total.Plus(result);
                next = batch.NextOffset;
                skips = false;
            }
        }

        return total;
    }
}
