using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

public sealed class RestoreTests : IAsyncDisposable
{
    private readonly Lakes _lakes = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _lakes.DisposeAsync();

    [Fact]
    public async Task A_table_goes_back_to_a_version_or_an_instant_and_forth_again()
    {
        var lake = _lakes.Open(new LakeOptions { OptimizeAbove = 0 });
        var definition = new TableDefinition("bronze.lines", RowMapping<CommitTests.Line>.Instance.Schema);
        var table = await lake.EnsureTableAsync(definition, Cancel);
        await table.AppendAsync<CommitTests.Line>([new(1, 1)], new WriteOptions { Transactions = [new("a", 1)] }, Cancel);
        await table.AppendAsync<CommitTests.Line>([new(1, 2)], null, Cancel);
        var then = _lakes.Time.GetUtcNow().AddMinutes(1);
        _lakes.Time.Advance(TimeSpan.FromHours(1));
        await table.OverwriteAsync<CommitTests.Line>([new(2, 3)], new WriteOptions { Transactions = [new("a", 9)] }, Cancel);
        await lake.EnsureTableAsync(definition with { Description = "Later.", Properties = new Dictionary<string, string> { ["tarn.x"] = "1" } }, Cancel);

        var result = await table.RestoreAsync(AsOf.Time(then), Cancel);
        Assert.Equal((5, 2, 1), (result.Version, result.RowsAdded, result.RowsRemoved));
        var snapshot = await table.SnapshotAsync(null, Cancel);
        Assert.Equal(["1|1", "1|2"], _lakes.Lines(snapshot, "writer, number"));
        Assert.Equal((null, 0), (snapshot.Description, snapshot.Properties.Count));
        Assert.Equal(9, snapshot.TransactionVersion("a"));
        Assert.Equal("RESTORE", (await table.HistoryAsync(1, Cancel))[0].Operation);
        Assert.False((await table.RestoreAsync(AsOf.Version(2), Cancel)).Committed);

        await table.RestoreAsync(AsOf.Version(4), Cancel);
        snapshot = await table.SnapshotAsync(null, Cancel);
        Assert.Equal(["2|3"], _lakes.Lines(snapshot, "writer, number"));
        Assert.Equal("Later.", snapshot.Description);
    }

    [Fact]
    public async Task Files_that_vacuum_removed_are_named()
    {
        var table = await _lakes.Open().EnsureTableAsync(new TableDefinition("bronze.lines", RowMapping<CommitTests.Line>.Instance.Schema), Cancel);
        await table.AppendAsync<CommitTests.Line>([new(1, 1)], null, Cancel);
        var gone = (await table.SnapshotAsync(null, Cancel)).Files.Single().Path;
        await table.OverwriteAsync<CommitTests.Line>([new(1, 2)], null, Cancel);
        File.Delete(Path.Combine(_lakes.Root, "bronze/lines", gone));
        var error = await Assert.ThrowsAsync<TarnException>(() => table.RestoreAsync(AsOf.Version(1), Cancel));
        Assert.Equal((ErrorKind.NotFound, gone), (error.Kind, error.Value));
        Assert.Equal(2, (await table.SnapshotAsync(null, Cancel)).Version);
    }
}
