using System.Text.Json;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Native;
using Xunit;

namespace Tarn.Lake.Tests;

public sealed class SourceWriteTests : IAsyncDisposable
{
    private readonly SqlLake _lake = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _lake.DisposeAsync();

    [Fact]
    public async Task Rows_of_a_class_a_query_and_files_are_appended_by_the_names_of_their_columns()
    {
        var table = await EnsureAsync("silver.t", "id:long name:string x:double");
        Assert.Equal(new CommitResult(1, true, 2, 0), await table.AppendAsync(RowSource.Of<Named>([new("a", 1), new("b", 2)]), null, Cancel));
        var parameters = new Dictionary<string, object?> { ["from"] = 2 };
        Assert.Equal(1, (await table.AppendAsync(RowSource.Query("select ID + 10 as ID, upper(name) as Name, 1.5::float as x from silver.t where id >= $from", parameters), null, Cancel)).RowsAdded);
        using var folder = new TemporaryDirectory();
        var file = folder.Combine("o'ne [a].parquet");
        using (var database = DuckDbDatabase.Open())
        {
            using var connection = database.Connect();
            connection.Execute($"COPY (SELECT 7::INTEGER AS id, 'seven' AS name) TO {SqlNames.Text(file)} (FORMAT parquet)");
        }

        Assert.Equal(1, (await table.AppendAsync(RowSource.ParquetFiles(file), null, Cancel)).RowsAdded);
        Assert.Equal("1,a,null|2,b,null|7,seven,null|12,B,1.5", await _lake.TextAsync("select * from silver.t order by id"));
        Assert.Equal(4, (await table.SnapshotAsync(null, Cancel)).RowCount);
    }

    [Fact]
    public async Task Large_sources_become_several_files_with_statistics()
    {
        var lake = new SqlLake("small", new LakeOptions { TargetFileBytes = 1 << 20, OptimizeAbove = 0 });
        await using (lake)
        {
            var table = await lake.Lake.EnsureTableAsync(new TableDefinition("silver.big", SqlLake.Schema("id:long h:string")), Cancel);
            await table.AppendAsync(RowSource.Query("select range as id, md5(range::varchar) as h from range(300000)"), null, Cancel);
            var snapshot = await table.SnapshotAsync(null, Cancel);
            Assert.InRange(snapshot.FileCount, 3, 40);
            Assert.Equal(300000, snapshot.RowCount);
            Assert.Equal("300000,0,299999", await lake.TextAsync("select count(*), min(id), max(id) from silver.big"));
            Assert.All(snapshot.Files, static f => Assert.Equal(new[] { "id", "h" }, JsonDocument.Parse(f.Stats!).RootElement.GetProperty("minValues").EnumerateObject().Select(static p => p.Name)));
            Assert.All(snapshot.Files, f => Assert.Equal(new FileInfo(Path.Combine(lake.Root, "silver/big", f.Path)).Length, f.Size));
        }
    }

    [Fact]
    public async Task Partitions_of_every_type_are_told_apart_and_read_back()
    {
        var table = await EnsureAsync("silver.p", "v:long s:string d:date t:timestamp n:timestampNtz b:boolean i:integer m:decimal", "s", "d", "t", "n", "b", "i", "m");
        const string source = """
            select 1 as v, 'a/b c%é' as s, date '2024-02-29' as d, timestamptz '2024-01-01 10:00:00.000001+02' as t, timestamp '2024-01-01 10:00:00' as n, true as b, 5 as i, 1.50::decimal(10,2) as m
            union all select 2, '', null, null, null, null, null, null
            union all select 3, null, null, null, null, null, null, null
            """;
        await table.AppendAsync(RowSource.Query(source), null, Cancel);
        Assert.Equal(
            "1,a/b c%é,2024-02-29,2024-01-01T08:00:00.000001Z,01/01/2024 10:00:00,True,5,1.50|2,null,null,null,null,null,null,null|3,null,null,null,null,null,null,null",
            await _lake.TextAsync("select * from silver.p order by v"));
        Assert.Equal(3, (await table.SnapshotAsync(null, Cancel)).RowCount);
        Assert.Equal("1", await _lake.TextAsync("select v from silver.p where t = timestamptz '2024-01-01 08:00:00.000001+00' and s = 'a/b c%é' and m = 1.5"));
    }

    [Theory]
    [InlineData("select 1::bigint as id, 2 as other", "other")]
    [InlineData("select 'x' as id", "id")]
    [InlineData("select 1.5::double as id", "id")]
    [InlineData("select 1 as id, 2 as ID", "id")]
    [InlineData("select 1 as id, now() as day", "day")]
    public async Task Columns_that_do_not_fit_are_refused_by_name(string source, string column)
    {
        var table = await EnsureAsync("silver.f", "id:integer day:date");
        var error = await Assert.ThrowsAsync<TarnException>(() => table.AppendAsync(RowSource.Query(source), null, Cancel));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        Assert.Contains(column, error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, (await table.SnapshotAsync(null, Cancel)).FileCount);
    }

    [Fact]
    public async Task A_value_out_of_range_fails_the_write_and_leaves_nothing()
    {
        var table = await EnsureAsync("silver.r", "id:integer");
        await Assert.ThrowsAsync<TarnException>(() => table.AppendAsync(RowSource.Query("select range * 3000000000 as id from range(3)"), null, Cancel));
        Assert.Equal(0, (await table.SnapshotAsync(null, Cancel)).FileCount);
        Assert.Empty(Directory.GetFiles(Path.Combine(_lake.Root, "silver/r"), "*.parquet"));
    }

    [Fact]
    public async Task Merging_the_schema_adds_columns_and_widens_types_where_the_table_allows_it()
    {
        var table = await EnsureAsync("silver.e", "id:integer");
        await table.AppendAsync(RowSource.Query("select 1 as id"), null, Cancel);
        var options = new WriteOptions { MergeSchema = true };
        await table.AppendAsync(RowSource.Query("select 2 as id, {a: 1, b: ['x']} as extra, timestamp '2024-01-01' as local"), options, Cancel);
        Assert.Equal("1,null|2,1", await _lake.TextAsync("select id, extra.a from silver.e order by id"));
        Assert.Contains("timestampNtz", (await table.StateAsync(null, Cancel)).Protocol!.WriterFeatures!);
        await Assert.ThrowsAsync<TarnException>(() => table.AppendAsync(RowSource.Query("select 1.5::double as id"), options, Cancel));
    }

    [Fact]
    public async Task Overwriting_replaces_all_or_the_partitions_that_come()
    {
        var table = await EnsureAsync("silver.o", "id:long day:date", "day");
        await table.AppendAsync(RowSource.Query("select range as id, date '2024-01-01' + (range % 3)::integer as day from range(9)"), null, Cancel);
        var result = await table.OverwriteAsync(RowSource.Query("select 100 as id, date '2024-01-02' as day"), null, new WriteOptions { PartitionOverwrite = true }, Cancel);
        Assert.Equal((1, 3), (result.RowsAdded, result.RowsRemoved));
        Assert.Equal("0,1|3,1|6,1|100,2|2,3|5,3|8,3", await _lake.TextAsync("select id, day(day) from silver.o order by day, id"));
        Assert.Equal(7, (await table.OverwriteAsync(RowSource.Query("select 1 as id, date '2025-01-01' as day"), null, null, Cancel)).RowsRemoved);
        Assert.Equal("1", await _lake.TextAsync("select count(*) from silver.o"));
    }

    [Fact]
    public async Task A_write_is_made_once_for_its_transaction()
    {
        var table = await EnsureAsync("silver.x", "id:long");
        var options = new WriteOptions { Transactions = [new AppTransaction("app", 5)] };
        Assert.True((await table.AppendAsync(RowSource.Query("select 1 as id"), options, Cancel)).Committed);
        Assert.False((await table.AppendAsync(RowSource.Query("select 1 as id"), options, Cancel)).Committed);
        Assert.True((await table.AppendAsync(RowSource.Query("select 1 as id where false"), options with { Transactions = [new AppTransaction("app", 6)] }, Cancel)).Committed);
        Assert.Equal("1", await _lake.TextAsync("select count(*) from silver.x"));
    }

    private Task<LakeTable> EnsureAsync(string name, string columns, params string[] partitionBy) =>
        _lake.Lake.EnsureTableAsync(new TableDefinition(name, SqlLake.Schema(columns)) { PartitionBy = partitionBy }, Cancel);

    private sealed record Named(string Name, long Id);
}
