using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Log;
using Xunit;

namespace Tarn.Streams.Tests;

/// <summary>What the runner does where topic and sink do not fit together.</summary>
public sealed class SinkRunnerTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _time = new();
    private readonly SinkRunner _runner = new(NullLoggerFactory.Instance);
    private readonly SegmentTopicLog _log;
    private readonly Lake.Lake _lake;

    public SinkRunnerTests()
    {
        _log = new SegmentTopicLog(_directory.Combine("log"), _time, NullLoggerFactory.Instance);
        _lake = new Lake.Lake(
            new LocalObjectStore(_directory.Combine("lake"), new LocalStoreOptions { Durable = false }), null, _time, IdSource.CreateSeeded(_time, 1), NullLoggerFactory.Instance);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _log.DisposeAsync();
        await _lake.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Records_that_retention_removed_unread_are_an_error_until_told_to_skip_them()
    {
        var (topic, sink) = await MakeAsync();
        await topic.ProduceAsync(Events(0, 100), cancellation: Cancellation);
        await _runner.DrainAsync(topic, sink, cancellation: Cancellation);
        await topic.ProduceAsync(Events(100, 200), cancellation: Cancellation);
        _time.Advance(TimeSpan.FromHours(2));
        await _log.RetainAsync(Cancellation);
        await topic.ProduceAsync(Events(300, 5), cancellation: Cancellation);
        Assert.Equal(300, (await _log.DescribeTopicAsync("events", Cancellation)).Partitions[0].Low);

        var error = await Assert.ThrowsAsync<TarnException>(() => _runner.DrainAsync(topic, sink, cancellation: Cancellation));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
        Assert.Contains("100 to 299", error.Message, StringComparison.Ordinal);

        Assert.Equal(5, (await _runner.DrainAsync(topic, sink, new SinkLimits { SkipRemoved = true }, Cancellation)).Records);
        Assert.Equal(305, await sink.CommittedOffsetAsync("events", 0, Cancellation));
    }

    [Fact]
    public async Task A_new_sink_begins_with_what_is_still_there()
    {
        var (topic, sink) = await MakeAsync();
        await topic.ProduceAsync(Events(0, 100), cancellation: Cancellation);
        _time.Advance(TimeSpan.FromHours(2));
        await _log.RetainAsync(Cancellation);
        await topic.ProduceAsync(Events(100, 7), cancellation: Cancellation);
        Assert.Equal(7, (await _runner.DrainAsync(topic, sink, cancellation: Cancellation)).Records);
    }

    [Fact]
    public async Task A_sink_that_is_further_than_its_topic_is_an_error()
    {
        var (topic, sink) = await MakeAsync();
        await topic.ProduceAsync(Events(0, 10), cancellation: Cancellation);
        await _runner.DrainAsync(topic, sink, cancellation: Cancellation);
        await using var other = new SegmentTopicLog(_directory.Combine("other"), _time, NullLoggerFactory.Instance);
        var replaced = new Topic<SinkEvent>(other, "events", static e => e.Id);
        await replaced.EnsureAsync(cancellation: Cancellation);
        var error = await Assert.ThrowsAsync<TarnException>(() => _runner.DrainAsync(replaced, sink, cancellation: Cancellation));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
    }

    [Fact]
    public async Task A_producer_cannot_set_a_sinks_own_progress()
    {
        var (topic, sink) = await MakeAsync();
        var options = new ProduceOptions<SinkEvent> { Transactions = new Dictionary<string, long> { ["events/0"] = 1000 } };
        await topic.ProduceAsync(Events(0, 3), options, Cancellation);
        await _runner.DrainAsync(topic, sink, cancellation: Cancellation);
        Assert.Equal(3, await sink.CommittedOffsetAsync("events", 0, Cancellation));
    }

    [Theory]
    [InlineData(0, 1 << 20)]
    [InlineData(10, 10)]
    public async Task Limits_out_of_range_are_refused(int records, int bytes)
    {
        var (topic, sink) = await MakeAsync();
        var limits = new SinkLimits { MaxRecords = records, MaxBytes = bytes };
        Assert.Equal(ErrorKind.InvalidInput, (await Assert.ThrowsAsync<TarnException>(() => _runner.DrainAsync(topic, sink, limits, Cancellation))).Kind);
    }

    [Theory]
    [InlineData("earthquakes", "bronze.earthquakes_quarantine")]
    [InlineData("pizza.public.Orders", "bronze.pizza_public_orders_quarantine")]
    [InlineData("7-up", "bronze.t7_up_quarantine")]
    public void A_topics_quarantine_has_a_name_that_a_table_can_have(string topic, string table) =>
        Assert.Equal(table, QuarantineTable.ForTopic(_lake, topic).Table.Name);

    private static IEnumerable<SinkEvent> Events(int first, int count) => Enumerable.Range(first, count).Select(static i => new SinkEvent($"e{i}", i, "x"));

    private async Task<(Topic<SinkEvent> Topic, RecordSink<SinkEvent> Sink)> MakeAsync()
    {
        var topic = new Topic<SinkEvent>(_log, "events", static e => e.Id);
        await topic.EnsureAsync(new TopicOptions { RetentionTime = TimeSpan.FromHours(1), SegmentAge = TimeSpan.FromMinutes(1) }, Cancellation);
        var table = await _lake.EnsureTableAsync(new TableDefinition("bronze.events", RowMapping<SinkEvent>.Instance.Schema), Cancellation);
        return (topic, new LakeSink<SinkEvent, SinkEvent>(table, static (_, e) => e, QuarantineTable.ForTopic(_lake, "events")));
    }
}
