using Tarn.Log;

namespace Tarn.Streams;

/// <summary>What a <see cref="TopicWriter{T}"/> has read and not yet committed, and where it is in each partition.</summary>
internal sealed class PendingRecords<T>(Topic<T> topic, WriteTriggers triggers)
{
    /// <summary>The most records of one read: the triggers are looked at in between.</summary>
    private const int MostRead = 10_000;

    private readonly List<Position> _positions = [];
    private DateTimeOffset? _since;

    public long Records { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>The partitions and the offsets to read next.</summary>
    public IEnumerable<(int Partition, long Next)> Positions => _positions.Select(static p => (p.Partition, p.Next));

    /// <summary>Where it is, for people.</summary>
    public IReadOnlyList<TopicWriterPartition> Partitions => [.. _positions.Select(static p => new TopicWriterPartition(p.Partition, p.Committed, p.Next))];

    private bool IsFull => Records >= triggers.Records || Bytes >= triggers.Bytes;

    public void Start(int partition, long? committed, long next) => _positions.Add(new Position(partition, committed, next));

    /// <summary>Reads what is there, partition by partition, until there is enough; true where it stopped because there is.</summary>
    public async Task<bool> ReadAsync(TimeProvider time, CancellationToken cancellation)
    {
        foreach (var position in _positions)
        {
            while (!IsFull)
            {
                var limits = new ReadLimits((int)Math.Min(MostRead, triggers.Records - Records), (int)Math.Min(triggers.Bytes - Bytes, int.MaxValue));
                var records = await topic.Log.ReadAsync(topic.Name, position.Partition, position.Next, limits, cancellation).ConfigureAwait(false);
                if (records.Count == 0)
                {
                    break;
                }

                _since ??= time.GetUtcNow();
                position.Records.AddRange(records);
                position.Next = records[^1].Offset + 1;
                Records += records.Count;
                foreach (var record in records)
                {
                    Bytes += record.Key.Length + (record.Value?.Length ?? 0);
                }
            }
        }

        return IsFull;
    }

    /// <summary>Whether it is time to commit.</summary>
    public bool IsDue(TimeProvider time) => IsFull || DueIn(time) == TimeSpan.Zero;

    /// <summary>How long until what is pending is old enough; null where nothing is pending.</summary>
    public TimeSpan? DueIn(TimeProvider time)
    {
        if (_since is not { } since)
        {
            return null;
        }

        var left = since + triggers.Age - time.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>What is pending, a batch a partition.</summary>
    public IReadOnlyList<SinkBatch<T>> Batches() =>
    [
        .. _positions.Where(static p => p.Records.Count > 0).Select(p => BatchDecoder.Decode(topic, p.Records) with { SkipsGap = p.Records[0].Offset > p.Committed }),
    ];

    /// <summary>Forgets what was committed.</summary>
    public void Committed(IReadOnlyList<SinkBatch<T>> batches, IReadOnlyList<SinkResult> results)
    {
        for (var i = 0; i < batches.Count; i++)
        {
            var position = _positions.Single(p => p.Partition == batches[i].Partition);
            position.Committed = Math.Max(results[i].Committed, batches[i].NextOffset);
            position.Records.Clear();
        }

        (Records, Bytes, _since) = (0, 0, null);
    }

    private sealed class Position(int partition, long? committed, long next)
    {
        public int Partition { get; } = partition;

        public long? Committed { get; set; } = committed;

        public long Next { get; set; } = next;

        public List<TopicRecord> Records { get; } = [];
    }
}
