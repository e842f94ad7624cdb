using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

public sealed class EvolutionTests : IAsyncDisposable
{
    private readonly SqlLake _lake = new("evolution", new LakeOptions { OptimizeAbove = 0 });

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _lake.DisposeAsync();

    [Fact]
    public async Task A_constraint_holds_for_the_rows_that_are_there_and_for_every_way_of_writing()
    {
        var table = await EnsureAsync("silver.c", "id:long n:integer");
        await table.AppendAsync<Row>([new(1, 5), new(2, -5)], null, Cancel);
        var there = await Assert.ThrowsAsync<TarnException>(() => table.AddConstraintAsync("positive", "n > 0", Cancel));
        Assert.Contains("\"n\":-5", there.Value, StringComparison.Ordinal);
        await table.DeleteAsync("n < 0", null, Cancel);
        await table.AddConstraintAsync("Positive", "`n` > 0", Cancel);
        Func<Task>[] writes =
        [
            () => table.AppendAsync<Row>([new(3, 1), new(4, 0)], null, Cancel),
            () => table.AppendAsync(RowSource.Query("select range as id, (3 - range)::integer as n from range(5)"), null, Cancel),
            () => table.AppendAsync(RowSource.Query("select 9 as id"), null, Cancel),
            () => table.OverwriteAsync<Row>([new(4, 0)], null, Cancel),
            () => table.UpdateAsync(new Dictionary<string, string> { ["n"] = "n - 5" }, null, null, Cancel),
            () => table.MergeAsync(RowSource.Query("select 1 as id, -1 as n"), "target.id = source.id", static m => m.WhenMatchedUpdateAll(), null, Cancel),
            () => table.MergeAsync(RowSource.Query("select 8 as id, -1 as n"), "target.id = source.id", static m => m.WhenNotMatchedInsertAll(), null, Cancel),
        ];
        foreach (var write in writes)
        {
            var error = await Assert.ThrowsAsync<TarnException>(write);
            Assert.Equal(ErrorKind.InvalidInput, error.Kind);
            Assert.Contains("Constraint positive of table silver.c", error.Rule, StringComparison.Ordinal);
            Assert.Matches("""^\{"id":\d+,"n":(-?\d+|null)\}$""", error.Value);
        }

        Assert.Equal("1,5", await _lake.TextAsync("select * from silver.c"));
        await Assert.ThrowsAsync<TarnException>(() => table.AddConstraintAsync("positive", "n > 1", Cancel));
        await table.DropConstraintAsync("POSITIVE", Cancel);
        await table.AppendAsync<Row>([new(4, 0)], null, Cancel);
        Validate("silver/c");
    }

    [Fact]
    public async Task A_keyed_table_keeps_its_constraints_too()
    {
        var keyed = new KeyedTable<Versioned>(_lake.Lake, "silver.k", static t => t.Key(static v => v.Id).Newest(static v => v.At).PartitionBy(static v => v.At, Grain.Month));
        await keyed.MergeAsync([new("a", 1, DateTimeOffset.UnixEpoch)], null, Cancel);
        await keyed.Table.AddConstraintAsync("small", "n < 10 AND at_month IS NOT NULL", Cancel);
        await keyed.MergeAsync([new("b", 2, DateTimeOffset.UnixEpoch)], null, Cancel);
        var error = await Assert.ThrowsAsync<TarnException>(() => keyed.MergeAsync([new("c", 20, DateTimeOffset.UnixEpoch)], null, Cancel));
        Assert.Contains("Constraint small", error.Rule, StringComparison.Ordinal);
        Assert.Equal("2", await _lake.TextAsync("select count(*) from silver.k"));
    }

    [Fact]
    public async Task A_keyed_table_reads_and_writes_files_with_marked_rows_and_mapped_columns_and_keeps_its_changes()
    {
        var keyed = new KeyedTable<Versioned>(_lake.Lake, "silver.d", static t => t.Key(static v => v.Id).Newest(static v => v.At).History());
        await keyed.MergeAsync([.. Enumerable.Range(0, 400).Select(static i => new Versioned($"k{i:D3}", i, DateTimeOffset.UnixEpoch))], null, Cancel);
        await keyed.Table.SetPropertiesAsync(new Dictionary<string, string?> { ["delta.enableDeletionVectors"] = "true", ["delta.columnMapping.mode"] = "name", ["delta.enableChangeDataFeed"] = "true" }, Cancel);
        Assert.Equal(1, (await keyed.Table.DeleteAsync("id = 'k007'", null, Cancel)).DeletionVectors);
        Assert.Empty(await keyed.FindAsync(["k007"], Cancel));
        var result = await keyed.MergeAsync([new("k007", 70, DateTimeOffset.UnixEpoch), new("k008", 80, DateTimeOffset.UnixEpoch.AddDays(1))], null, Cancel);
        Assert.Equal((1, 1), (result.Inserted, result.Updated));
        Assert.Equal("400,400,70,80", await _lake.TextAsync("select count(*), count(distinct id), max(n) filter (id = 'k007'), max(n) filter (id = 'k008') from silver.d"));
        var changes = (await keyed.Table.Log.Log.ReadCommitAsync(result.Version, Cancel))!.Actions.OfType<CdcFile>().ToList();
        Assert.Single(changes);
        using var lease = _lake.Lake.DuckDb.Rent();
        Assert.Equal(
            "insert,update_postimage,update_preimage",
            lease.Connection.Scalar($"select string_agg(_change_type, ',' order by _change_type) from read_parquet({SqlNames.Text(Path.Combine(_lake.Root, "silver/d", changes[0].Path))})"));
        Validate("silver/d");
        Validate("silver/d_history");
    }

    [Fact]
    public async Task Columns_are_mapped_renamed_dropped_and_added_again()
    {
        var table = await EnsureAsync("silver.m", "id:long old:string gone:integer day:date", "day");
        await table.AppendAsync(RowSource.Query("select range as id, 'x' || range as old, range::integer as gone, date '2024-01-01' as day from range(3)"), null, Cancel);
        await Assert.ThrowsAsync<TarnException>(() => table.RenameColumnAsync("old", "new", Cancel));
        await table.SetPropertiesAsync(new Dictionary<string, string?> { ["delta.columnMapping.mode"] = "name" }, Cancel);
        await table.RenameColumnAsync("OLD", "new name, with {all}", Cancel);
        await table.RenameColumnAsync("day", "date", Cancel);
        await table.DropColumnsAsync(["gone"], Cancel);
        await table.AddColumnsAsync([new Column("gone", ColumnType.String)], Cancel);
        await table.AppendAsync(RowSource.Query("""select 7 as id, 'y' as "new name, with {all}", date '2024-02-01' as date, 'back' as gone"""), null, Cancel);
        await table.UpdateAsync(new Dictionary<string, string> { ["gone"] = "'was ' || id" }, "id = 1", null, Cancel);
        Assert.Equal(
            "0,x0,2024-01-01,null|1,x1,2024-01-01,was 1|2,x2,2024-01-01,null|7,y,2024-02-01,back",
            await _lake.TextAsync("""select id, "new name, with {all}", date, gone from silver.m order by id"""));
        var error = await Assert.ThrowsAsync<TarnException>(() => table.SetPropertiesAsync(new Dictionary<string, string?> { ["delta.columnMapping.mode"] = "none" }, Cancel));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        await Assert.ThrowsAsync<TarnException>(() => table.DropColumnsAsync(["date"], Cancel));
        await table.OptimizeAsync(Cancel);
        Assert.Equal("4", await _lake.TextAsync("select count(*) from silver.m"));
        Validate("silver/m");
    }

    [Fact]
    public async Task Types_are_widened_where_the_table_allows_it_and_old_files_are_read_so()
    {
        var table = await EnsureAsync("silver.w", "id:integer x:float d:decimal");
        await table.AppendAsync(RowSource.Query("select 1::integer as id, 0.5::float as x, 1.25::decimal(10,2) as d"), null, Cancel);
        await Assert.ThrowsAsync<TarnException>(() => table.WidenColumnAsync("id", ColumnType.Long, Cancel));
        await table.SetPropertiesAsync(new Dictionary<string, string?> { ["delta.enableTypeWidening"] = "true" }, Cancel);
        await table.WidenColumnAsync("id", ColumnType.Long, Cancel);
        await table.WidenColumnAsync("d", ColumnType.Decimal(14, 4), Cancel);
        await Assert.ThrowsAsync<TarnException>(() => table.WidenColumnAsync("id", ColumnType.Integer, Cancel));
        await table.AppendAsync(RowSource.Query("select 5000000000 as id, 0.1::double as x"), new WriteOptions { MergeSchema = true }, Cancel);
        Assert.Equal("1,0.5,1.2500|5000000000,0.1,null", await _lake.TextAsync("select * from silver.w order by id"));
        await table.DeleteAsync("id = 5000000000", null, Cancel);
        await table.UpdateAsync(new Dictionary<string, string> { ["id"] = "id + 6000000000" }, null, null, Cancel);
        Assert.Equal("6000000001,0.5,1.2500", await _lake.TextAsync("select * from silver.w"));
        Assert.Contains("typeWidening", (await table.StateAsync(null, Cancel)).Protocol!.ReaderFeatures!);
        Validate("silver/w");
    }

    [Fact]
    public async Task Statistics_are_of_the_columns_that_the_table_names()
    {
        var schema = new TableSchema([new Column("s", new StructType(SqlLake.Schema("a:integer b:string"))), .. SqlLake.Schema("x:long y:long").Columns]);
        var table = await _lake.Lake.EnsureTableAsync(new TableDefinition("silver.s", schema), Cancel);
        const string rows = "select {a: range::integer, b: 'b' || range} as s, range as x, range as y from range(3)";
        await table.AppendAsync(RowSource.Query(rows), null, Cancel);
        await table.SetPropertiesAsync(new Dictionary<string, string?> { ["delta.dataSkippingNumIndexedCols"] = "1" }, Cancel);
        await table.AppendAsync(RowSource.Query(rows), null, Cancel);
        await table.SetPropertiesAsync(new Dictionary<string, string?> { ["delta.dataSkippingStatsColumns"] = "`s`.b, y" }, Cancel);
        await table.AppendAsync(RowSource.Query(rows), null, Cancel);
        var stats = (await table.StateAsync(null, Cancel)).Files.Values.OrderBy(static f => f.Action.ModificationTime).ThenBy(static f => f.Stats!.Length).Select(static f => f.Stats).ToHashSet();
        Assert.Equal(
            new HashSet<string?>
            {
                """{"numRecords":3,"minValues":{"s":{"a":0,"b":"b0"},"x":0,"y":0},"maxValues":{"s":{"a":2,"b":"b2"},"x":2,"y":2},"nullCount":{"s":{"a":0,"b":0},"x":0,"y":0}}""",
                """{"numRecords":3,"minValues":{"s":{"a":0}},"maxValues":{"s":{"a":2}},"nullCount":{"s":{"a":0}}}""",
                """{"numRecords":3,"minValues":{"s":{"b":"b0"},"y":0},"maxValues":{"s":{"b":"b2"},"y":2},"nullCount":{"s":{"b":0},"y":0}}""",
            },
            stats);
        Validate("silver/s");
    }

    [Fact]
    public async Task Z_order_keeps_rows_alike_together_and_changes_none()
    {
        await using var lake = new SqlLake("z", new LakeOptions { OptimizeAbove = 0, TargetFileBytes = 1 << 20 });
        var table = await lake.Lake.EnsureTableAsync(new TableDefinition("silver.z", SqlLake.Schema("x:integer y:string h:string")), Cancel);
        await table.AppendAsync(RowSource.Query("select (range * 7919 % 1000)::integer as x, 'y' || lpad((range * 104729 % 1000)::varchar, 3, '0') as y, md5(range::varchar) as h from range(600000)"), null, Cancel);
        var before = await lake.TextAsync("select count(*), sum(x), md5(string_agg(h, '' order by h)) from silver.z");
        var result = await table.OptimizeAsync(new OptimizeOptions { ZOrderBy = ["x", "y"] }, Cancel);
        Assert.True(result.FilesAdded > 3, $"{result.FilesAdded} files");
        Assert.Equal(before, await lake.TextAsync("select count(*), sum(x), md5(string_agg(h, '' order by h)) from silver.z"));
        var files = (await table.SnapshotAsync(null, Cancel)).Files.Select(static f => System.Text.Json.JsonDocument.Parse(f.Stats!).RootElement).ToList();
        var narrow = files.Count(static f => f.GetProperty("maxValues").GetProperty("x").GetInt32() - f.GetProperty("minValues").GetProperty("x").GetInt32() < 600);
        Assert.True(narrow >= files.Count / 2, $"{narrow} of {files.Count}");
        DeltaLogValidator.Require(Path.Combine(lake.Root, "silver/z"));
        await Assert.ThrowsAsync<TarnException>(() => table.OptimizeAsync(new OptimizeOptions { ZOrderBy = ["nothing"] }, Cancel));
    }

    private void Validate(string folder) => DeltaLogValidator.Require(Path.Combine(_lake.Root, folder));

    private Task<LakeTable> EnsureAsync(string name, string columns, params string[] partitionBy) =>
        _lake.Lake.EnsureTableAsync(new TableDefinition(name, SqlLake.Schema(columns)) { PartitionBy = partitionBy }, Cancel);

    private sealed record Row(long Id, int N);

    private sealed record Versioned(string Id, int N, DateTimeOffset At);
}
