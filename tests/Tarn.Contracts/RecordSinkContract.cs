using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Tarn.Log;
using Tarn.Streams;
using Xunit;

namespace Tarn.Contracts;

/// <summary>What travels through the sinks of the suite: a version of something named by its id.</summary>
/// <param name="Id">The key.</param>
/// <param name="Version">In keyed targets the greatest one of an id wins. No two versions of one id differ in text alone.</param>
/// <param name="Text">The content.</param>
public sealed record SinkEvent(string Id, long Version, string Text);

/// <summary>A row of a target's quarantine.</summary>
public sealed record QuarantinedEvent(string Topic, int Partition, long Offset, string Reason, string? Raw);

/// <summary>
/// What every <see cref="RecordSink{T}"/> promises. An implementation's tests derive from it, once for each kind of target; a test's target starts empty.
/// </summary>
public abstract class RecordSinkContract : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SegmentTopicLog _log;
    private readonly SinkRunner _runner = new(NullLoggerFactory.Instance);

    /// <summary>Opens an empty topic log.</summary>
    protected RecordSinkContract() =>
        _log = new SegmentTopicLog(_directory.Combine("log"), new ManualTimeProvider(), NullLoggerFactory.Instance);

    /// <summary>The running test's cancellation.</summary>
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Whether the target keeps one row an id, the one of the greatest version; else it keeps every record.</summary>
    protected abstract bool Keyed { get; }

    /// <summary>A sink on the test's target, with what it stored before, as after a restart of the process.</summary>
    protected abstract Task<RecordSink<SinkEvent>> OpenAsync();

    /// <summary>
    /// A sink on the test's target that fails, by any exception, at the given step of its work on the target, counted from 0 over all its calls, and at
    /// every step after it: where the step is even before it took effect, where it is odd after it did.
    /// </summary>
    protected abstract Task<RecordSink<SinkEvent>> OpenFailingAsync(int step);

    /// <summary>The target's rows, in any order.</summary>
    protected abstract Task<IReadOnlyList<SinkEvent>> RowsAsync();

    /// <summary>The target's quarantine, in any order.</summary>
    protected abstract Task<IReadOnlyList<QuarantinedEvent>> QuarantinedAsync();

    /// <summary>The version of an application transaction that the target has stored; null for none.</summary>
    protected abstract Task<long?> TransactionAsync(string applicationId);

    [Fact]
    public async Task A_new_sink_has_committed_nothing()
    {
        var sink = await OpenAsync();
        Assert.Null(await sink.CommittedOffsetAsync("events", 0, Cancellation));
        Assert.NotEmpty(sink.Name);
    }

    [Fact]
    public async Task Rows_and_offsets_arrive_together_and_a_restart_goes_on_there()
    {
        var topic = await TopicAsync("events");
        var events = Events("a", 25);
        await topic.ProduceAsync(events[..15], cancellation: Cancellation);

        var first = await _runner.DrainAsync(topic, await OpenAsync(), new SinkLimits { MaxRecords = 4 }, Cancellation);
        Assert.Equal((15, 0, 4), (first.Records, first.Quarantined, first.Batches));
        await AssertRowsAsync(events[..15]);

        await topic.ProduceAsync(events[15..], cancellation: Cancellation);
        var sink = await OpenAsync();
        Assert.Equal(15, await sink.CommittedOffsetAsync("events", 0, Cancellation));
        Assert.Equal(10, (await _runner.DrainAsync(topic, sink, cancellation: Cancellation)).Records);
        await AssertRowsAsync(events);
        Assert.Equal(25, await sink.CommittedOffsetAsync("events", 0, Cancellation));
        Assert.Equal(0, (await _runner.DrainAsync(topic, sink, cancellation: Cancellation)).Batches);
    }

    [Fact]
    public async Task A_batch_again_changes_nothing_and_of_one_that_overlaps_only_the_rest_is_written()
    {
        var sink = await OpenAsync();
        var events = Events("a", 10);
        Assert.False((await sink.WriteAsync(Batch(events, 0, 5), Cancellation)).AlreadyApplied);
        var again = await sink.WriteAsync(Batch(events, 0, 5), Cancellation);
        Assert.True(again.AlreadyApplied);
        Assert.Equal((5, 0), (again.Committed, again.Records));
        Assert.True((await sink.WriteAsync(Batch(events, 1, 3), Cancellation)).AlreadyApplied);
        await AssertRowsAsync(events[..5]);

        var rest = await sink.WriteAsync(Batch(events, 2, 9), Cancellation);
        Assert.Equal((9, 4, false), (rest.Committed, rest.Records, rest.AlreadyApplied));
        await AssertRowsAsync(events[..9]);
        Assert.Equal(9, await (await OpenAsync()).CommittedOffsetAsync("events", 0, Cancellation));
    }

    [Fact]
    public async Task A_gap_is_refused_unless_it_was_ordered()
    {
        var sink = await OpenAsync();
        var events = Events("a", 10);
        await sink.WriteAsync(Batch(events, 2, 4), Cancellation);
        var error = await Assert.ThrowsAsync<TarnException>(() => sink.WriteAsync(Batch(events, 5, 7), Cancellation));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
        await AssertRowsAsync(events[2..4]);
        await sink.WriteAsync(Batch(events, 5, 7) with { SkipsGap = true }, Cancellation);
        await AssertRowsAsync([.. events[2..4], .. events[5..7]]);
    }

    [Fact]
    public async Task Partitions_and_topics_keep_their_own_offsets()
    {
        var topic = await TopicAsync("events", partitions: 3);
        var other = await TopicAsync("others");
        var events = Events("a", 30);
        var others = Events("b", 7);
        await topic.ProduceAsync(events, cancellation: Cancellation);
        await other.ProduceAsync(others, cancellation: Cancellation);
        await _runner.DrainAsync(topic, await OpenAsync(), cancellation: Cancellation);
        await _runner.DrainAsync(other, await OpenAsync(), cancellation: Cancellation);

        await AssertRowsAsync([.. events, .. others]);
        var sink = await OpenAsync();
        foreach (var partition in (await _log.DescribeTopicAsync("events", Cancellation)).Partitions.Where(static p => p.High > 0))
        {
            Assert.Equal(partition.High, await sink.CommittedOffsetAsync("events", partition.Partition, Cancellation));
        }

        Assert.Equal(7, await sink.CommittedOffsetAsync("others", 0, Cancellation));
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_is_kept_once_with_its_reason_and_the_others_go_on()
    {
        var topic = await TopicAsync("events");
        var events = Events("a", 4);
        await topic.ProduceAsync(events[..2], cancellation: Cancellation);
        await _log.AppendAsync(
            "events",
            [new NewRecord(Encoding.UTF8.GetBytes("k"), Encoding.UTF8.GetBytes("{\"id\":")), new NewRecord(Encoding.UTF8.GetBytes("k"), null), new NewRecord(default, new byte[] { 0xFF, 0xFE })],
            Cancellation);
        await topic.ProduceAsync(events[2..], cancellation: Cancellation);

        var result = await _runner.DrainAsync(topic, await OpenAsync(), new SinkLimits { MaxRecords = 3 }, Cancellation);

        Assert.Equal((4, 3), (result.Records, result.Quarantined));
        await AssertRowsAsync(events);
        var sink = await OpenAsync();
        Assert.Equal(7, await sink.CommittedOffsetAsync("events", 0, Cancellation));
        var kept = (await QuarantinedAsync()).OrderBy(static q => q.Offset).ToList();
        Assert.Equal([2L, 3, 4], kept.Select(static q => q.Offset));
        Assert.All(kept, static q => Assert.Equal(("events", 0), (q.Topic, q.Partition)));
        Assert.All(kept, static q => Assert.NotEmpty(q.Reason));
        Assert.Equal("{\"id\":", kept[0].Raw);
        Assert.Null(kept[1].Raw);
        Assert.Equal(Convert.ToBase64String([0xFF, 0xFE]), kept[2].Raw);
    }

    [Fact]
    public async Task A_batch_of_nothing_but_quarantine_commits_its_offset()
    {
        var topic = await TopicAsync("events");
        await _log.AppendAsync("events", [new NewRecord(Encoding.UTF8.GetBytes("k"), Encoding.UTF8.GetBytes("?"))], Cancellation);
        await _runner.DrainAsync(topic, await OpenAsync(), cancellation: Cancellation);
        await _runner.DrainAsync(topic, await OpenAsync(), cancellation: Cancellation);
        Assert.Single(await QuarantinedAsync());
        Assert.Equal(1, await (await OpenAsync()).CommittedOffsetAsync("events", 0, Cancellation));
    }

    [Fact]
    public async Task Transactions_that_records_carry_are_committed_with_them_and_never_go_back()
    {
        var topic = await TopicAsync("events");
        var events = Events("a", 9);
        await ProduceWithCursorAsync(topic, events[..3], 100);
        await _runner.DrainAsync(topic, await OpenAsync(), cancellation: Cancellation);
        Assert.Equal(100, await TransactionAsync("source/cursor"));

        // An equal or older cursor must not make the sink believe that the rows are there already.
        await ProduceWithCursorAsync(topic, events[3..5], 100);
        await _runner.DrainAsync(topic, await OpenAsync(), cancellation: Cancellation);
        await ProduceWithCursorAsync(topic, events[5..7], 50);
        await _runner.DrainAsync(topic, await OpenAsync(), cancellation: Cancellation);
        Assert.Equal(100, await TransactionAsync("source/cursor"));
        await AssertRowsAsync(events[..7]);

        await ProduceWithCursorAsync(topic, events[7..8], 300);
        await ProduceWithCursorAsync(topic, events[8..9], 200);
        await _runner.DrainAsync(topic, await OpenAsync(), cancellation: Cancellation);
        Assert.Equal(300, await TransactionAsync("source/cursor"));
        await AssertRowsAsync(events);
    }

    [Fact]
    public async Task A_crash_between_any_two_steps_loses_and_repeats_nothing()
    {
        var everything = new List<SinkEvent>();
        for (var step = 0; step < 400; step++)
        {
            var name = $"crash{step}";
            var topic = await TopicAsync(name);
            var events = Events(name, 12);
            everything.AddRange(events);
            await ProduceWithCursorAsync(topic, events[..6], 2 * step, name);
            await _log.AppendAsync(name, [new NewRecord(Encoding.UTF8.GetBytes("k"), Encoding.UTF8.GetBytes($"bad {step}"))], Cancellation);
            await ProduceWithCursorAsync(topic, events[6..], (2 * step) + 1, name);

            var failed = await FailsAsync(topic, step);
            var before = await (await OpenAsync()).CommittedOffsetAsync(name, 0, Cancellation) ?? 0;
            var result = await _runner.DrainAsync(topic, await OpenAsync(), new SinkLimits { MaxRecords = 4 }, Cancellation);

            Assert.InRange(before, 0, 13);
            Assert.Equal(13 - before, result.Records + (before <= 6 ? 1 : 0));
            Assert.Equal(13, await (await OpenAsync()).CommittedOffsetAsync(name, 0, Cancellation));
            Assert.Equal((2 * step) + 1, await TransactionAsync(name));
            if (!failed)
            {
                Assert.True(step > 1, "A sink has steps that can fail.");
                await AssertRowsAsync(everything);
                Assert.Equal(step + 1, (await QuarantinedAsync()).Count);
                return;
            }
        }

        Assert.Fail("The sink did not come to an end of its steps.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Any_crashes_and_any_cuts_into_batches_end_where_an_undisturbed_run_ends(int seed)
    {
        var random = new Random(seed);
        var topic = await TopicAsync("events", partitions: 2);
        var events = new List<SinkEvent>();
        for (var round = 0; round < 12; round++)
        {
            var produced = Enumerable.Range(0, random.Next(1, 12)).Select(_ => (Id: $"e{random.Next(8)}", Version: (long)random.Next(1, 6)))
                .Select(static e => new SinkEvent(e.Id, e.Version, $"{e.Id} as of {e.Version}")).ToList();
            events.AddRange(produced);
            await topic.ProduceAsync(produced, cancellation: Cancellation);
            if (random.Next(3) > 0)
            {
                await FailsAsync(topic, random.Next(40), random.Next(1, 8));
            }
        }

        await _runner.DrainAsync(topic, await OpenAsync(), new SinkLimits { MaxRecords = 5 }, Cancellation);
        await AssertRowsAsync(events);
    }

    /// <summary>What a kind of target holds besides its rows.</summary>
    protected virtual Task AssertMoreAsync(IReadOnlyList<SinkEvent> produced) => Task.CompletedTask;

    /// <summary>Removes the topic log; derived suites remove their target.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        await _log.DisposeAsync();
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }

    private static SinkEvent[] Events(string id, int count) => [.. Enumerable.Range(0, count).Select(i => new SinkEvent($"{id} {i % 7}", i, $"{id} {i % 7} as of {i}"))];

    private static SinkBatch<SinkEvent> Batch(SinkEvent[] events, int first, int next) => new()
    {
        Topic = "events",
        Partition = 0,
        FirstOffset = first,
        NextOffset = next,
        Records = [.. Enumerable.Range(first, next - first).Select(i => new SinkRecord<SinkEvent>(
            new TopicRecord("events", 0, i, DateTimeOffset.UnixEpoch.AddSeconds(i), Encoding.UTF8.GetBytes(events[i].Id), Encoding.UTF8.GetBytes("{}")), events[i]))],
    };

    private static Task ProduceWithCursorAsync(Topic<SinkEvent> topic, SinkEvent[] events, long cursor, string application = "source/cursor") =>
        topic.ProduceAsync(events, new ProduceOptions<SinkEvent> { Transactions = new Dictionary<string, long> { [application] = cursor } }, Cancellation);

    private async Task<Topic<SinkEvent>> TopicAsync(string name, int partitions = 1)
    {
        var topic = new Topic<SinkEvent>(_log, name, static e => e.Id);
        await topic.EnsureAsync(new TopicOptions { Partitions = partitions, Flush = FlushPolicy.None }, Cancellation);
        return topic;
    }

    /// <summary>Drains into a sink that fails at a step; whether it came that far.</summary>
    private async Task<bool> FailsAsync(Topic<SinkEvent> topic, int step, int batch = 5)
    {
        try
        {
            await _runner.DrainAsync(topic, await OpenFailingAsync(step), new SinkLimits { MaxRecords = batch }, Cancellation);
            return false;
        }
        catch (Exception error) when (error is not Xunit.Sdk.IAssertionException)
        {
            return true;
        }
    }

    private async Task AssertRowsAsync(IReadOnlyList<SinkEvent> produced)
    {
        var expected = Keyed ? produced.GroupBy(static e => e.Id).Select(static g => g.MaxBy(static e => e.Version)!) : produced;
        Assert.Equal(expected.Select(static e => e.ToString()).Order(StringComparer.Ordinal), (await RowsAsync()).Select(static e => e.ToString()).Order(StringComparer.Ordinal));
        await AssertMoreAsync(produced);
    }
}
