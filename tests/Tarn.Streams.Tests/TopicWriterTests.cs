using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Log;
using Xunit;

namespace Tarn.Streams.Tests;

/// <summary>A writer commits when there is enough or it is old enough, once each record, whatever comes between.</summary>
public sealed class TopicWriterTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _time = new();
    private readonly SegmentTopicLog _log;
    private readonly List<Lake.Lake> _lakes = [];
    private readonly SemaphoreSlim _moved = new(0);
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public TopicWriterTests()
    {
        _log = new SegmentTopicLog(_directory.Combine("log"), _time, NullLoggerFactory.Instance);
        _time.TimerMade += () => _moved.Release();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var lake in _lakes)
        {
            await lake.DisposeAsync();
        }

        await _log.DisposeAsync();
        _stop.Dispose();
        _moved.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task It_commits_at_so_many_records_and_what_is_left_when_it_is_old_enough()
    {
        var (topic, table, writer) = await MakeAsync(new WriteTriggers { Records = 10, Age = TimeSpan.FromSeconds(30) }, partitions: 3);
        await topic.ProduceAsync(Events(0, 25), cancellation: Cancellation);
        var running = writer.RunAsync(_stop.Token);
        await UntilAsync(() => writer.Status is { Commits: 2, PendingRecords: 5 });
        Assert.Equal(20, await RowsAsync(table));

        await UntilTimerAsync();
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(2, writer.Status.Commits);
        _time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => writer.Status.Commits == 3);
        Assert.Equal(25, await RowsAsync(table));
        Assert.Equal((0, 25, TopicWriterState.Running), (writer.Status.PendingRecords, writer.Status.Records, writer.Status.State));

        // One commit holds the rows and the offsets of all partitions.
        Assert.Contains(await table.HistoryAsync(10, Cancellation), static v => v.Transactions.Count > 1);
        await _stop.CancelAsync();
        await running;
        Assert.Equal(TopicWriterState.Stopped, writer.Status.State);
    }

    [Fact]
    public async Task It_commits_at_so_many_bytes()
    {
        var (topic, table, writer) = await MakeAsync(new WriteTriggers { Bytes = 4096, Age = TimeSpan.FromDays(1) });
        _ = writer.RunAsync(_stop.Token);
        await topic.ProduceAsync([new SinkEvent("a", 1, new string('x', 5000))], cancellation: Cancellation);
        await UntilAsync(() => writer.Status.Commits == 1);
        await topic.ProduceAsync([new SinkEvent("b", 1, "small")], cancellation: Cancellation);
        await UntilAsync(() => writer.Status.PendingRecords == 1);
        Assert.Equal(1, await RowsAsync(table));
        await topic.ProduceAsync([new SinkEvent("c", 1, new string('x', 5000))], cancellation: Cancellation);
        await UntilAsync(() => writer.Status.Commits == 2);
        Assert.Equal(3, await RowsAsync(table));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Stopped_anywhere_and_over_a_failing_store_each_record_is_there_once(int seed)
    {
        var random = new Random(seed);
        var topic = new Topic<SinkEvent>(_log, "events", static e => e.Id);
        await topic.EnsureAsync(new TopicOptions { Partitions = 4 }, Cancellation);
        var produced = 0;
        for (var round = 0; round < 12; round++)
        {
            var count = random.Next(1, 40);
            await topic.ProduceAsync(Events(produced, produced + count), cancellation: Cancellation);
            produced += count;

            var lake = OpenLake(FaultyObjectStore.Random(Store(), (seed * 100) + round, writes: 0.2, reads: 0.01), seed: (seed * 1000) + round);
            TopicWriter<SinkEvent>? writer = null;
            try
            {
                writer = await WriterAsync(lake, topic, new WriteTriggers { Records = random.Next(1, 30), Age = TimeSpan.FromMilliseconds(1) });
            }
            catch (TarnException e) when (e.Kind == ErrorKind.Unavailable)
            {
                continue;
            }

            using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            var running = writer.RunAsync(stop.Token);
            var commits = random.Next(0, 3);
            await UntilAsync(() =>
            {
                _time.Advance(TimeSpan.FromSeconds(70));
                return writer.Status.Commits >= commits || writer.Status.State == TopicWriterState.Retrying || writer.Status.Partitions.Sum(static p => p.Committed ?? 0) == produced;
            });
            await stop.CancelAsync();
            await running;
        }

        var calm = OpenLake(Store(), seed + 7);
        var last = await WriterAsync(calm, topic, new WriteTriggers { Age = TimeSpan.FromMilliseconds(1) });
        _ = last.RunAsync(_stop.Token);
        await UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return last.Status.Partitions.Count == 4 && last.Status.PendingRecords == 0 && last.Status.Partitions.Sum(static p => p.Committed ?? 0) == produced;
        });
        await using var result = await calm.Sql.QueryAsync("select count(*), count(distinct version), min(version), max(version) from bronze.events", cancellationToken: Cancellation);
        var counted = (await result.ToListAsync(Cancellation))[0];
        Assert.Equal($"{produced} {produced} 0 {produced - 1}, seed {seed}", $"{string.Join(' ', counted)}, seed {seed}");
    }

    [Fact]
    public async Task Bad_records_of_each_kind_go_to_quarantine_and_the_others_go_on()
    {
        var lake = OpenLake(Store(), 1);
        var topic = new Topic<SinkEvent>(_log, "events", static e => e.Id);
        await topic.EnsureAsync(cancellation: Cancellation);
        var table = new KeyedTable<SinkEvent>(lake, "silver.events", static t => t.Key(e => e.Id).Newest(e => e.Version));
        await table.EnsureAsync(Cancellation);
        var sink = new LakeSink<SinkEvent, SinkEvent>(
            table,
            static (_, e) => e.Text == "unmappable" ? throw new FormatException("no row of this") : e with { Id = e.Text == "keyless" ? "" : e.Id },
            new QuarantineTable(lake, "bronze.events_quarantine"));
        var events = Events(0, 20).ToArray();
        events[3] = events[3] with { Text = "unmappable" };
        events[11] = events[11] with { Text = "keyless" };
        events[12] = events[12] with { Text = "keyless" };
        await topic.ProduceAsync(events, cancellation: Cancellation);
        await _log.AppendAsync("events", [new NewRecord(Encoding.UTF8.GetBytes("k"), Encoding.UTF8.GetBytes("{not json"))], Cancellation);

        var writer = Watch(new TopicWriter<SinkEvent>(topic, sink, new WriteTriggers { Records = 21 }, _time, NullLoggerFactory.Instance));
        _ = writer.RunAsync(_stop.Token);
        await UntilAsync(() => writer.Status.Commits == 1);
        Assert.Equal((17, 4), (writer.Status.Records, writer.Status.Quarantined));
        Assert.Equal(21, writer.Status.Partitions[0].Committed);
        await using var kept = await lake.Sql.QueryAsync("select \"offset\", reason from bronze.events_quarantine order by 1", cancellationToken: Cancellation);
        var rows = await kept.ToListAsync(Cancellation);
        Assert.Equal([3L, 11L, 12L, 20L], rows.Select(static r => (long)r[0]!));
        Assert.Contains("no row of this", (string)rows[0][1]!, StringComparison.Ordinal);
        Assert.Contains("has a key", (string)rows[1][1]!, StringComparison.Ordinal);
        await using var count = await lake.Sql.QueryAsync("select count(*) from silver.events", cancellationToken: Cancellation);
        Assert.Equal(17L, (await count.ToListAsync(Cancellation))[0][0]);
    }

    [Fact]
    public async Task Rows_that_break_a_constraint_of_the_table_go_to_quarantine_and_the_others_go_on()
    {
        var lake = OpenLake(Store(), 1);
        var topic = new Topic<SinkEvent>(_log, "events", static e => e.Id);
        await topic.EnsureAsync(new TopicOptions { Partitions = 2 }, Cancellation);
        var table = await lake.EnsureTableAsync(new TableDefinition("bronze.events", RowMapping<SinkEvent>.Instance.Schema), Cancellation);
        await table.AddConstraintAsync("young", "version % 500 <> 7", Cancellation);
        var writer = Watch(new TopicWriter<SinkEvent>(
            topic, new LakeSink<SinkEvent, SinkEvent>(table, static (_, e) => e, new QuarantineTable(lake, "bronze.events_quarantine")), new WriteTriggers { Records = 6000 }, _time, NullLoggerFactory.Instance));
        await topic.ProduceAsync(Events(0, 6000), cancellation: Cancellation);
        _ = writer.RunAsync(_stop.Token);
        await UntilAsync(() => writer.Status.Commits == 1 || writer.Status.Error is not null);
        Assert.Null(writer.Status.Error);
        Assert.Equal((5988, 12), (writer.Status.Records, writer.Status.Quarantined));
        await using var kept = await lake.Sql.QueryAsync(
            "select (select count(*) from bronze.events), (select count(distinct version) from bronze.events), count(*), count(distinct (\"partition\", \"offset\")), min(reason) from bronze.events_quarantine where sink = 'bronze.events'",
            cancellationToken: Cancellation);
        var row = (await kept.ToListAsync(Cancellation))[0];
        Assert.Equal([5988L, 5988L, 12L, 12L], row[..4]);
        Assert.Contains("young", (string)row[4]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_definition_that_does_not_fit_is_an_error_that_is_tried_again_and_no_record_is_set_aside()
    {
        var lake = OpenLake(Store(), 1);
        var topic = new Topic<SinkEvent>(_log, "events", static e => e.Id);
        await topic.EnsureAsync(cancellation: Cancellation);
        var table = await lake.EnsureTableAsync(new TableDefinition("bronze.events", new TableSchema([new Column("id", ColumnType.String)])), Cancellation);
        var writer = Watch(new TopicWriter<SinkEvent>(
            topic, new LakeSink<SinkEvent, SinkEvent>(table, static (_, e) => e, new QuarantineTable(lake, "bronze.events_quarantine")), new WriteTriggers { Records = 5 }, _time, NullLoggerFactory.Instance));
        await topic.ProduceAsync(Events(0, 5), cancellation: Cancellation);
        _ = writer.RunAsync(_stop.Token);
        await UntilAsync(() => writer.Status.State == TopicWriterState.Retrying);
        Assert.Contains("version", writer.Status.Error, StringComparison.Ordinal);

        await lake.EnsureTableAsync(new TableDefinition("bronze.events", RowMapping<SinkEvent>.Instance.Schema), Cancellation);
        await UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return writer.Status.Commits == 1;
        });
        Assert.Equal((5, 0, null), (writer.Status.Records, writer.Status.Quarantined, writer.Status.Error));
    }

    [Fact]
    public async Task Two_writers_of_one_topic_write_each_record_once()
    {
        var (topic, table, first) = await MakeAsync(new WriteTriggers { Records = 7, Age = TimeSpan.FromMilliseconds(1) }, partitions: 2);
        var second = await WriterAsync(OpenLake(Store(), 99), topic, new WriteTriggers { Records = 5, Age = TimeSpan.FromMilliseconds(1) });
        _ = first.RunAsync(_stop.Token);
        _ = second.RunAsync(_stop.Token);
        for (var i = 0; i < 20; i++)
        {
            await topic.ProduceAsync(Events(i * 10, (i * 10) + 10), cancellation: Cancellation);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(90));
            return first.Status.Partitions.Sum(static p => p.Committed ?? 0) == 200 && second.Status.Partitions.Sum(static p => p.Committed ?? 0) == 200;
        });
        Assert.Equal(200, await RowsAsync(table));
    }

    [Fact]
    public async Task Small_files_are_packed_as_they_grow_in_number()
    {
        var lake = OpenLake(Store(), 1, new LakeOptions { OptimizeAbove = 8 });
        var topic = new Topic<SinkEvent>(_log, "events", static e => e.Id);
        await topic.EnsureAsync(cancellation: Cancellation);
        var writer = await WriterAsync(lake, topic, new WriteTriggers { Records = 1 });
        _ = writer.RunAsync(_stop.Token);
        await topic.ProduceAsync(Events(0, 60), cancellation: Cancellation);
        await UntilAsync(() => writer.Status.Commits == 60);
        var snapshot = await lake.Table("bronze.events").SnapshotAsync(cancellationToken: Cancellation);
        Assert.Equal(60, snapshot.RowCount);
        Assert.InRange(snapshot.FileCount, 1, 20);
    }

    [Fact]
    public void Triggers_out_of_range_are_named_all_at_once()
    {
        var errors = new WriteTriggers { Records = 0, Bytes = 1, Age = TimeSpan.Zero }.Errors();
        Assert.Equal(3, errors.Count);
        Assert.Empty(new WriteTriggers().Errors());
    }

    private static IEnumerable<SinkEvent> Events(int from, int to) => Enumerable.Range(from, to - from).Select(static i => new SinkEvent($"k{i}", i, "t"));

    private static async Task<long> RowsAsync(LakeTable table) => (await table.SnapshotAsync(cancellationToken: Cancellation)).RowCount!.Value;

    /// <summary>Waits for a condition; it is looked at whenever a writer has come further, or waits for time to pass.</summary>
    private async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await _moved.WaitAsync(Cancellation);
        }
    }

    private Task UntilTimerAsync() => UntilAsync(() => _time.UntilNextTimer is not null);

    private TopicWriter<SinkEvent> Watch(TopicWriter<SinkEvent> writer)
    {
        writer.Changed += _ => _moved.Release();
        return writer;
    }

    private LocalObjectStore Store() => new(_directory.Combine("lake"), new LocalStoreOptions { Durable = false });

    private Lake.Lake OpenLake(ObjectStore store, int seed, LakeOptions? options = null)
    {
        var lake = new Lake.Lake(store, options, _time, IdSource.CreateSeeded(_time, seed), NullLoggerFactory.Instance);
        _lakes.Add(lake);
        return lake;
    }

    private async Task<TopicWriter<SinkEvent>> WriterAsync(Lake.Lake lake, Topic<SinkEvent> topic, WriteTriggers triggers)
    {
        var table = await lake.EnsureTableAsync(new TableDefinition("bronze.events", RowMapping<SinkEvent>.Instance.Schema), Cancellation);
        var sink = new LakeSink<SinkEvent, SinkEvent>(table, static (_, e) => e, new QuarantineTable(lake, "bronze.events_quarantine"));
        return Watch(new TopicWriter<SinkEvent>(topic, sink, triggers, _time, NullLoggerFactory.Instance));
    }

    private async Task<(Topic<SinkEvent> Topic, LakeTable Table, TopicWriter<SinkEvent> Writer)> MakeAsync(WriteTriggers triggers, int partitions = 1)
    {
        var lake = OpenLake(Store(), 1);
        var topic = new Topic<SinkEvent>(_log, "events", static e => e.Id);
        await topic.EnsureAsync(new TopicOptions { Partitions = partitions }, Cancellation);
        return (topic, lake.Table("bronze.events"), await WriterAsync(lake, topic, triggers));
    }
}
