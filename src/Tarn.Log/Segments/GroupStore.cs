using System.Buffers.Binary;
using System.Text;

namespace Tarn.Log;

/// <summary>
/// The consumer groups' committed offsets: a partition of the log's own, in the directory <c>_groups</c>, whose key is group, topic and partition
/// and whose value is the offset; the last record of a key counts. Older ones are compacted away.
/// </summary>
internal sealed class GroupStore(LogContext context, string directory)
{
    private const long CompactAbove = 1 << 20;
    private readonly Lock _gate = new();
    private readonly Partition _journal = new TopicState(
        context, "_groups", directory, new TopicOptions { RetentionTime = null, SegmentAge = TimeSpan.FromDays(365_000) }).Partitions[0];

    private Dictionary<(string Group, string Topic, int Partition), (long At, GroupOffset Value)>? _groups;
    private long _compactAbove = CompactAbove;

    public async Task CommitAsync(GroupOffset commit)
    {
        Load();
        var key = Encoding.UTF8.GetBytes(FormattableString.Invariant($"{commit.Group}\n{commit.Topic}\n{commit.Partition}"));
        var value = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(value, commit.Offset);
        var at = await _journal.AppendAsync([new NewRecord(key, value, commit.CommittedAt)]).ConfigureAwait(false);
        Keep(at, commit);
        if (_journal.View.Bytes > Volatile.Read(ref _compactAbove))
        {
            Volatile.Write(ref _compactAbove, Math.Max(CompactAbove, 4 * _journal.Compact()));
        }
    }

    public long? Committed(string group, string topic, int partition)
    {
        lock (_gate)
        {
            return Load().TryGetValue((group, topic, partition), out var kept) ? kept.Value.Offset : null;
        }
    }

    public List<GroupOffset> List()
    {
        lock (_gate)
        {
            return [.. Load().Values.Select(static v => v.Value)
                .OrderBy(static v => v.Group, StringComparer.Ordinal).ThenBy(static v => v.Topic, StringComparer.Ordinal).ThenBy(static v => v.Partition)];
        }
    }

    public void Dispose() => _journal.Dispose();

    private Dictionary<(string Group, string Topic, int Partition), (long At, GroupOffset Value)> Load()
    {
        lock (_gate)
        {
            if (_groups is not null)
            {
                return _groups;
            }

            var groups = new Dictionary<(string Group, string Topic, int Partition), (long At, GroupOffset Value)>();
            var next = _journal.View.Low;
            while (_journal.Read(next, ReadLimits.Default, CancellationToken.None) is { Count: > 0 } records)
            {
                foreach (var record in records)
                {
                    var key = Encoding.UTF8.GetString(record.Key.Span).Split('\n');
                    var partition = int.Parse(key[2], System.Globalization.CultureInfo.InvariantCulture);
                    var offset = BinaryPrimitives.ReadInt64LittleEndian(record.Value!.Value.Span);
                    groups[(key[0], key[1], partition)] = (record.Offset, new GroupOffset(key[0], key[1], partition, offset, record.Timestamp));
                    next = record.Offset + 1;
                }
            }

            return _groups = groups;
        }
    }

    private void Keep(long at, GroupOffset commit)
    {
        lock (_gate)
        {
            // Two commits of one group may be acknowledged in another order than they were written; the later written one counts.
            var key = (commit.Group, commit.Topic, commit.Partition);
            if (!_groups!.TryGetValue(key, out var kept) || kept.At < at)
            {
                _groups[key] = (at, commit);
            }
        }
    }
}
