using Tarn.Log;

namespace Tarn.Streams;

/// <summary>Makes a sink's batch of records: values, those that cannot be read, and the transactions that travel in headers.</summary>
internal static class BatchDecoder
{
    /// <param name="topic">The topic, which knows how to read a value.</param>
    /// <param name="records">Successive records of one partition, at least one.</param>
    public static SinkBatch<T> Decode<T>(Topic<T> topic, IReadOnlyList<TopicRecord> records)
    {
        var values = new List<SinkRecord<T>>(records.Count);
        var quarantined = new List<QuarantinedRecord>();
        var transactions = new Dictionary<string, long>(StringComparer.Ordinal);
        var progress = SinkProgress.ApplicationId(topic.Name, records[0].Partition);
        foreach (var record in records)
        {
            if (topic.TryDecode(record, out var value, out var reason))
            {
                values.Add(new SinkRecord<T>(record, value));
            }
            else
            {
                quarantined.Add(new QuarantinedRecord(record, reason));
            }

            foreach (var header in record.Headers)
            {
                if (TransactionHeader.TryRead(header, out var application, out var version)
                    && application != progress // The sink's own progress is not for a producer to set.
                    && (!transactions.TryGetValue(application, out var known) || known < version))
                {
                    transactions[application] = version;
                }
            }
        }

        return new SinkBatch<T>
        {
            Topic = topic.Name,
            Partition = records[0].Partition,
            FirstOffset = records[0].Offset,
            NextOffset = records[^1].Offset + 1,
            Records = values,
            Quarantined = quarantined,
            Transactions = transactions,
        };
    }
}
