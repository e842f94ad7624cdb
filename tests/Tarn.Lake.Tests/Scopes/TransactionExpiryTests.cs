using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Progress that is too old is left out: of tasks by itself, of others only where the table says so.</summary>
public sealed class TransactionExpiryTests : IAsyncDisposable
{
    private readonly Lakes _lakes = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _lakes.DisposeAsync();

    [Fact]
    public async Task A_task_s_transactions_are_gone_after_thirty_days_and_a_consumer_s_stay()
    {
        var table = await TableAsync();
        await table.AppendAsync<WriteScopeTests.Row>([new(1, 1)], new WriteOptions { Transactions = [new("topic/0", 9)] }, Cancel);
        Assert.True(await AppendAsync(table, "a"));
        _lakes.Time.Advance(TimeSpan.FromDays(15));
        Assert.True(await AppendAsync(table, "b"));
        Assert.Equal(["tarn.task/a#0", "tarn.task/b#0", "topic/0"], await ApplicationsAsync(table));
        _lakes.Time.Advance(TimeSpan.FromDays(15));
        Assert.Equal(["tarn.task/b#0", "topic/0"], await ApplicationsAsync(table));
        await table.CheckpointAsync(Cancel);
        Assert.Equal(["tarn.task/b#0", "topic/0"], (await table.SnapshotAsync(null, Cancel)).State.Transactions.Keys.Order(StringComparer.Ordinal));

        // Another process reads the checkpoint; for it the first is not there at all, and is made anew if somebody asks.
        var other = _lakes.Open().Table(table.Name);
        Assert.Equal(["tarn.task/b#0", "topic/0"], (await other.SnapshotAsync(null, Cancel)).State.Transactions.Keys.Order(StringComparer.Ordinal));
        Assert.False(await AppendAsync(other, "b"));
        Assert.True(await AppendAsync(other, "a"));
        _lakes.Time.Advance(TimeSpan.FromDays(400));
        Assert.Equal(["topic/0"], await ApplicationsAsync(_lakes.Open().Table(table.Name)));
        Assert.Equal(9, (await table.SnapshotAsync(null, Cancel)).TransactionVersion("topic/0"));
    }

    [Fact]
    public async Task A_table_says_otherwise_by_its_properties()
    {
        var table = await TableAsync(("tarn.taskTransactionRetention", "interval 2 days"), ("delta.setTransactionRetentionDuration", "interval 10 days"));
        await table.AppendAsync<WriteScopeTests.Row>([new(1, 1)], new WriteOptions { Transactions = [new("topic/0", 9)] }, Cancel);
        await AppendAsync(table, "a");
        _lakes.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(["topic/0"], await ApplicationsAsync(table));
        _lakes.Time.Advance(TimeSpan.FromDays(8));
        Assert.Empty(await ApplicationsAsync(table));

        // What has expired is neither in the way of what comes, nor expected.
        var options = new WriteOptions { Transactions = [new("topic/0", 3)], ExpectedTransactions = new Dictionary<string, long?> { ["topic/0"] = null } };
        Assert.True((await table.AppendAsync<WriteScopeTests.Row>([new(2, 1)], options, Cancel)).Committed);
        Assert.Equal(3, (await table.SnapshotAsync(null, Cancel)).TransactionVersion("topic/0"));
        await table.CheckpointAsync(Cancel);
    }

    [Fact]
    public async Task Many_tasks_leave_little_in_checkpoints()
    {
        var table = await TableAsync();
        for (var day = 0; day < 50; day++)
        {
            await AppendAsync(table, $"day{day}");
            _lakes.Time.Advance(TimeSpan.FromDays(1));
        }

        await table.CheckpointAsync(Cancel);
        Assert.Equal(29, (await _lakes.Open().Table(table.Name).SnapshotAsync(null, Cancel)).State.Transactions.Count);
    }

    private async Task<LakeTable> TableAsync(params (string Name, string Value)[] properties) => await _lakes.Open(new LakeOptions { OptimizeAbove = 0 }).EnsureTableAsync(
        TableDefinition.Of<WriteScopeTests.Row>("silver.rows") with { Properties = properties.ToDictionary(static p => p.Name, static p => p.Value) }, Cancel);

    private static async Task<bool> AppendAsync(LakeTable table, string task)
    {
        using var scope = LakeWriteScope.Begin(task, 1);
        return (await table.AppendAsync<WriteScopeTests.Row>([new(5, 5)], null, Cancel)).Committed;
    }

    private static async Task<IEnumerable<string>> ApplicationsAsync(LakeTable table) => (await table.SnapshotAsync(null, Cancel)).Transactions.Select(static t => t.AppId);
}
