using Tarn.Contracts;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>A listing of a folder that others write to may lack what was there before something that it shows.</summary>
public sealed class ListingTests : IAsyncDisposable
{
    private readonly Lakes _lakes = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _lakes.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_commit_that_a_listing_lacks_is_asked_for_by_name(int lacking)
    {
        var table = await _lakes.Open().EnsureTableAsync(new TableDefinition("bronze.lines", RowMapping<CommitTests.Line>.Instance.Schema), Cancel);
        for (var i = 0; i < 5; i++)
        {
            await table.AppendAsync<CommitTests.Line>([new(1, i)], null, Cancel);
        }

        var blind = new FaultyObjectStore(_lakes.Local, static _ => Fault.None) { Unlisted = path => path == $"bronze/lines/{LogPath.Commit(lacking)}" };
        Assert.Equal(5, (await _lakes.Open(null, blind).Table("bronze.lines").SnapshotAsync(null, Cancel)).RowCount);
    }
}
