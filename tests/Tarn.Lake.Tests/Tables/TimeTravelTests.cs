using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

public sealed class TimeTravelTests : IAsyncDisposable
{
    private readonly Lakes _lakes = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _lakes.DisposeAsync();

    [Theory]
    [InlineData(1000)]
    [InlineData(10)]
    public async Task Every_version_and_every_instant_can_be_read_from_memory_and_from_the_disk(int checkpointInterval)
    {
        var options = new LakeOptions { CheckpointInterval = checkpointInterval, OptimizeAbove = 7 };
        var table = await TableAsync(options);
        var times = new List<DateTimeOffset> { _lakes.Time.GetUtcNow() };
        for (var i = 1; i <= 25; i++)
        {
            _lakes.Time.Advance(TimeSpan.FromMinutes(1));
            await table.AppendAsync<CommitTests.Line>([new(1, i)], new WriteOptions { Transactions = [new("a", i)] }, Cancel);
            times.Add(_lakes.Time.GetUtcNow());
        }

        foreach (var reader in new[] { table, _lakes.Open().Table("bronze.lines") })
        {
            for (var i = 0; i <= 25; i++)
            {
                var at = await reader.SnapshotAsync(AsOf.Time(times[i].AddSeconds(30)), Cancel);
                Assert.Equal((i, i == 0 ? null : (long?)i), (at.RowCount, at.TransactionVersion("a")));
                var same = await reader.SnapshotAsync(AsOf.Version(at.Version), Cancel);
                Assert.Equal(at.Files.Select(static f => f.Path), same.Files.Select(static f => f.Path));
                Assert.Equal((long)i, i == 0 ? 0L : _lakes.Query(same, "select count(*) from t"));
            }

            Assert.Equal(25, (await reader.SnapshotAsync(AsOf.Time(times[25].AddYears(1)), Cancel)).RowCount);
            Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => reader.SnapshotAsync(AsOf.Time(times[0].AddSeconds(-1)), Cancel).AsTask())).Kind);
            Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => reader.SnapshotAsync(AsOf.Version(1000), Cancel).AsTask())).Kind);
        }

        await _lakes.IdleAsync();
        Assert.Equal(checkpointInterval == 10, File.Exists(Path.Combine(_lakes.Root, "bronze/lines", LogPath.LastCheckpoint)));
    }

    [Fact]
    public async Task A_clock_that_stands_or_goes_back_keeps_versions_in_order()
    {
        var table = await TableAsync(new LakeOptions());
        await table.AppendAsync<CommitTests.Line>([new(1, 1)], null, Cancel);
        _lakes.Time.JumpTo(_lakes.Time.GetUtcNow().AddDays(-1));
        await table.AppendAsync<CommitTests.Line>([new(1, 2)], null, Cancel);
        var history = await table.HistoryAsync(10, Cancel);
        Assert.Equal([2, 1, 0], history.Select(static v => v.Version));
        Assert.True(history[0].Timestamp > history[1].Timestamp && history[1].Timestamp > history[2].Timestamp);
        Assert.Equal(["WRITE", "WRITE", "CREATE TABLE"], history.Select(static v => v.Operation));
        foreach (var version in history)
        {
            Assert.Equal(version.Version, (await _lakes.Open().Table("bronze.lines").SnapshotAsync(AsOf.Time(version.Timestamp), Cancel)).Version);
        }
    }

    [Fact]
    public async Task A_checkpoint_holds_the_whole_state_and_its_hint_may_be_wrong()
    {
        var options = new LakeOptions { CheckpointInterval = 5, OptimizeAbove = 0 };
        var table = await TableAsync(options, partitioned: true);
        for (var i = 1; i <= 12; i++)
        {
            await table.AppendAsync<CommitTests.Line>([new(i % 2, i)], new WriteOptions { Transactions = [new("a", i)] }, Cancel);
        }

        await table.OptimizeAsync(Cancel);
        await table.AppendAsync<CommitTests.Line>([new(7, 13)], null, Cancel);
        await table.AppendAsync<CommitTests.Line>([new(7, 14)], null, Cancel);
        var expected = await table.SnapshotAsync(null, Cancel);
        Assert.Equal(15, expected.Version);
        _lakes.BreaksLogs = true;
        await _lakes.IdleAsync();
        var log = Path.Combine(_lakes.Root, "bronze/lines/_delta_log");
        Assert.True(File.Exists(Path.Combine(log, "00000000000000000015.checkpoint.parquet")));

        // The commits before the checkpoint may be gone: it stands for them.
        foreach (var version in Enumerable.Range(0, 15))
        {
            File.Move(Path.Combine(log, $"{version:D20}.json"), Path.Combine(log, $"{version:D20}.json.away"));
        }

        RequireSame(expected, await ReopenAsync());
        foreach (var version in Enumerable.Range(0, 15))
        {
            File.Move(Path.Combine(log, $"{version:D20}.json.away"), Path.Combine(log, $"{version:D20}.json"));
        }

        foreach (var hint in new[] { "", "{", "{\"version\":99}", "{\"version\":\"x\"}", "[]", "{\"version\":3}" })
        {
            await File.WriteAllTextAsync(Path.Combine(log, "_last_checkpoint"), hint, Cancel);
            RequireSame(expected, await ReopenAsync());
        }

        // A checkpoint that was cut short: an earlier one serves, and the commits after it.
        await File.WriteAllTextAsync(Path.Combine(log, "_last_checkpoint"), "{\"version\":15}", Cancel);
        await File.WriteAllTextAsync(Path.Combine(log, "00000000000000000015.checkpoint.parquet"), "PAR1 torn", Cancel);
        RequireSame(expected, await ReopenAsync());
    }

    [Fact]
    public async Task A_missing_commit_is_named()
    {
        var table = await TableAsync(new LakeOptions());
        await table.AppendAsync<CommitTests.Line>([new(1, 1)], null, Cancel);
        await table.AppendAsync<CommitTests.Line>([new(1, 2)], null, Cancel);
        _lakes.BreaksLogs = true;
        File.Delete(Path.Combine(_lakes.Root, "bronze/lines/_delta_log/00000000000000000001.json"));
        var error = await Assert.ThrowsAsync<TarnException>(ReopenAsync);
        Assert.Equal(ErrorKind.Corrupt, error.Kind);
        Assert.Contains("version 1 is missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_is_not_there_is_named()
    {
        var lake = _lakes.Open();
        var error = await Assert.ThrowsAsync<TarnException>(() => lake.Table("silver.none").SnapshotAsync(null, Cancel).AsTask());
        Assert.Equal((ErrorKind.NotFound, "silver.none"), (error.Kind, error.Value));
        Assert.Empty(await lake.ListTablesAsync(Cancel));
        Assert.Equal(ErrorKind.InvalidInput, Assert.Throws<TarnException>(() => lake.Table("../etc")).Kind);
    }

    private static void RequireSame(TableSnapshot expected, TableSnapshot actual)
    {
        Assert.Equal((expected.Version, expected.RowCount, expected.Bytes, expected.Id, expected.Description), (actual.Version, actual.RowCount, actual.Bytes, actual.Id, actual.Description));
        Assert.Equal(expected.Schema, actual.Schema);
        Assert.Equal(expected.PartitionBy, actual.PartitionBy);
        Assert.Equal(expected.Properties, actual.Properties);
        Assert.Equal(expected.Transactions, actual.Transactions);
        Assert.Equal(expected.Files.Select(static f => (f.Path, f.Size, f.Stats, f.PartitionValues["writer"])), actual.Files.Select(static f => (f.Path, f.Size, f.Stats, f.PartitionValues["writer"])));
        Assert.Equal(expected.State.Tombstones.Keys.Order(), actual.State.Tombstones.Keys.Order());
    }

    private async Task<TableSnapshot> ReopenAsync() => await _lakes.Open().Table("bronze.lines").SnapshotAsync(null, Cancel);

    private async Task<LakeTable> TableAsync(LakeOptions options, bool partitioned = false) => await _lakes.Open(options).EnsureTableAsync(
        new TableDefinition("bronze.lines", RowMapping<CommitTests.Line>.Instance.Schema)
        {
            PartitionBy = partitioned ? ["writer"] : [],
            Description = "Lines.",
            Properties = new Dictionary<string, string> { ["tarn.x"] = "1" },
        },
        Cancel);
}
