using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>A write that follows on a certain progress is made only there.</summary>
public sealed class ExpectedProgressTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private sealed record Row(long X);

    [Fact]
    public async Task A_write_is_made_only_where_the_progress_is_what_it_follows_on()
    {
        await using var lakes = new Lakes();
        var table = await lakes.Open().EnsureTableAsync(new TableDefinition("bronze.a", RowMapping<Row>.Instance.Schema), Cancel);
        WriteOptions At(long? expected, long next) => new()
        {
            Transactions = [new AppTransaction("t/0", next)],
            ExpectedTransactions = new Dictionary<string, long?> { ["t/0"] = expected },
        };
        await table.AppendAsync([new Row(1)], At(null, 5), Cancel);
        foreach (var wrong in new long?[] { null, 4, 6 })
        {
            var error = await Assert.ThrowsAsync<TarnException>(() => table.AppendAsync([new Row(9)], At(wrong, 8), Cancel));
            Assert.Equal((ErrorKind.Conflict, "5"), (error.Kind, error.Value));
        }

        // More rows than go without DuckDB.
        var many = await Assert.ThrowsAsync<TarnException>(() => table.AppendAsync([.. Enumerable.Range(0, 5000).Select(static i => new Row(i))], At(4, 8), Cancel));
        Assert.Equal(ErrorKind.Conflict, many.Kind);
        Assert.True((await table.AppendAsync([new Row(2)], At(5, 8), Cancel)).Committed);
        Assert.False((await table.AppendAsync([new Row(2)], At(5, 8), Cancel)).Committed);
        Assert.Equal((2, 8L), ((int)(await table.SnapshotAsync(cancellationToken: Cancel)).RowCount!.Value, (await table.SnapshotAsync(cancellationToken: Cancel)).TransactionVersion("t/0")));
    }
}
