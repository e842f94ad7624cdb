using Tarn.Contracts;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>What a commit costs in calls of the store, and what it does not wait for.</summary>
public sealed class CatchUpTests : IAsyncDisposable
{
    private static readonly TableDefinition Lines = new("bronze.lines", RowMapping<CommitTests.Line>.Instance.Schema);
    private readonly Lakes _lakes = new() { JudgesAtEnd = true };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _lakes.DisposeAsync();

    [Fact]
    public async Task A_writer_that_is_behind_reads_each_new_commit_once_and_lists_nothing()
    {
        var other = await _lakes.Open(new LakeOptions { OptimizeAbove = 0 }).EnsureTableAsync(Lines, Cancel);
        var store = new FaultyObjectStore(_lakes.Local, static _ => Fault.None);
        var table = _lakes.Open(null, store).Table(Lines.Name);
        var basis = (await table.SnapshotAsync(null, Cancel)).State;
        for (var i = 0; i < 50; i++)
        {
            await other.AppendAsync<CommitTests.Line>([new(1, i)], null, Cancel);
        }

        store.Calls.Clear();
        var (outcome, state) = await table.Log.CommitAsync(basis, Plan("a"), Cancel);
        Assert.Equal((CommitOutcome.Committed, 51), (outcome, state.Version));
        Assert.Equal(50 + 2, store.Calls.Count);

        // From the same old basis again: all that came since is known, but for whether there is something newer.
        store.Calls.Clear();
        (outcome, state) = await table.Log.CommitAsync(basis, Plan("b"), Cancel);
        Assert.Equal((CommitOutcome.Committed, 52), (outcome, state.Version));
        Assert.Equal(2, store.Calls.Count);
        Assert.Equal((50, 2), (state.Files.Count, state.Transactions.Count));
    }

    [Fact]
    public async Task No_commit_waits_for_a_checkpoint_and_disposal_does()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var store = new FaultyObjectStore(_lakes.Local, static _ => Fault.None)
        {
            Hold = call =>
            {
                if (!call.Path.Contains(".checkpoint.", StringComparison.Ordinal))
                {
                    return Task.CompletedTask;
                }

                held.TrySetResult();
                return gate.Task;
            },
        };
        var lake = _lakes.Open(new LakeOptions { OptimizeAbove = 0, CheckpointInterval = 2 }, store);
        var table = await lake.EnsureTableAsync(Lines, Cancel);
        for (var i = 1; i <= 9; i++)
        {
            Assert.Equal(i, (await table.AppendAsync<CommitTests.Line>([new(1, i)], null, Cancel)).Version);
            if (i == 2)
            {
                await held.Task.WaitAsync(Cancel);
            }
        }

        var disposal = lake.DisposeAsync().AsTask();
        Assert.False(disposal.IsCompleted);
        gate.SetResult();
        await disposal;

        // While the first was held, only the latest that fell due waited.
        Assert.Equal(["00000000000000000002.checkpoint.parquet", "00000000000000000008.checkpoint.parquet"],
            Directory.GetFiles(Path.Combine(_lakes.Root, "bronze/lines/_delta_log"), "*.checkpoint.*").Select(Path.GetFileName).Order());
        Assert.Equal(9, (await _lakes.Open().Table(Lines.Name).SnapshotAsync(null, Cancel)).RowCount);
    }

    private static CommitPlan Plan(string application) => new() { Operation = "WRITE", Rule = ConflictRule.BlindAppend, Actions = [], Transactions = [new(application, 1)] };
}
