using System.Text;
using Tarn.Core;
using Xunit;

namespace Tarn.Log.Tests;

public sealed class TopicTests : IDisposable
{
    private readonly LogDirectory _directory = new();

    private sealed record Reading(string Sensor, double? Value);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Values_come_back_as_they_went()
    {
        await using var log = _directory.Open();
        var topic = await MakeAsync(log);
        await topic.ProduceAsync([new Reading("a", 1.25), new Reading("b", null)], new ProduceOptions<Reading> { Timestamp = static _ => DateTimeOffset.UnixEpoch }, Cancellation);
        var records = await log.ReadAsync(topic.Name, 0, 0, ReadLimits.Default, Cancellation);
        Assert.Equal([new Reading("a", 1.25), new Reading("b", null)], records.Select(topic.Decode));
        Assert.Equal("a", Encoding.UTF8.GetString(records[0].Key.Span));
        Assert.All(records, static r => Assert.Equal(DateTimeOffset.UnixEpoch, r.Timestamp));
    }

    [Fact]
    public async Task What_cannot_be_read_has_a_reason()
    {
        await using var log = _directory.Open();
        var topic = await MakeAsync(log);
        await log.AppendAsync(topic.Name, [new NewRecord(default, null), Raw("{"), Raw("null"), Raw("[]"), Raw("{\"value\":\"x\"}")], Cancellation);
        foreach (var record in await log.ReadAsync(topic.Name, 0, 0, ReadLimits.Default, Cancellation))
        {
            Assert.False(topic.TryDecode(record, out _, out var reason));
            Assert.NotEmpty(reason);
            Assert.Equal(ErrorKind.InvalidInput, Assert.Throws<TarnException>(() => topic.Decode(record)).Kind);
        }
    }

    [Fact]
    public async Task Transactions_travel_on_the_last_record_whose_partition_is_written_last()
    {
        await using var log = _directory.Open();
        var topic = await MakeAsync(log, partitions: 4);
        var written = new List<int>();
        log.Appended += a =>
        {
            lock (written)
            {
                written.Add(a.Partition);
            }
        };
        var values = Enumerable.Range(0, 40).Select(static i => new Reading($"sensor {i}", i)).ToList();
        var offsets = await topic.ProduceAsync(
            values, new ProduceOptions<Reading> { Transactions = new Dictionary<string, long> { ["usgs/updatedafter"] = 1_537_000_000_000 } }, Cancellation);
        Assert.Equal(offsets[^1].Partition, written[^1]);
        for (var i = 0; i < values.Count; i++)
        {
            var record = (await log.ReadAsync(topic.Name, offsets[i].Partition, offsets[i].Offset, new ReadLimits(1), Cancellation))[0];
            Assert.Equal(i == values.Count - 1 ? 1 : 0, record.Headers.Count);
            if (record.Headers.Count == 1)
            {
                Assert.True(TransactionHeader.TryRead(record.Headers[0], out var application, out var version));
                Assert.Equal(("usgs/updatedafter", 1_537_000_000_000), (application, version));
            }
        }

        var error = await Assert.ThrowsAsync<TarnException>(
            () => topic.ProduceAsync([], new ProduceOptions<Reading> { Transactions = new Dictionary<string, long> { ["a"] = 1 } }, Cancellation));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
    }

    [Theory]
    [InlineData("txn:", "1", false)]
    [InlineData("txn:a", "-1", false)]
    [InlineData("txn:a", "1.5", false)]
    [InlineData("txn:a", "", false)]
    [InlineData("other", "1", false)]
    [InlineData("txn:a", "9223372036854775807", true)]
    public void Only_a_transaction_header_is_read_as_one(string name, string value, bool valid) =>
        Assert.Equal(valid, TransactionHeader.TryRead(new RecordHeader(name, Encoding.UTF8.GetBytes(value)), out _, out _));

    [Fact]
    public async Task Consuming_follows_the_topic_until_cancelled()
    {
        await using var log = _directory.Open();
        var topic = await MakeAsync(log);
        await topic.ProduceAsync([new Reading("a", 0)], cancellation: Cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var seen = new List<double?>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var record in topic.ConsumeAsync(0, cancellation: stop.Token))
            {
                seen.Add(topic.Decode(record).Value);
                if (seen.Count == 5)
                {
                    await stop.CancelAsync();
                }
                else
                {
                    await topic.ProduceAsync([new Reading("a", seen.Count)], cancellation: Cancellation);
                }
            }
        });
        Assert.Equal([0, 1, 2, 3, 4], seen);
    }

    [Fact]
    public void Options_report_all_their_faults_at_once()
    {
        var error = Assert.Throws<TarnException>(() => new TopicOptions
        {
            Partitions = 0,
            RetentionTime = TimeSpan.Zero,
            RetentionBytes = 0,
            SegmentBytes = 1,
            SegmentAge = TimeSpan.Zero,
            MaxRecordBytes = 1,
        }.Validate());
        Assert.All(["Partitions", "RetentionTime", "RetentionBytes", "SegmentBytes", "SegmentAge", "MaxRecordBytes"], name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
        new TopicOptions().Validate();
    }

    [Theory]
    [InlineData("each-append")]
    [InlineData("none")]
    [InlineData("00:00:01")]
    [InlineData("00:00:00.2500000")]
    public void A_flush_policy_is_read_as_it_is_written(string text) => Assert.Equal(text, FlushPolicy.Parse(text).ToString());

    [Theory]
    [InlineData("sometimes")]
    [InlineData("00:00:00.0001")]
    [InlineData("02:00:00")]
    public void Other_flush_policies_are_refused(string text) => Assert.Throws<TarnException>(() => FlushPolicy.Parse(text));

    private static NewRecord Raw(string json) => new(default, Encoding.UTF8.GetBytes(json));

    private static async Task<Topic<Reading>> MakeAsync(TopicLog log, int partitions = 1)
    {
        var topic = new Topic<Reading>(log, "readings", static r => r.Sensor);
        await topic.EnsureAsync(new TopicOptions { Partitions = partitions }, Cancellation);
        return topic;
    }
}
