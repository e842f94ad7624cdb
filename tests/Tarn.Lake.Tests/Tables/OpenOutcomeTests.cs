using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>A write whose commit took effect though its writer was never told keeps its files: the log names them.</summary>
public sealed class OpenOutcomeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private sealed record Row(long X);

    [Theory]
    [InlineData("rows")]
    [InlineData("source")]
    [InlineData("overwrite")]
    [InlineData("delete")]
    [InlineData("update")]
    public async Task A_commit_that_is_in_the_log_has_its_files_whatever_its_writer_was_told(string operation)
    {
        await using var lakes = new Lakes();
        var table = await lakes.Open().EnsureTableAsync(new TableDefinition("bronze.a", RowMapping<Row>.Instance.Schema), Cancel);
        await table.AppendAsync([new Row(1), new Row(2)], cancellationToken: Cancel);

        // The commit's put takes effect, and from then on the log is away; data files could still be removed.
        var away = false;
        var faulty = new FaultyObjectStore(lakes.Local, call =>
        {
            if (!call.Path.Contains("_delta_log", StringComparison.Ordinal))
            {
                return Fault.None;
            }

            if (away)
            {
                return Fault.Before;
            }

            away = call.Operation == "put-if-absent";
            return away ? Fault.After : Fault.None;
        });
        var unlucky = lakes.Open(store: faulty).Table("bronze.a");
        var error = await Assert.ThrowsAsync<TarnException>(() => operation switch
        {
            "rows" => unlucky.AppendAsync([new Row(3)], cancellationToken: Cancel),
            "source" => (Task)unlucky.AppendAsync(RowSource.Query("select 3 as x"), cancellationToken: Cancel),
            "overwrite" => unlucky.OverwriteAsync(RowSource.Query("select 3 as x"), cancellationToken: Cancel),
            "delete" => unlucky.DeleteAsync("x = 1", cancellationToken: Cancel),
            _ => unlucky.UpdateAsync(new Dictionary<string, string> { ["x"] = "x + 10" }, "x = 1", cancellationToken: Cancel),
        });
        Assert.Equal(ErrorKind.Unavailable, error.Kind);

        var lake = lakes.Open();
        await using var result = await lake.Sql.QueryAsync("select x from bronze.a order by x", cancellationToken: Cancel);
        var rows = (await result.ToListAsync(Cancel)).Select(static r => (long)r[0]!);
        Assert.Equal(operation switch { "overwrite" => [3], "delete" => [2], "update" => [2, 11], _ => new long[] { 1, 2, 3 } }, rows);
        Assert.Equal(2, (await lake.Table("bronze.a").SnapshotAsync(cancellationToken: Cancel)).Version);
    }
}
