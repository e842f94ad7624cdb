using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Writes to a store whose objects are no local files, and to one that fails.</summary>
public sealed class RemoteWriteTests : IAsyncDisposable
{
    private readonly Lakes _lakes = new();
    private readonly TemporaryDirectory _temporary = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _lakes.DisposeAsync();
        _temporary.Dispose();
    }

    [Fact]
    public async Task Every_write_does_the_same_in_a_store_elsewhere()
    {
        var lake = Open(static _ => Fault.None);
        var table = await EnsureAsync(lake);
        await table.AppendAsync(RowSource.Query("select range as id, 'p' || (range % 3) as part, range::integer as n from range(3000)"), null, Cancel);
        Assert.Equal(3, (await table.DeleteAsync("id in (1, 2, 3)", null, Cancel)).DeletionVectors);
        var merged = await table.MergeAsync(
            RowSource.Query("select range * 10 as id, 'p0' as part, -1 as n from range(400)"), "target.id = source.id", static m => m.WhenMatchedUpdateAll().WhenNotMatchedInsertAll(), null, Cancel);
        Assert.Equal((300, 100), (merged.RowsUpdated, merged.RowsInserted));
        await table.OverwriteAsync(RowSource.Query("select 7 as id, 'p1' as part, 7 as n"), "part = 'p1'", null, Cancel);
        await table.OptimizeAsync(new OptimizeOptions { ZOrderBy = ["id"], Where = "part = 'p0'" }, Cancel);
        await using var result = await lake.Sql.QueryAsync("select count(*), sum(n) filter (n = -1), count(distinct part) from silver.t", null, Cancel);
        var row = (await result.ToListAsync(Cancel)).Single();
        Assert.Equal((await CountAsync()).ToString(System.Globalization.CultureInfo.InvariantCulture), row[0]!.ToString());
        Assert.Equal("-400", row[1]!.ToString());
        DeltaLogValidator.Require(Path.Combine(_lakes.Root, "silver/t"));
        Assert.Empty(Directory.GetFiles(_temporary.Path, "*.parquet", SearchOption.TopDirectoryOnly));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_that_the_store_fails_changes_nothing_and_leaves_no_file(bool remote)
    {
        var failing = false;
        var lake = _lakes.Open(Options(), new FaultyObjectStore(_lakes.Local, call => failing && call.Path.EndsWith(".bin", StringComparison.Ordinal) ? Fault.Before : Fault.None, remote));
        var table = await EnsureAsync(lake);
        await table.AppendAsync(RowSource.Query("select range as id, 'p0' as part, 1 as n from range(1000)"), null, Cancel);
        var before = Files();
        failing = true;
        var error = await Assert.ThrowsAsync<TarnException>(() => table.UpdateAsync(new Dictionary<string, string> { ["n"] = "2" }, "id = 5", null, Cancel));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Equal(before, Files());
        failing = false;
        Assert.Equal(1, (await table.UpdateAsync(new Dictionary<string, string> { ["n"] = "2" }, "id = 5", null, Cancel)).RowsUpdated);
    }

    [Fact]
    public async Task Tables_of_generated_columns_give_rows_up_and_take_none()
    {
        var lake = _lakes.Open(Options());
        var table = await lake.EnsureTableAsync(new TableDefinition("silver.g", SqlLake.Schema("id:long twice:long")), Cancel);
        await table.AppendAsync(RowSource.Query("select range as id, range * 2 as twice from range(10)"), null, Cancel);
        var state = await table.StateAsync(null, Cancel);
        var metadata = state.Metadata! with { SchemaString = state.Metadata.SchemaString.Replace("\"name\":\"twice\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}", "\"name\":\"twice\",\"type\":\"long\",\"nullable\":true,\"metadata\":{\"delta.generationExpression\":\"id * 2\"}", StringComparison.Ordinal) };
        await table.CommitAsync(state, new CommitPlan { Operation = "CHANGE COLUMN", Rule = ConflictRule.ReadAndRewrite, Actions = [TableProtocol.With(state.Protocol!, TableFeature.GeneratedColumns), metadata] }, 0, 0, Cancel);
        foreach (var write in new Func<Task>[]
        {
            () => table.AppendAsync(RowSource.Query("select 1 as id"), null, Cancel),
            () => table.UpdateAsync(new Dictionary<string, string> { ["id"] = "1" }, null, null, Cancel),
            () => table.MergeAsync(RowSource.Query("select 1 as id"), "target.id = source.id", static m => m.WhenNotMatchedInsertAll(), null, Cancel),
        })
        {
            var error = await Assert.ThrowsAsync<TarnException>(write);
            Assert.Equal(ErrorKind.Unsupported, error.Kind);
            Assert.Contains("Column twice", error.Rule, StringComparison.Ordinal);
        }

        Assert.Equal(1, (await table.DeleteAsync("id = 3", null, Cancel)).RowsDeleted);
    }

    private Lake Open(Func<StoreCall, Fault> decide) => _lakes.Open(Options(), new FaultyObjectStore(_lakes.Local, decide, isRemote: true));

    private LakeOptions Options() => new() { OptimizeAbove = 0, TemporaryFolder = _temporary.Path };

    private static Task<LakeTable> EnsureAsync(Lake lake) => lake.EnsureTableAsync(
        new TableDefinition("silver.t", SqlLake.Schema("id:long part:string n:integer"))
        {
            PartitionBy = ["part"],
            Properties = new Dictionary<string, string> { ["delta.enableDeletionVectors"] = "true", ["delta.enableChangeDataFeed"] = "true" },
        },
        Cancel);

    private async Task<long> CountAsync() => (await _lakes.Open().Table("silver.t").SnapshotAsync(null, Cancel)).RowCount!.Value;

    private List<string> Files() => [.. Directory.GetFiles(Path.Combine(_lakes.Root, "silver/t"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
