using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests.Protocol;

/// <summary>Ten writers, each a lake of its own as if in a process of its own, commit two thousand times to one table: none is dropped, none is made twice.</summary>
public sealed class ManyWritersTests
{
    private const int Writers = 10;

    /// <summary>TARN_COMMITS: how many commits; default 2,000.</summary>
    private static int Commits => int.Parse(Environment.GetEnvironmentVariable("TARN_COMMITS") ?? "2000", CultureInfo.InvariantCulture);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_thousand_commits_of_ten_writers_are_all_there_once()
    {
        using var folder = new TemporaryDirectory(inMemory: true);
        var each = Commits / Writers;
        var puts = 0;
        await using (var first = Open(folder.Path, 0, static () => { }))
        {
            await first.EnsureTableAsync(new TableDefinition(LakeScript.Lines, RowMapping<ScriptLine>.Instance.Schema), Cancel);
        }

        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(1, Writers).Select(writer => Task.Run(
            async () =>
            {
                await using var lake = Open(folder.Path, writer, () => Interlocked.Increment(ref puts));
                var table = lake.Table(LakeScript.Lines);
                for (var i = 0; i < each; i++)
                {
                    var result = await table.AppendAsync<ScriptLine>([new($"w{writer}", i, 0)], new WriteOptions { Transactions = [new AppTransaction($"w{writer}", i)] }, Cancel);
                    Assert.True(result.Committed);
                    await Task.Yield();
                }
            },
            Cancel)));
        var seconds = clock.Elapsed.TotalSeconds;
        var table = Path.Combine(folder.Path, "bronze/lines");
        using (var watch = new LogWatch(folder.Path))
        {
            watch.Require();
        }

        Assert.Equal(each * Writers, DeltaTableReader.LatestVersion(table));
        Assert.Equal(
            Enumerable.Range(1, Writers).SelectMany(w => Enumerable.Range(0, each).Select(i => FormattableString.Invariant($"w{w}|{i}"))).Order(StringComparer.Ordinal),
            DeltaTableReader.ReadLines(table, "part, step"));
        Assert.All(DeltaTableReader.Transactions(table), t => Assert.Equal(each - 1, t.Value));
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant(
            $"{each * Writers} commits in {seconds:0.0} s, {each * Writers / seconds:0} a second, {puts - (each * Writers)} were tried again; judged and read in {clock.Elapsed.TotalSeconds - seconds:0.0} s"));
    }

    private static Lake Open(string root, int writer, Action put)
    {
        var store = new FaultyObjectStore(new LocalObjectStore(root, new LocalStoreOptions { Durable = false }), call =>
        {
            if (call.Operation == "put-if-absent" && call.Path.Contains("_delta_log", StringComparison.Ordinal))
            {
                put();

                // Between what it has read and what it writes, the others come to their turn.
                Thread.Yield();
            }

            return Fault.None;
        });

        // Nothing is packed: every commit's file is there to be counted.
        return new Lake(store, new LakeOptions { OptimizeAbove = 0 }, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, writer), NullLoggerFactory.Instance);
    }
}
