using System.Text;
using Tarn.Core;
using Xunit;

namespace Tarn.Log.Tests;

/// <summary>Random operations, restarts and retention against the simplest possible log: a list. A failure names its seed.</summary>
public sealed class ReferenceModelTests : IDisposable
{
    private const int Partitions = 3;
    private readonly LogDirectory _directory = new();
    private readonly List<(long Timestamp, string Key, string? Value, int Headers, DateTimeOffset AppendedAt)>[] _model = [[], [], []];
    private readonly Dictionary<(string Group, int Partition), long> _groups = [];
    private readonly long[] _low = new long[Partitions];
    private Random _random = new(0);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task The_log_is_a_list(int seed)
    {
        _random = new Random(seed);
        var options = new TopicOptions
        {
            Partitions = Partitions,
            SegmentBytes = 64 << 10,
            SegmentAge = TimeSpan.FromHours(2),
            RetentionTime = TimeSpan.FromHours(12),
            RetentionBytes = seed % 2 == 0 ? 300 << 10 : null,
            Flush = seed % 3 == 0 ? FlushPolicy.EachAppend : seed % 3 == 1 ? FlushPolicy.None : FlushPolicy.Every(TimeSpan.FromSeconds(1)),
        };
        for (var life = 0; life < 5; life++)
        {
            await using var log = _directory.Open(maxOpenFiles: 8);
            await log.CreateTopicAsync("events", options, Cancellation);
            for (var step = 0; step < 110; step++)
            {
                await (_random.Next(10) switch
                {
                    < 4 => AppendAsync(log),
                    4 or 5 => ReadAsync(log),
                    6 => SeekAsync(log),
                    7 => CommitAsync(log),
                    8 => PassTimeAsync(log, options),
                    _ => DescribeAsync(log),
                });
            }

            await ReadEverythingAsync(log);
        }

        Assert.All(_low, static low => Assert.True(low > 0, "The run was long enough for retention to remove something."));
    }

    private async Task AppendAsync(SegmentTopicLog log)
    {
        var records = new List<NewRecord>();
        var expected = new long[Partitions];
        for (var i = _random.Next(1, 30); i > 0; i--)
        {
            var key = $"key {_random.Next(20)}";
            var value = _random.Next(10) == 0 ? null : new string((char)('a' + _random.Next(26)), _random.Next(3000));
            var timestamp = _directory.Time.GetUtcNow().AddSeconds(_random.Next(-5000, 5000));
            var headers = Enumerable.Range(0, _random.Next(3)).Select(h => new RecordHeader($"h{h}", new byte[h * 5])).ToList();
            records.Add(new NewRecord(Bytes(key), value is null ? default(ReadOnlyMemory<byte>?) : Bytes(value), timestamp, headers));
            var partition = KeyPartitioner.PartitionOf(Bytes(key), Partitions);
            _model[partition].Add((timestamp.ToUnixTimeMilliseconds(), key, value, headers.Count, _directory.Time.GetUtcNow()));
            expected[partition]++;
        }

        var offsets = await log.AppendAsync("events", records, Cancellation);
        for (var p = 0; p < Partitions; p++)
        {
            Assert.Equal(
                Enumerable.Range(0, (int)expected[p]).Select(i => _model[p].Count - expected[p] + i),
                offsets.Where(o => o.Partition == p).Select(static o => o.Offset));
        }
    }

    private async Task ReadAsync(SegmentTopicLog log)
    {
        var p = _random.Next(Partitions);
        var offset = _random.NextInt64(_low[p], _model[p].Count + 1);
        var limits = new ReadLimits(_random.Next(1, 200), _random.Next(1, 200_000));
        var records = await log.ReadAsync("events", p, offset, limits, Cancellation);
        Assert.Equal(offset == _model[p].Count, records.Count == 0);
        Assert.InRange(records.Count, 0, limits.MaxRecords);
        AssertEqual(p, offset, records);
    }

    private async Task SeekAsync(SegmentTopicLog log)
    {
        var p = _random.Next(Partitions);
        var time = _directory.Time.GetUtcNow().AddSeconds(_random.Next(-20_000, 6000)).AddTicks(_random.Next(20_000));
        var expected = _model[p].FindIndex((int)_low[p], r => DateTimeOffset.FromUnixTimeMilliseconds(r.Timestamp) >= time);
        Assert.Equal(expected < 0 ? _model[p].Count : expected, await log.OffsetForTimeAsync("events", p, time, Cancellation));
    }

    private async Task CommitAsync(SegmentTopicLog log)
    {
        var (group, p) = ($"group{_random.Next(3)}", _random.Next(Partitions));
        _groups[(group, p)] = _random.Next(1000);
        await log.CommitOffsetAsync(group, "events", p, _groups[(group, p)], Cancellation);
        Assert.Equal(
            _groups.OrderBy(static g => g.Key).Select(static g => (g.Key.Group, g.Key.Partition, g.Value)),
            (await log.ListGroupsAsync(Cancellation)).Select(static g => (g.Group, g.Partition, g.Offset)));
    }

    private async Task PassTimeAsync(SegmentTopicLog log, TopicOptions options)
    {
        _directory.Time.Advance(TimeSpan.FromMinutes(_random.Next(1, 40)));
        await log.RetainAsync(Cancellation);
        var topic = await log.DescribeTopicAsync("events", Cancellation);
        for (var p = 0; p < Partitions; p++)
        {
            var low = topic.Partitions[p].Low;
            Assert.True(low >= _low[p], "What was removed does not come back.");
            for (var offset = _low[p]; offset < low && options.RetentionBytes is null; offset++)
            {
                Assert.True(
                    _model[p][(int)offset].AppendedAt + options.RetentionTime <= _directory.Time.GetUtcNow(), $"{p}@{offset} was removed before its time.");
            }

            Assert.True(topic.Partitions[p].Bytes >= options.RetentionBytes || options.RetentionBytes is null || low == _low[p]);
            _low[p] = low;
            if (low > 0)
            {
                var error = await Assert.ThrowsAsync<TarnException>(() => log.ReadAsync("events", p, low - 1, ReadLimits.Default, Cancellation));
                Assert.Equal(ErrorKind.NotFound, error.Kind);
            }
        }
    }

    private async Task DescribeAsync(SegmentTopicLog log)
    {
        foreach (var partition in (await log.DescribeTopicAsync("events", Cancellation)).Partitions)
        {
            var model = _model[partition.Partition];
            Assert.Equal((_low[partition.Partition], model.Count), (partition.Low, partition.High));
            Assert.Equal(partition.Low == partition.High ? null : model[^1].Timestamp, partition.LastTimestamp?.ToUnixTimeMilliseconds());
        }
    }

    private async Task ReadEverythingAsync(SegmentTopicLog log)
    {
        for (var p = 0; p < Partitions; p++)
        {
            var next = _low[p];
            while (await log.ReadAsync("events", p, next, ReadLimits.Default, Cancellation) is { Count: > 0 } records)
            {
                AssertEqual(p, next, records);
                next += records.Count;
            }

            Assert.Equal(_model[p].Count, next);
        }
    }

    private void AssertEqual(int partition, long offset, IReadOnlyList<TopicRecord> records)
    {
        for (var i = 0; i < records.Count; i++)
        {
            var (expected, record) = (_model[partition][(int)offset + i], records[i]);
            Assert.Equal((partition, offset + i), (record.Partition, record.Offset));
            Assert.Equal(
                (expected.Timestamp, expected.Key, expected.Value, expected.Headers),
                (record.Timestamp.ToUnixTimeMilliseconds(), Text(record.Key), record.Value is { } value ? Text(value) : null, record.Headers.Count));
        }
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
