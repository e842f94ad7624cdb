using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Log;
using Xunit;

namespace Tarn.Streams.Tests;

/// <summary>A row of an append-only target.</summary>
public sealed record ReceivedEvent(string Id, long Version, string Text, int Partition, long Offset);

/// <summary>The sinks' contract on an append-only table.</summary>
public sealed class AppendingLakeSinkTests : LakeSinkContractTests
{
    protected override bool Keyed => false;

    protected override string Target => "bronze.events";

    protected override async Task<RecordSink<SinkEvent>> SinkAsync(Lake.Lake lake)
    {
        var table = await lake.EnsureTableAsync(new TableDefinition(Target, RowMapping<ReceivedEvent>.Instance.Schema), Cancellation);
        return new LakeSink<SinkEvent, ReceivedEvent>(table, Row, new QuarantineTable(lake, Quarantine));
    }

    [Fact]
    public async Task Rows_keep_what_the_record_says_of_itself()
    {
        var sink = await OpenAsync();
        await sink.WriteAsync(
            new SinkBatch<SinkEvent>
            {
                Topic = "events",
                Partition = 3,
                FirstOffset = 17,
                NextOffset = 18,
                Records = [new(new TopicRecord("events", 3, 17, DateTimeOffset.UnixEpoch, default, null), new SinkEvent("a", 1, "x"))],
            },
            Cancellation);
        Assert.Equal([new ReceivedEvent("a", 1, "x", 3, 17)], await QueryAsync<ReceivedEvent>($"select * from {Target}"));
    }

    private static ReceivedEvent Row(TopicRecord record, SinkEvent e) => new(e.Id, e.Version, e.Text, record.Partition, record.Offset);
}

/// <summary>The sinks' contract on a keyed table without a history.</summary>
public sealed class MergingLakeSinkTests : LakeSinkContractTests
{
    protected override bool Keyed => true;

    protected override string Target => "silver.events";

    protected override Task<RecordSink<SinkEvent>> SinkAsync(Lake.Lake lake) => Task.FromResult<RecordSink<SinkEvent>>(
        new LakeSink<SinkEvent, SinkEvent>(
            new KeyedTable<SinkEvent>(lake, Target, static t => t.Key(e => e.Id).Newest(e => e.Version)), static (_, e) => e, new QuarantineTable(lake, Quarantine)));
}

/// <summary>A version with the instant from which it was known.</summary>
public sealed record DatedEvent(string Id, long Version, string Text, DateTimeOffset Known);

/// <summary>The sinks' contract on a keyed table with a history: two tables, each with its own commit.</summary>
public sealed class HistoryLakeSinkTests : LakeSinkContractTests
{
    protected override bool Keyed => true;

    protected override string Target => "silver.events";

    protected override Task<RecordSink<SinkEvent>> SinkAsync(Lake.Lake lake) => Task.FromResult<RecordSink<SinkEvent>>(
        new LakeSink<SinkEvent, DatedEvent>(
            new KeyedTable<DatedEvent>(lake, Target, static t => t.Key(e => e.Id).Newest(e => e.Version).History(e => e.Known)),
            static (_, e) => new DatedEvent(e.Id, e.Version, e.Text, DateTimeOffset.UnixEpoch.AddSeconds(e.Version)),
            new QuarantineTable(lake, Quarantine)));

    /// <summary>Besides the current rows, the history holds each version once.</summary>
    protected override async Task AssertMoreAsync(IReadOnlyList<SinkEvent> produced) => Assert.Equal(
        produced.Distinct().Select(static e => e.ToString()).Order(StringComparer.Ordinal),
        (await QueryAsync<SinkEvent>("select id, version, text from silver.events_history")).Select(static e => e.ToString()).Order(StringComparer.Ordinal));
}

public abstract class LakeSinkContractTests : RecordSinkContract
{
    protected const string Quarantine = "bronze.events_quarantine";

    private readonly TemporaryDirectory _directory = new();
    private readonly Lake.Lake _reader;
    private Lake.Lake? _opened;

    protected LakeSinkContractTests() => _reader = OpenLake(static s => s);

    protected abstract string Target { get; }

    protected abstract Task<RecordSink<SinkEvent>> SinkAsync(Lake.Lake lake);

    public override async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync();
        if (_opened is not null)
        {
            await _opened.DisposeAsync();
        }

        await base.DisposeAsync();
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }

    protected override async Task<RecordSink<SinkEvent>> OpenAsync() => await SinkAsync(await ReopenAsync(static s => s));

    protected override async Task<RecordSink<SinkEvent>> OpenFailingAsync(int step)
    {
        var (armed, steps) = (false, 0);
        var lake = await ReopenAsync(store => new FaultyObjectStore(store, call =>
        {
            if (!armed || steps > step)
            {
                return armed ? Fault.Before : Fault.None;
            }

            return call.Writes && steps++ == step ? (step % 2 == 0 ? Fault.Before : Fault.After) : Fault.None;
        }));
        var sink = await SinkAsync(lake);
        armed = true;
        return sink;
    }

    protected override async Task<IReadOnlyList<SinkEvent>> RowsAsync() => await QueryAsync<SinkEvent>($"select id, version, text from {Target}");

    protected override async Task<IReadOnlyList<QuarantinedEvent>> QuarantinedAsync() =>
        await QueryAsync<QuarantinedEvent>($"select topic, partition, \"offset\", reason, raw from {Quarantine}");

    protected override async Task<long?> TransactionAsync(string applicationId) =>
        (await _reader.Table(Target).SnapshotAsync(cancellationToken: Cancellation)).TransactionVersion(applicationId);

    protected async Task<IReadOnlyList<TRow>> QueryAsync<TRow>(string sql)
    {
        await using var result = await _reader.Sql.QueryAsync(sql, cancellationToken: Cancellation);
        return await result.ToListAsync<TRow>(Cancellation);
    }

    private async Task<Lake.Lake> ReopenAsync(Func<ObjectStore, ObjectStore> wrap)
    {
        if (_opened is not null)
        {
            await _opened.DisposeAsync();
        }

        return _opened = OpenLake(wrap);
    }

    private Lake.Lake OpenLake(Func<ObjectStore, ObjectStore> wrap) => new(
        wrap(new LocalObjectStore(_directory.Combine("lake"), new LocalStoreOptions { Durable = false })),
        null,
        TimeProvider.System,
        IdSource.Create(TimeProvider.System),
        NullLoggerFactory.Instance);
}
