using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Within a scope a task's writes happen once, however often it is tried.</summary>
public sealed class WriteScopeTests : IAsyncDisposable
{
    private const string App = "daily/load/2026-11-22";
    private readonly Lakes _lakes = new();

    internal sealed record Row(long Id, int N);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _lakes.DisposeAsync();

    [Fact]
    public async Task Every_way_of_writing_carries_the_scope_s_transaction_and_is_left_out_when_tried_again()
    {
        var table = await TableAsync();
        var other = await TableAsync("silver.other");
        var versions = new List<long>();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            using var scope = LakeWriteScope.Begin(App, 7);
            Assert.Same(scope, LakeWriteScope.Current);
            var results = new List<bool>
            {
                (await table.AppendAsync<Row>([new(1, 1), new(2, 1)], null, Cancel)).WasApplied,
                (await table.AppendAsync(RowSource.Query("SELECT 3 AS id, 1 AS n"), null, Cancel)).WasApplied,
                (await other.AppendAsync<Row>([new(9, 9)], null, Cancel)).WasApplied,
                (await table.UpdateAsync(new Dictionary<string, string> { ["n"] = "n + 1" }, "id = 1", null, Cancel)).WasApplied,
                (await table.MergeAsync(RowSource.Query("SELECT 2 AS id, 5 AS n UNION ALL SELECT 4, 4"), "target.id = source.id", static m => m.WhenMatchedUpdateAll().WhenNotMatchedInsertAll(), null, Cancel)).WasApplied,
                (await table.DeleteAsync("id = 3", null, Cancel)).WasApplied,
                (await other.OverwriteAsync<Row>([new(8, 8)], null, Cancel)).WasApplied,
                (await other.OverwriteAsync(RowSource.Query("SELECT 8 AS id, 9 AS n"), "id = 8", null, Cancel)).WasApplied,
                (await other.RestoreAsync(AsOf.Version(2), Cancel)).WasApplied,
            };
            Assert.All(results, applied => Assert.Equal(attempt > 0, applied));
            versions.Add((await table.SnapshotAsync(null, Cancel)).Version + (await other.SnapshotAsync(null, Cancel)).Version);
        }

        Assert.Null(LakeWriteScope.Current);
        Assert.Single(versions.Distinct());
        var snapshot = await table.SnapshotAsync(null, Cancel);
        Assert.Equal(["1|2", "2|5", "4|4"], _lakes.Lines(snapshot, "id, n"));
        Assert.Equal(Enumerable.Range(0, 5).Select(static i => new AppTransaction($"tarn.task/{App}#{i}", 7)), snapshot.Transactions);
        Assert.Equal(["8|8"], _lakes.Lines(await other.SnapshotAsync(null, Cancel), "id, n"));
    }

    [Fact]
    public async Task A_higher_version_writes_anew_and_a_lower_one_nothing()
    {
        var table = await TableAsync();
        foreach (var (version, committed) in new[] { (2L, true), (1L, false), (2L, false), (3L, true) })
        {
            using (LakeWriteScope.Begin(App, version))
            {
                Assert.Equal((committed, !committed), await table.AppendAsync<Row>([new(version, 1)], null, Cancel) is var result ? (result.Committed, result.WasApplied) : default);
            }
        }

        Assert.Equal(["2|1", "3|1"], _lakes.Lines(await table.SnapshotAsync(null, Cancel), "id, n"));
    }

    [Fact]
    public async Task A_keyed_merge_is_made_once_in_its_table_and_its_history()
    {
        var table = KeyedTableTests.Events(_lakes.Open());
        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var scope = LakeWriteScope.Begin(App, 1);
            var first = await table.MergeAsync([Version("a", 1)], cancellationToken: Cancel);
            var second = await table.MergeAsync([Version("a", 2)], new WriteOptions { Operation = "LOAD" }, Cancel);
            Assert.Equal((attempt > 0, attempt > 0), (first.WasApplied, second.WasApplied));
        }

        var expected = new[] { new AppTransaction($"tarn.task/{App}#0", 1), new AppTransaction($"tarn.task/{App}#1", 1) };
        Assert.Equal(expected, (await table.Table.SnapshotAsync(null, Cancel)).Transactions);
        Assert.Equal(expected, (await table.HistoryTable!.SnapshotAsync(null, Cancel)).Transactions);
        Assert.Equal("LOAD", (await table.Table.HistoryAsync(1, Cancel))[0].Operation);
        Assert.Equal(2, (await table.FindVersionsAsync(["a"], Cancel)).Count);
    }

    [Fact]
    public async Task Writes_that_bring_transactions_and_those_of_a_suspended_scope_are_left_alone()
    {
        var table = await TableAsync();
        using var scope = LakeWriteScope.Begin(App, 1);
        await table.AppendAsync<Row>([new(1, 1)], new WriteOptions { Transactions = [new("topic/0", 5)] }, Cancel);
        using (LakeWriteScope.Suspend())
        {
            Assert.Null(LakeWriteScope.Current);
            await table.AppendAsync<Row>([new(2, 1)], null, Cancel);
        }

        await table.AppendAsync<Row>([], null, Cancel);
        await table.AppendAsync(RowSource.Query("SELECT 1 AS id, 2 AS n WHERE false"), null, Cancel);
        Assert.Equal([new AppTransaction("topic/0", 5)], (await table.SnapshotAsync(null, Cancel)).Transactions);
        await table.AppendAsync<Row>([new(3, 1)], null, Cancel);
        Assert.Equal(1, (await table.SnapshotAsync(null, Cancel)).TransactionVersion($"tarn.task/{App}#2"));
        scope.Dispose();
        await table.AppendAsync<Row>([new(4, 1)], null, Cancel);
        Assert.Equal(2, (await table.SnapshotAsync(null, Cancel)).Transactions.Count);
    }

    [Fact]
    public async Task Writes_at_the_same_time_have_names()
    {
        await TableAsync();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var store = new FaultyObjectStore(_lakes.Local, static _ => Fault.None)
        {
            Hold = async call =>
            {
                if (call.Writes && call.Path.EndsWith(".parquet", StringComparison.Ordinal))
                {
                    reached.TrySetResult();
                    await go.Task;
                }
            },
        };
        var table = _lakes.Open(null, store).Table("silver.rows");
        using var scope = LakeWriteScope.Begin(App, 1);
        var first = table.AppendAsync<Row>([new(1, 1)], null, Cancel);
        await reached.Task;
        var refused = await Assert.ThrowsAsync<TarnException>(() => table.AppendAsync<Row>([new(2, 1)], null, Cancel));
        Assert.Equal(ErrorKind.Conflict, refused.Kind);
        var named = table.AppendAsync<Row>([new(3, 1)], new WriteOptions { Name = "third" }, Cancel);
        await Assert.ThrowsAsync<TarnException>(() => table.AppendAsync<Row>([new(3, 1)], new WriteOptions { Name = "third" }, Cancel));
        go.SetResult();
        await Task.WhenAll(first, named);
        await Assert.ThrowsAsync<TarnException>(() => table.AppendAsync<Row>([new(3, 1)], new WriteOptions { Name = "third" }, Cancel));
        await Assert.ThrowsAsync<TarnException>(() => table.AppendAsync<Row>([new(3, 1)], new WriteOptions { Name = "0" }, Cancel));
        await table.AppendAsync<Row>([new(4, 1)], null, Cancel);
        Assert.Equal(
            [$"tarn.task/{App}#0", $"tarn.task/{App}#1", $"tarn.task/{App}#third"], (await table.SnapshotAsync(null, Cancel)).Transactions.Select(static t => t.AppId));
    }

    [Theory]
    [InlineData(Fault.Before, ".parquet")]
    [InlineData(Fault.After, ".parquet")]
    [InlineData(Fault.Before, ".json")]
    [InlineData(Fault.After, ".json")]
    public async Task A_process_that_dies_at_a_write_and_is_tried_again_writes_once(Fault fault, string at)
    {
        await TableAsync();
        var call = 0;
        for (var dieAt = 0; dieAt < 5; dieAt++)
        {
            // Every attempt dies at a later write; from then on nothing of its process reaches the store.
            var (seen, dead) = (0, false);
            var store = new FaultyObjectStore(_lakes.Local, c =>
            {
                call++;
                if (dead)
                {
                    return Fault.Before;
                }

                dead = c.Writes && c.Path.EndsWith(at, StringComparison.Ordinal) && seen++ == dieAt;
                return dead ? fault : Fault.None;
            });
            await Record.ExceptionAsync(() => AttemptAsync(_lakes.Open(null, store)));
        }

        await AttemptAsync(_lakes.Open());
        var snapshot = await _lakes.Open().Table("silver.rows").SnapshotAsync(null, Cancel);
        Assert.Equal(["1|2", "2|3", "3|3", "4|4", "5|4"], _lakes.Lines(snapshot, "id, n"));
        Assert.True(call > 50);
    }

    private static async Task AttemptAsync(Lake lake)
    {
        var table = lake.Table("silver.rows");
        using var scope = LakeWriteScope.Begin(App, 1);
        await table.AppendAsync<Row>([new(1, 1)], null, Cancel);
        await table.UpdateAsync(new Dictionary<string, string> { ["n"] = "n + 1" }, "id = 1", null, Cancel);
        await table.AppendAsync(RowSource.Query("SELECT i AS id, 3 AS n FROM range(2, 4) v(i)"), null, Cancel);
        await table.AppendAsync<Row>([new(4, 4), new(5, 4)], null, Cancel);
    }

    private async Task<LakeTable> TableAsync(string name = "silver.rows") => await _lakes.Open().EnsureTableAsync(TableDefinition.Of<Row>(name), Cancel);

    private static Event Version(string id, int updated) => new(
        id, TouchedTests.At("08:00"), TouchedTests.At("12:00").AddSeconds(updated), TouchedTests.At("12:00").AddSeconds(updated), null, null, false, updated);
}
