using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Writes that time out and land later, writes that break half-way, listings that lag: every commit that was acknowledged is there once.</summary>
public sealed class LateCommitTests : IAsyncDisposable
{
    private readonly Lakes _lakes = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly TableDefinition Definition = new("bronze.lines", RowMapping<CommitTests.Line>.Instance.Schema);

    public ValueTask DisposeAsync() => _lakes.DisposeAsync();

    [Fact]
    public async Task A_commit_that_timed_out_and_lands_while_it_is_tried_again_is_there_once()
    {
        var fail = false;
        var store = new FaultyObjectStore(_lakes.Local, call => fail && call.Path.Contains("_delta_log/", StringComparison.Ordinal) && call.Operation == "put-if-absent" && !(fail = false) ? Fault.Late : Fault.None);
        var table = await _lakes.Open(null, store).EnsureTableAsync(Definition, Cancel);
        for (var i = 0; i < 5; i++)
        {
            fail = true;
            Assert.Equal((i + 1, true), (await table.AppendAsync<CommitTests.Line>([new(1, i)], null, Cancel)) is var r ? ((int)r.Version, r.Committed) : default);
        }

        await store.LandAsync();
        Assert.Equal(5, store.Faults);
        var snapshot = await _lakes.Open().Table(Definition.Name).SnapshotAsync(null, Cancel);
        Assert.Equal((5L, 5L), (snapshot.Version, snapshot.RowCount));
        Assert.Equal(5L, _lakes.Query(snapshot, "select count(distinct number) from t"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Two_processes_over_a_store_with_every_kind_of_fault_have_each_acknowledged_commit_once(int seed)
    {
        const int commits = 40;
        await _lakes.Open().EnsureTableAsync(Definition, Cancel);
        var stores = new List<FaultyObjectStore>();
        var refused = 0;
        var known = await Task.WhenAll(Enumerable.Range(0, 2).Select(writer => Task.Run(
            async () =>
            {
                var store = FaultyObjectStore.Random(_lakes.Local, (seed * 10) + writer, 0.25, 0.002, isRemote: false, Fault.Before, Fault.After, Fault.Late, Fault.Torn);
                lock (stores)
                {
                    stores.Add(store);
                }

                var table = _lakes.Open(new LakeOptions { CheckpointInterval = 15, OptimizeAbove = 30 }, store).Table(Definition.Name);
                var done = new List<int>();
                for (var i = 0; i < commits; i++)
                {
                    try
                    {
                        await table.AppendAsync<CommitTests.Line>([new(writer, i)], null, Cancel);
                        done.Add(i);
                    }
                    catch (TarnException e) when (e.Kind == ErrorKind.Unavailable)
                    {
                        // Not acknowledged: there or not, but not twice.
                        Interlocked.Increment(ref refused);
                    }
                }

                await store.LandAsync();
                return done;
            },
            Cancel)));
        var snapshot = await _lakes.Open().Table(Definition.Name).SnapshotAsync(null, Cancel);
        var lines = _lakes.Lines(snapshot, "writer, number");
        Assert.True(lines.Distinct().Count() == lines.Count, $"seed {seed}: {string.Join(' ', lines.GroupBy(static l => l).Where(static g => g.Count() > 1).Select(static g => g.Key))} twice");
        Assert.All(Enumerable.Range(0, 2), writer => Assert.All(known[writer], number => Assert.True(lines.Contains($"{writer}|{number}"), $"seed {seed}: {writer}.{number} is lost")));
        var faults = stores.Sum(static s => s.Faults);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: {faults} faults, {known.Sum(static k => k.Count)} commits acknowledged, {refused} not");
        Assert.True(faults > commits / 2 && refused < commits);
    }
}
