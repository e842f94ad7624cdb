using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

public sealed class KeyedTableTests : IAsyncDisposable
{
    private readonly Lakes _lakes = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _lakes.DisposeAsync();

    [Fact]
    public async Task The_newest_version_wins_whatever_the_order()
    {
        var table = Events(_lakes.Open());
        var result = await table.MergeAsync([At(2, "b")], [], Cancel);
        Assert.Equal((1, 0, 0, 0, 1), (result.Inserted, result.Updated, result.Unchanged, result.Stale, result.HistoryInserted));
        result = await table.MergeAsync([At(1, "a")], [], Cancel);
        Assert.Equal((0, 0, 0, 1, 1), (result.Inserted, result.Updated, result.Unchanged, result.Stale, result.HistoryInserted));
        result = await table.MergeAsync([At(3, "c")], [], Cancel);
        Assert.Equal((0, 1, 0, 0, 1), (result.Inserted, result.Updated, result.Unchanged, result.Stale, result.HistoryInserted));
        Assert.Equal("c", Assert.Single(await table.FindAsync(["x", "none", "x"], Cancel)).Place);
        Assert.Equal(["a", "b", "c"], (await table.FindVersionsAsync(["x"], Cancel)).Select(static e => e.Place));
    }

    [Fact]
    public async Task Equal_content_changes_nothing()
    {
        var table = Events(_lakes.Open());
        await table.MergeAsync([At(2, "b")], [], Cancel);
        var result = await table.MergeAsync([At(2, "b"), At(2, "b")], [], Cancel);
        Assert.Equal((0, 0, 1, 0, 0, false), (result.Inserted, result.Updated, result.Unchanged, result.Stale, result.HistoryInserted, result.Committed));

        // Another lake has none of the rows in memory: what is stored compares equal to what comes.
        result = await Events(_lakes.Open()).MergeAsync([At(2, "b") with { Updated = Instant(2).ToOffset(TimeSpan.FromHours(9)).AddTicks(7) }], [], Cancel);
        Assert.Equal((1, false), (result.Unchanged, result.Committed));
    }

    [Fact]
    public async Task Transactions_are_stored_even_when_no_row_changes_and_make_merges_idempotent()
    {
        var table = Events(_lakes.Open());
        await table.MergeAsync([At(1, "a")], [new("topic/0", 10)], Cancel);
        var result = await table.MergeAsync([At(1, "a")], [new("topic/0", 20)], Cancel);
        Assert.True(result.Committed);
        Assert.Equal(20, (await table.Table.SnapshotAsync(null, Cancel)).TransactionVersion("topic/0"));
        Assert.Equal(20, (await table.HistoryTable!.SnapshotAsync(null, Cancel)).TransactionVersion("topic/0"));
        result = await table.MergeAsync([At(9, "z")], [new("topic/0", 20)], Cancel);
        Assert.Equal((0, false), (result.Updated, result.Committed));
        result = await table.MergeAsync([At(9, "z")], [new("topic/0", 21), new("cursor", 1)], Cancel);
        Assert.Equal((1, true), (result.Updated, result.Committed));

        // Only some of the transactions are stored: the write is made, and none goes backwards.
        result = await table.MergeAsync([At(10, "zz")], [new("topic/0", 22), new("cursor", 0)], Cancel);
        Assert.True(result.Committed);
        Assert.Equal(1, (await table.Table.SnapshotAsync(null, Cancel)).TransactionVersion("cursor"));
    }

    [Fact]
    public async Task A_key_whose_time_moves_changes_its_partition_and_no_time_is_a_partition_of_its_own()
    {
        var table = Events(_lakes.Open());
        await table.MergeAsync([At(1, "a"), At(1, "other") with { Id = "y" }], [], Cancel);
        await table.MergeAsync([At(2, "b") with { Time = Instant(0).AddMonths(-2) }], [], Cancel);
        await table.MergeAsync([At(3, "c") with { Time = null }], [], Cancel);
        var files = (await table.Table.SnapshotAsync(null, Cancel)).Files;
        Assert.Equal(["2026-11-01", null], files.Select(static f => f.PartitionValues["time_month"]).Order(StringComparer.Ordinal).Reverse());
        Assert.Contains(files, static f => f.Path.StartsWith("time_month=__HIVE_DEFAULT_PARTITION__/", StringComparison.Ordinal));
        Assert.Equal(2, (await table.Table.SnapshotAsync(null, Cancel)).RowCount);
        Assert.Equal("c", Assert.Single(await Events(_lakes.Open()).FindAsync(["x"], Cancel)).Place);
    }

    [Fact]
    public async Task Only_touched_files_are_rewritten()
    {
        var table = Events(_lakes.Open());
        await table.MergeAsync([.. Enumerable.Range(0, 3000).Select(i => At(1, "old") with { Id = $"old{i}", Time = Instant(0).AddMonths(-3) })], [], Cancel);
        await table.MergeAsync([.. Enumerable.Range(0, 3000).Select(i => At(1, "new") with { Id = $"new{i}" })], [], Cancel);
        var before = (await table.Table.SnapshotAsync(null, Cancel)).Files.Select(static f => f.Path).ToHashSet();
        await table.MergeAsync([At(2, "changed") with { Id = "new7" }], [], Cancel);
        var after = (await table.Table.SnapshotAsync(null, Cancel)).Files.Select(static f => f.Path).ToHashSet();
        Assert.Single(before.Except(after), static p => p.StartsWith("time_month=2026-11-01/", StringComparison.Ordinal));
        Assert.Equal(6000, (await table.Table.SnapshotAsync(null, Cancel)).RowCount);
    }

    [Fact]
    public async Task A_file_too_large_to_be_read_whole_is_rewritten_all_the_same()
    {
        const int rows = KeyedFiles<Event>.WholeRows + 5000;
        var table = Events(_lakes.Open());
        await table.MergeAsync([.. Enumerable.Range(0, rows).SelectMany(i => new[] { At(1, "a") with { Id = $"k{i}" }, At(3, "c") with { Id = $"k{i}" } })], [], Cancel);
        var result = await Events(_lakes.Open()).MergeAsync([At(2, "b") with { Id = "k7" }, At(4, "d") with { Id = "k8" }, At(3, "c") with { Id = "k9" }], [], Cancel);
        Assert.Equal((0, 1, 1, 1, 2), (result.Inserted, result.Updated, result.Unchanged, result.Stale, result.HistoryInserted));
        Assert.Equal(rows, (await table.Table.SnapshotAsync(null, Cancel)).RowCount);
        Assert.Equal((2 * rows) + 2, (await table.HistoryTable!.SnapshotAsync(null, Cancel)).RowCount);
        Assert.Equal(["a", "b", "c"], (await table.FindVersionsAsync(["k7"], Cancel)).Select(static e => e.Place));
        Assert.Equal(["c", "d", "c"], (await table.FindAsync(["k7", "k8", "k9"], Cancel)).Select(static e => e.Place));
        var history = await table.HistoryTable.SnapshotAsync(null, Cancel);
        var open = _lakes.Query(history, "select count(*) from t where valid_to is null");
        Assert.Equal((long)rows, open);
    }

    [Fact]
    public async Task Without_history_and_partitions_there_is_one_table()
    {
        var lake = _lakes.Open();
        var table = new KeyedTable<Event>(lake, "silver.plain", static t => t.Key(static e => e.Revision).Newest(static e => e.Updated));
        await table.MergeAsync([At(1, "a") with { Revision = 5 }, At(2, "b") with { Revision = 6 }], [], Cancel);
        Assert.Null(table.HistoryTable);
        Assert.Equal("b", Assert.Single(await table.FindAsync(["6"], Cancel)).Place);
        Assert.Equal(["silver.plain"], (await lake.ListTablesAsync(Cancel)).Select(static t => t.ToString()));
    }

    [Fact]
    public async Task The_tables_say_what_they_are()
    {
        var table = Events(_lakes.Open());
        await table.EnsureAsync(Cancel);
        var current = await table.Table.SnapshotAsync(null, Cancel);
        Assert.Equal(("id", "updated,known", "silver.events_history"), (current.Properties["tarn.key"], current.Properties["tarn.newest"], current.Properties["tarn.history"]));
        Assert.Equal(["time_month"], current.PartitionBy);
        Assert.Equal(ColumnType.Date, current.Schema.Find("time_month")!.Type);
        var history = await table.HistoryTable!.SnapshotAsync(null, Cancel);
        Assert.Equal("silver.events", history.Properties["tarn.history_of"]);
        Assert.NotNull(history.Schema.Find("valid_to"));
    }

    [Fact]
    public async Task A_row_without_key_is_refused_and_nothing_is_written()
    {
        var table = Events(_lakes.Open());
        var error = await Assert.ThrowsAsync<TarnException>(() => table.MergeAsync([At(1, "a"), At(1, "b") with { Id = "" }], [], Cancel));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        Assert.False(await table.Table.ExistsAsync(Cancel));
    }

    [Theory]
    [InlineData("no key")]
    [InlineData("no order")]
    [InlineData("nullable key")]
    [InlineData("history without an instant")]
    [InlineData("partition by a number")]
    public void A_definition_that_cannot_be_is_refused(string what)
    {
        var error = Assert.Throws<TarnException>(() => new KeyedTable<Event>(_lakes.Open(), "silver.bad", t => _ = what switch
        {
            "no key" => t.Newest(static e => e.Updated),
            "no order" => t.Key(static e => e.Id),
            "nullable key" => t.Key(static e => e.Place).Newest(static e => e.Updated),
            "history without an instant" => t.Key(static e => e.Id).Newest(static e => e.Revision).History(),
            _ => t.Key(static e => e.Id).Newest(static e => e.Updated).PartitionBy(static e => e.Magnitude, Grain.Month),
        }));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
    }

    [Fact]
    public async Task A_store_elsewhere_serves_all_the_same()
    {
        using var temporary = new TemporaryDirectory();
        var store = new FaultyObjectStore(_lakes.Local, static _ => Fault.None, isRemote: true);
        var options = new LakeOptions { CheckpointInterval = 2, TemporaryFolder = temporary.Combine("on-their-way") };
        var table = Events(_lakes.Open(options, store));
        await table.MergeAsync([.. Enumerable.Range(0, 5000).Select(i => At(1, "a") with { Id = $"k{i}" })], [], Cancel);
        await table.MergeAsync([At(2, "b") with { Id = "k7" }], [], Cancel);
        await table.MergeAsync([At(1, "n") with { Id = "new" }], [], Cancel);
        await table.Table.OptimizeAsync(Cancel);
        var again = Events(_lakes.Open(options, store));
        Assert.Equal(["b", "n"], (await again.FindAsync(["k7", "new"], Cancel)).Select(static e => e.Place));
        var snapshot = await again.Table.SnapshotAsync(null, Cancel);
        Assert.Equal((5001, 1), (snapshot.RowCount, snapshot.FileCount));
        Assert.True(File.Exists(Path.Combine(_lakes.Root, "silver/events", LogPath.LastCheckpoint)));
        Assert.Empty(Directory.GetFiles(options.TemporaryFolder));
    }

    [Fact]
    public async Task A_table_older_than_its_rows_gets_their_columns()
    {
        var lake = _lakes.Open();
        var old = new KeyedTable<OldEvent>(lake, "silver.events", static t => t.Key(static e => e.Id).Newest(static e => e.Updated));
        await old.MergeAsync([new("x", Instant(1)), new("y", Instant(1))], [], Cancel);
        var table = new KeyedTable<Event>(_lakes.Open(), "silver.events", static t => t.Key(static e => e.Id).Newest(static e => e.Updated));
        var error = await Assert.ThrowsAsync<TarnException>(() => table.MergeAsync([At(2, "b")], [], Cancel));
        Assert.Contains("null", error.Message, StringComparison.Ordinal);
        var nullable = new KeyedTable<NewerEvent>(_lakes.Open(), "silver.events", static t => t.Key(static e => e.Id).Newest(static e => e.Updated));
        await nullable.MergeAsync([new("x", Instant(2), "b", 5)], [], Cancel);
        var snapshot = await nullable.Table.SnapshotAsync(null, Cancel);
        Assert.Equal(["x|b", "y|"], _lakes.Lines(snapshot, "id, place"));
        Assert.NotNull(snapshot.Schema.Find("revision"));
    }

    [Fact]
    public async Task Merges_and_appends_of_two_processes_lose_nothing()
    {
        var one = Events(_lakes.Open());
        var two = Events(_lakes.Open());
        await one.EnsureAsync(Cancel);
        await Task.WhenAll(Run(one, 0), Run(two, 1));
        Assert.Equal(60, (await one.Table.SnapshotAsync(null, Cancel)).RowCount);
        Assert.Equal(60 + 30, (await one.HistoryTable!.SnapshotAsync(null, Cancel)).RowCount);
        Assert.All(await two.FindAsync([.. Enumerable.Range(0, 30).Select(static i => $"shared{i}")], Cancel), static e => Assert.Equal(2, e.Revision));

        Task Run(KeyedTable<Event> table, int writer) => Task.Run(
            async () =>
            {
                for (var i = 0; i < 30; i++)
                {
                    await table.MergeAsync([At(writer + 1, "s") with { Id = $"shared{i}", Revision = writer + 1 }], [new($"writer{writer}", i)], Cancel);
                    if (writer == 0)
                    {
                        await table.MergeAsync([At(1, "own") with { Id = $"own{i}" }], [], Cancel);
                    }
                }
            },
            Cancel);
    }

    internal static KeyedTable<Event> Events(Lake lake) => new(lake, "silver.events", static t => t
        .Key(static e => e.Id).Newest(static e => e.Updated, static e => e.Known).PartitionBy(static e => e.Time, Grain.Month).History(static e => e.Known));

    private static DateTimeOffset Instant(int minutes) => new DateTimeOffset(2026, 11, 20, 0, 0, 0, TimeSpan.Zero).AddMinutes(minutes);

    private static Event At(int minutes, string place) => new("x", Instant(0), Instant(minutes), Instant(minutes), 4.5, place, false, 0);

    internal sealed record OldEvent(string Id, DateTimeOffset Updated);

    internal sealed record NewerEvent(string Id, DateTimeOffset Updated, string? Place, int? Revision);
}
