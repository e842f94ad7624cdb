using System.Globalization;
using System.Text;
using Tarn.Log;

namespace Tarn.Serving;

/// <summary>
/// Which records of a journal are in its topic: each carries the header <c>journal-position</c>, the journal's id and the position, as <c>0196…/1073742000</c>. Per partition, for an
/// append that ended half-way has come to some partitions and not to others.
/// </summary>
internal sealed class TopicProgress
{
    private const string Header = "journal-position";
    private const int FirstLook = 16;
    private readonly long[] _greatest;

    private TopicProgress(TopicDescription topic) => (Topic, _greatest) = (topic, [.. topic.Partitions.Select(static _ => -1L)]);

    /// <summary>The topic.</summary>
    public TopicDescription Topic { get; }

    /// <summary>Reads it from the ends of the partitions.</summary>
    public static async Task<TopicProgress> ReadAsync(TopicLog log, string topic, Guid journal, CancellationToken cancellation)
    {
        var description = await log.DescribeTopicAsync(topic, cancellation).ConfigureAwait(false);
        var progress = new TopicProgress(description);
        var prefix = Prefix(journal);
        foreach (var partition in description.Partitions)
        {
            progress._greatest[partition.Partition] = await LastAsync(log, topic, partition, prefix, cancellation).ConfigureAwait(false);
        }

        return progress;
    }

    /// <summary>Whether a record is in the topic.</summary>
    public bool Has(int partition, long position) => position <= _greatest[partition];

    /// <summary>The header of a record.</summary>
    public static RecordHeader HeaderOf(Guid journal, long position) => new(Header, Encoding.UTF8.GetBytes(Prefix(journal) + position.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Looks from the end backwards, further each time, until a record of the journal shows: others may write to the topic, too.</summary>
    private static async Task<long> LastAsync(TopicLog log, string topic, PartitionDescription partition, string prefix, CancellationToken cancellation)
    {
        for (long end = partition.High, look = FirstLook; end > partition.Low; look *= 4)
        {
            var start = Math.Max(partition.Low, end - look);
            var last = -1L;
            for (var offset = start; offset < end;)
            {
                foreach (var record in await log.ReadAsync(topic, partition.Partition, offset, ReadLimits.Default, cancellation).ConfigureAwait(false))
                {
                    last = record.Offset < end && PositionOf(record, prefix) is >= 0 and var position ? position : last;
                    offset = record.Offset + 1;
                }
            }

            if (last >= 0)
            {
                return last;
            }

            end = start;
        }

        return -1;
    }

    private static long PositionOf(TopicRecord record, string prefix)
    {
        foreach (var header in record.Headers)
        {
            if (header.Name == Header && Encoding.UTF8.GetString(header.Value.Span) is var value && value.StartsWith(prefix, StringComparison.Ordinal)
                && long.TryParse(value.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var position))
            {
                return position;
            }
        }

        return -1;
    }

    private static string Prefix(Guid journal) => journal.ToString("n") + "/";
}
