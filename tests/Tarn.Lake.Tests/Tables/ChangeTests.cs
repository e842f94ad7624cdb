using System.Text.Json.Nodes;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

public sealed class ChangeTests : IAsyncDisposable
{
    private readonly SqlLake _lake = new("changes", new LakeOptions { OptimizeAbove = 0 });

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _lake.DisposeAsync();

    [Fact]
    public async Task A_small_change_of_a_file_marks_rows_where_the_table_allows_it()
    {
        var table = await EnsureAsync("silver.v", "id:long n:integer", ("delta.enableDeletionVectors", "true"));
        await table.AppendAsync(RowSource.Query("select range as id, 1 as n from range(1000)"), null, Cancel);
        var deleted = await table.DeleteAsync("id < $below", new WriteOptions { Parameters = new Dictionary<string, object?> { ["below"] = 10 } }, Cancel);
        Assert.Equal((10, 0, 0, 1), (deleted.RowsDeleted, deleted.RowsCopied, deleted.FilesAdded, deleted.DeletionVectors));
        var updated = await table.UpdateAsync(new Dictionary<string, string> { ["n"] = "n + 1" }, "id between 10 and 19", null, Cancel);
        Assert.Equal((10, 1, 1), (updated.RowsUpdated, updated.FilesAdded, updated.DeletionVectors));
        Assert.Equal("990,990,1000,20", await _lake.TextAsync("select count(*), count(distinct id), sum(n), min(id) + 10 from silver.v"));
        var state = await table.StateAsync(null, Cancel);
        var marked = state.OrderedFiles.Single(static f => f.DeletionVector is not null);
        Assert.Equal(20, marked.DeletionVector!.Cardinality);
        Assert.Equal((1000, 980), (marked.PhysicalRows!.Value, marked.RowCount!.Value));
        Assert.False((bool)JsonNode.Parse(marked.Stats!)!["tightBounds"]!);
        Assert.Equal(990, (await table.SnapshotAsync(null, Cancel)).RowCount);

        // Most of its rows gone: what is left is written anew. And all of them: the file goes, unread.
        Assert.Equal((0, 1), (await table.DeleteAsync("id >= 100", null, Cancel) is var most ? (most.DeletionVectors, most.FilesAdded) : default));
        Assert.Equal(0, (await table.DeleteAsync("true", null, Cancel)).FilesAdded);
        Assert.Equal(0, (await table.SnapshotAsync(null, Cancel)).FileCount);
        Assert.Equal("990", await _lake.TextAsync("select count(*) from silver.v", new QueryOptions { AsOf = AsOf.Version(3) }));
    }

    [Fact]
    public async Task Our_own_tables_get_no_feature_that_was_not_asked_for()
    {
        var table = await EnsureAsync("silver.w", "id:long");
        await table.AppendAsync(RowSource.Query("select range as id from range(10)"), null, Cancel);
        var result = await table.DeleteAsync("id = 3", null, Cancel);
        Assert.Equal((1, 9, 1, 1, 0), (result.RowsDeleted, result.RowsCopied, result.FilesAdded, result.FilesRemoved, result.DeletionVectors));
        Assert.Equal(new ProtocolAction(1, 2), (await table.StateAsync(null, Cancel)).Protocol);
        Assert.False((await table.DeleteAsync("id = 3", null, Cancel)).Committed);
    }

    [Fact]
    public async Task Several_rows_of_a_source_that_change_one_row_are_refused_by_their_keys()
    {
        var table = await EnsureAsync("silver.m", "id:long n:integer");
        await table.AppendAsync(RowSource.Query("select range as id, 0 as n from range(10)"), null, Cancel);
        var source = RowSource.Query("select * from (values (4, 1), (4, 2), (5, 3)) v(id, n)");
        var error = await Assert.ThrowsAsync<TarnException>(() => table.MergeAsync(source, "target.id = source.id", static m => m.WhenMatchedUpdateAll(), null, Cancel));
        Assert.Contains("""{"id":4} and {"id":4}""", error.Value, StringComparison.Ordinal);

        // A condition that leaves one of them is enough; and going twice is going.
        Assert.Equal(2, (await table.MergeAsync(source, "target.id = source.id", static m => m.WhenMatchedUpdateAll("source.n <> 1"), null, Cancel)).RowsUpdated);
        Assert.Equal(2, (await table.MergeAsync(source, "target.id = source.id", static m => m.WhenMatchedDelete(), null, Cancel)).RowsDeleted);
        Assert.Equal("8", await _lake.TextAsync("select count(*) from silver.m"));
    }

    [Fact]
    public async Task A_merge_inserts_updates_and_deletes_in_one_commit_and_is_made_once()
    {
        var table = await EnsureAsync("silver.k", "id:long name:string day:date");
        var options = new WriteOptions { Transactions = [new AppTransaction("m", 1)] };
        await table.MergeAsync(RowSource.Query("select 1 as id, 'a' as name union all select 2, 'b'"), "target.id = source.id", static m => m.WhenNotMatchedInsertAll(), options, Cancel);
        Assert.False((await table.MergeAsync(RowSource.Query("select 9 as id"), "target.id = source.id", static m => m.WhenNotMatchedInsertAll(), options, Cancel)).Committed);
        var result = await table.MergeAsync(
            RowSource.Of<Named>([new(2, "B"), new(3, "C")]),
            "target.id = source.id",
            static m => m.WhenMatchedUpdate(new Dictionary<string, string> { ["NAME"] = "target.name || source.name", ["day"] = "NULL" })
                .WhenNotMatchedInsert(new Dictionary<string, string> { ["id"] = "source.id * 10", ["day"] = "date '2024-01-01'" })
                .WhenNotMatchedBySourceDelete(),
            null,
            Cancel);
        Assert.Equal((1, 1, 1), (result.RowsInserted, result.RowsUpdated, result.RowsDeleted));
        Assert.Equal("2,bB,null|30,null,2024-01-01", await _lake.TextAsync("select * from silver.k order by id"));
        var version = (await table.HistoryAsync(1, Cancel))[0];
        Assert.Equal("MERGE", version.Operation);
        Assert.Equal("1", version.Metrics["numTargetRowsInserted"]);
    }

    [Fact]
    public async Task Changes_are_kept_where_the_table_asks_for_them()
    {
        var table = await EnsureAsync("silver.c", "id:long n:integer", ("delta.enableChangeDataFeed", "true"));
        await table.AppendAsync(RowSource.Query("select range as id, 0 as n from range(5)"), null, Cancel);
        await table.MergeAsync(
            RowSource.Query("select 1 as id, 7 as n union all select 2, null union all select 9, 9"),
            "target.id = source.id",
            static m => m.WhenMatchedDelete("source.n is null").WhenMatchedUpdateAll().WhenNotMatchedInsertAll(),
            null,
            Cancel);
        await table.DeleteAsync("id < 1", null, Cancel);
        await table.DeleteAsync("true", null, Cancel);
        Assert.Equal(["1|0|update_preimage", "1|7|update_postimage", "2|0|delete", "9|9|insert"], await FeedAsync(table, 2));
        Assert.Equal(["0|0|delete"], await FeedAsync(table, 3));

        // Whole files that come or go tell by themselves.
        Assert.Empty(await FeedAsync(table, 1));
        Assert.Empty(await FeedAsync(table, 4));
    }

    [Fact]
    public async Task Rows_are_not_removed_from_a_table_that_only_grows()
    {
        var table = await EnsureAsync("silver.a", "id:long", ("delta.appendOnly", "true"));
        await table.AppendAsync(RowSource.Query("select range as id from range(5)"), null, Cancel);
        await Assert.ThrowsAsync<TarnException>(() => table.DeleteAsync("id = 1", null, Cancel));
        await Assert.ThrowsAsync<TarnException>(() => table.DeleteAsync(null, null, Cancel));
        await Assert.ThrowsAsync<TarnException>(() => table.UpdateAsync(new Dictionary<string, string> { ["id"] = "id + 1" }, null, null, Cancel));
        await Assert.ThrowsAsync<TarnException>(() => table.OverwriteAsync(RowSource.Query("select 1 as id"), null, null, Cancel));
        await Assert.ThrowsAsync<TarnException>(() => table.OverwriteAsync<Id>([new(1)], null, Cancel));
        Assert.Equal(1, (await table.MergeAsync(RowSource.Query("select 1 as id union all select 77"), "target.id = source.id", static m => m.WhenNotMatchedInsertAll(), null, Cancel)).RowsInserted);
        Assert.Equal(2, (await table.SnapshotAsync(null, Cancel)).FileCount);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_lake.Root, "silver/a"), "*.parquet").Length);
    }

    [Fact]
    public async Task A_keyed_table_replaces_rows_and_so_refuses_to_merge_into_one_that_only_grows()
    {
        var keyed = new KeyedTable<Named>(_lake.Lake, "silver.n", static t => t.Key(static n => n.Id).Newest(static n => n.Name));
        await keyed.MergeAsync([new(1, "a")], null, Cancel);
        await keyed.Table.SetPropertiesAsync(new Dictionary<string, string?> { ["delta.appendOnly"] = "true" }, Cancel);
        await Assert.ThrowsAsync<TarnException>(() => keyed.MergeAsync([new(1, "b")], null, Cancel));
        await keyed.Table.SetPropertiesAsync(new Dictionary<string, string?> { ["delta.appendOnly"] = null }, Cancel);
        Assert.Equal(1, (await keyed.MergeAsync([new(1, "b")], null, Cancel)).Updated);
    }

    [Theory]
    [InlineData("id = 1) OR (true")]
    [InlineData("id = 1; DROP TABLE x")]
    [InlineData("(select 1) = id")]
    [InlineData("1, 2")]
    [InlineData("id from x where (true")]
    [InlineData("*")]
    [InlineData("nothing = 1")]
    public async Task A_condition_is_one_expression_over_the_columns(string where)
    {
        var table = await EnsureAsync("silver.s", "id:long");
        await table.AppendAsync(RowSource.Query("select range as id from range(5)"), null, Cancel);
        var error = await Assert.ThrowsAsync<TarnException>(() => table.DeleteAsync(where, null, Cancel));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        Assert.Equal(5, (await table.SnapshotAsync(null, Cancel)).RowCount);
    }

    [Fact]
    public async Task Changes_of_two_lakes_at_once_lose_nothing()
    {
        var table = await EnsureAsync("silver.b", "id:long n:integer", ("delta.enableDeletionVectors", "true"));
        await table.AppendAsync(RowSource.Query("select range as id, 0 as n from range(200)"), null, Cancel);
        await using var other = new Lake(new LocalObjectStore(_lake.Root), null, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, 77), Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var second = other.Table("silver.b");
        await Task.WhenAll(
            Task.Run(async () =>
            {
                for (var i = 0; i < 10; i++)
                {
                    await table.DeleteAsync($"id = {i}", null, Cancel);
                }
            }, Cancel),
            Task.Run(async () =>
            {
                for (var i = 0; i < 10; i++)
                {
                    await second.UpdateAsync(new Dictionary<string, string> { ["n"] = "n + 1" }, $"id = {100 + i}", null, Cancel);
                }
            }, Cancel));
        Assert.Equal("190,10", await _lake.TextAsync("select count(*), sum(n) from silver.b"));
    }

    private async Task<List<string>> FeedAsync(LakeTable table, long version)
    {
        var commit = await table.Log.Log.ReadCommitAsync(version, Cancel);
        var rows = new List<string>();
        foreach (var file in commit!.Actions.OfType<CdcFile>())
        {
            using var lease = _lake.Lake.DuckDb.Rent();
            using var result = lease.Connection.Query($"SELECT concat_ws('|', id, n, _change_type) FROM read_parquet({SqlNames.Text(Path.Combine(_lake.Root, table.Folder, file.Path))})");
            while (result.Fetch() is { } chunk)
            {
                using (chunk)
                {
                    rows.AddRange(Enumerable.Range(0, chunk.Count).Select(i => chunk.Column(0).GetString(i)));
                }
            }
        }

        return [.. rows.Order(StringComparer.Ordinal)];
    }

    private Task<LakeTable> EnsureAsync(string name, string columns, params (string Name, string Value)[] properties) =>
        _lake.Lake.EnsureTableAsync(new TableDefinition(name, SqlLake.Schema(columns)) { Properties = properties.ToDictionary(static p => p.Name, static p => p.Value) }, Cancel);

    private sealed record Named(long Id, string Name);

    private sealed record Id([property: ColumnName("id")] long Value);
}
