using System.Globalization;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Xunit;

namespace Tarn.S3.Tests;

/// <summary>Queries over S3 fetch what they need, once, and find tables by where they are.</summary>
public sealed class QueryTests(MotoServer server) : IAsyncLifetime
{
    private const int Rows = 60_000;

    private readonly S3Lakes _lakes = new();
    private ProxiedStore _stores = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _stores = await ProxiedStore.StartAsync(server);

    public async ValueTask DisposeAsync()
    {
        await _lakes.DisposeAsync();
        if (_stores is not null)
        {
            await _stores.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_query_of_one_column_of_many_fetches_a_small_part_of_the_table_and_the_next_one_nothing()
    {
        var size = await WriteWideAsync();
        var counted = new FaultyObjectStore(_stores.Direct, static _ => Fault.None);
        var lake = _lakes.Open(counted);
        Assert.Equal([Rows.ToString(CultureInfo.InvariantCulture)], await S3Lakes.LinesAsync(lake, "select count(*) from bronze.wide"));
        var log = counted.BytesFetched;
        var expected = await S3Lakes.LinesAsync(_lakes.Open(_stores.Direct), "from (select * from bronze.wide) select sum(c7 % 1000), max(c7)");
        Assert.Equal(expected, await S3Lakes.LinesAsync(lake, "select sum(c7 % 1000), max(c7) from bronze.wide"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{counted.BytesFetched - log} of {size} bytes for one column of 30, {log} for the count");
        Assert.InRange(counted.BytesFetched - log, size / 60, size / 10);
        var once = counted.BytesFetched;
        Assert.Equal(expected, await S3Lakes.LinesAsync(lake, "select sum(c7 % 1000), max(c7) from bronze.wide"));
        Assert.Equal(once, counted.BytesFetched);
    }

    [Fact]
    public async Task A_table_is_found_by_where_it_is_in_another_lake_of_the_same_bucket()
    {
        await WriteWideAsync();
        var local = new LocalObjectStore(Path.Combine(_lakes.Folder, "local"), new LocalStoreOptions { Durable = false });
        var lake = _lakes.Open(local, new LakeOptions { ReadableFolders = [$"s3://{_stores.Bucket}/lake"] }, location => _stores.OpenAt(location));
        foreach (var scheme in new[] { "s3", "s3a" })
        {
            Assert.Equal(
                [Rows.ToString(CultureInfo.InvariantCulture)], await S3Lakes.LinesAsync(lake, $"select count(c3) from delta_scan('{scheme}://{_stores.Bucket}/lake/bronze/wide')"));
        }

        var error = await Assert.ThrowsAsync<TarnException>(() => S3Lakes.LinesAsync(lake, $"select 1 from delta_scan('s3://{_stores.Bucket}/other/bronze/wide')"));
        Assert.Contains("ReadableFolders", error.Message, StringComparison.Ordinal);

        // From within its own lake, by its own address.
        var own = _lakes.Open(_stores.Direct);
        Assert.Equal(["1"], await S3Lakes.LinesAsync(own, $"select count(*) from (select max(c1) from delta_scan('s3://{_stores.Bucket}/lake/bronze/wide', version => 1))"));
    }

    /// <summary>A table of 30 columns of random numbers; returns the bytes of its data files.</summary>
    private async Task<long> WriteWideAsync()
    {
        var columns = Enumerable.Range(0, 30).Select(static c => $"c{c}").ToList();
        var lake = _lakes.Open(_stores.Direct);
        var table = await lake.EnsureTableAsync(new TableDefinition("bronze.wide", new TableSchema(columns.Select(static c => new Column(c, ColumnType.Long)))), Cancel);
        await table.AppendAsync(RowSource.Query($"select {string.Join(", ", columns.Select(static (c, i) => $"(hash(i * 1000 + {i}) >> 1)::bigint as {c}"))} from range({Rows}) r(i)"), null, Cancel);
        return (await table.SnapshotAsync(null, Cancel)).Files.Sum(static f => f.Size);
    }
}
