using Tarn.Core;

namespace Tarn.Log;

/// <summary>Decides which records of an append go where, before any is written.</summary>
internal static class RecordRouting
{
    /// <summary>
    /// The partitions to write, in order, each with the places of its records (null: all of them); that of the last record comes last.
    /// </summary>
    public static List<(int Partition, List<int>? Places)> Route(TopicState topic, IReadOnlyList<NewRecord> records, ref uint turn)
    {
        var options = topic.Options;
        int? keyless = null;
        var single = -1;
        Dictionary<int, List<int>>? split = null;
        for (var i = 0; i < records.Count; i++)
        {
            var record = records[i];
            var length = RecordFrame.Measure(record);
            if (length > options.MaxRecordBytes)
            {
                throw TarnException.InvalidInput(
                    FormattableString.Invariant($"A record of topic {topic.Name} has at most {options.MaxRecordBytes} bytes, headers and a frame of {RecordFrame.Overhead} bytes included."),
                    FormattableString.Invariant($"record {i} of the append has {length} bytes"),
                    "Raise the topic's MaxRecordBytes (64 MiB at most), or keep the payload elsewhere and send its address.");
            }

            RequireHeaderNames(record, i);
            var partition = PartitionOf(topic, options.Partitions, record, ref keyless, ref turn);
            if (i == 0)
            {
                single = partition;
            }
            else if (split is null && partition != single)
            {
                split = new Dictionary<int, List<int>> { [single] = [.. Enumerable.Range(0, i)] };
            }

            if (split is not null)
            {
                (split.TryGetValue(partition, out var places) ? places : split[partition] = []).Add(i);
            }
        }

        return split is null ? [(single, null)] : [.. split.OrderBy(p => p.Value[^1]).Select(static p => (p.Key, (List<int>?)p.Value))];
    }

    private static int PartitionOf(TopicState topic, int partitions, NewRecord record, ref int? keyless, ref uint turn)
    {
        if (record.Partition is { } given)
        {
            topic.Require(given);
            return given;
        }

        return record.Key.Length > 0
            ? KeyPartitioner.PartitionOf(record.Key.Span, partitions)
            : keyless ??= (int)((Interlocked.Increment(ref turn) - 1) % (uint)partitions);
    }

    private static void RequireHeaderNames(NewRecord record, int place)
    {
        if (record.Headers is { Count: > 0 } headers)
        {
            for (var i = 0; i < headers.Count; i++)
            {
                if (headers[i].Name.Length > ushort.MaxValue / 3)
                {
                    throw TarnException.InvalidInput(
                        "A header's name has at most 21,845 characters.", FormattableString.Invariant($"header {i} of record {place}"));
                }
            }
        }
    }
}
