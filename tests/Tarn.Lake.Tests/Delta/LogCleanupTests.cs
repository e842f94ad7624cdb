using Xunit;

namespace Tarn.Lake.Tests;

public sealed class LogCleanupTests : IAsyncDisposable
{
    private readonly Lakes _lakes = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Log => Path.Combine(_lakes.Root, "bronze/lines/_delta_log");

    public ValueTask DisposeAsync() => _lakes.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Only_what_is_old_and_covered_goes_and_the_retention_can_be_travelled(bool v2)
    {
        var properties = new Dictionary<string, string> { ["delta.logRetentionDuration"] = "interval 10 days", ["delta.enableExpiredLogCleanup"] = "false", ["delta.checkpointInterval"] = "4" };
        if (v2)
        {
            properties["delta.checkpointPolicy"] = "v2";
        }

        var table = await _lakes.Open(new LakeOptions { OptimizeAbove = 0, SidecarRows = 2 }).EnsureTableAsync(
            new TableDefinition("bronze.lines", RowMapping<CommitTests.Line>.Instance.Schema) { Properties = properties }, Cancel);
        var times = new List<DateTimeOffset> { _lakes.Time.GetUtcNow() };
        for (var i = 1; i <= 30; i++)
        {
            _lakes.Time.Advance(TimeSpan.FromDays(1));
            await table.AppendAsync<CommitTests.Line>([new(1, i)], new WriteOptions { Transactions = [new("a", i)] }, Cancel);
            times.Add(_lakes.Time.GetUtcNow());
            await _lakes.IdleAsync();
        }

        // The files' own times are those of the machine: they are made as old as the commits.
        foreach (var file in Directory.GetFiles(Log, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetFileName(file);
            var version = name.Length > 20 && name[20] == '.' ? int.Parse(name[..20], System.Globalization.CultureInfo.InvariantCulture) : 0;
            File.SetLastWriteTimeUtc(file, times[version].UtcDateTime);
        }

        // Day 30, ten days kept, to midnight: version 19 is the last that is not younger, and the checkpoint of 16 covers it.
        _lakes.BreaksLogs = true;
        var before = Directory.GetFiles(Log, "*", SearchOption.AllDirectories).Length;
        var dry = await table.CleanLogAsync(dryRun: true, Cancel);
        Assert.Equal(before, Directory.GetFiles(Log, "*", SearchOption.AllDirectories).Length);
        var wet = await table.CleanLogAsync(dryRun: false, Cancel);
        Assert.Equal(dry, wet);
        Assert.Equal(before - wet.Count, Directory.GetFiles(Log, "*", SearchOption.AllDirectories).Length);
        var left = Directory.GetFiles(Log).Select(Path.GetFileName).Where(static n => n!.Length == 25).Order().ToList();
        Assert.Equal("00000000000000000016.json", left[0]);
        Assert.Equal(15, left.Count);
        Assert.True(wet.Count(static n => n.Contains("checkpoint", StringComparison.Ordinal)) == 3);
        Assert.Equal(v2, wet.Any(static n => n.Contains("_sidecars/", StringComparison.Ordinal)));
        foreach (var reader in new[] { table, _lakes.Open().Table("bronze.lines") })
        {
            for (var i = 16; i <= 30; i++)
            {
                Assert.Equal(i, (await reader.SnapshotAsync(AsOf.Version(i), Cancel)).RowCount);
                Assert.Equal(i, (await reader.SnapshotAsync(AsOf.Time(times[i].AddHours(1)), Cancel)).RowCount);
            }

            await Assert.ThrowsAsync<Core.TarnException>(async () => await reader.SnapshotAsync(AsOf.Version(15), Cancel));
        }

        Assert.Empty(await table.CleanLogAsync(dryRun: false, Cancel));
        Assert.Equal(31, (await table.AppendAsync<CommitTests.Line>([new(1, 31)], null, Cancel)).Version);
    }

    [Fact]
    public async Task A_writer_that_slept_through_a_cleanup_does_not_write_into_the_past()
    {
        var properties = new Dictionary<string, string> { ["delta.logRetentionDuration"] = "interval 10 days", ["delta.checkpointInterval"] = "1000" };
        var table = await _lakes.Open().EnsureTableAsync(new TableDefinition("bronze.lines", RowMapping<CommitTests.Line>.Instance.Schema) { Properties = properties }, Cancel);
        var sleeper = _lakes.Open().Table("bronze.lines");
        Assert.Equal(0, (await sleeper.SnapshotAsync(null, Cancel)).Version);
        for (var i = 1; i <= 5; i++)
        {
            _lakes.Time.Advance(TimeSpan.FromDays(1));
            await table.AppendAsync<CommitTests.Line>([new(1, i)], null, Cancel);
        }

        await table.CheckpointAsync(Cancel);
        _lakes.Time.Advance(TimeSpan.FromDays(30));
        foreach (var file in Directory.GetFiles(Log))
        {
            File.SetLastWriteTimeUtc(file, _lakes.Time.GetUtcNow().AddDays(-30).UtcDateTime);
        }

        _lakes.BreaksLogs = true;
        Assert.NotEmpty(await table.CleanLogAsync(dryRun: false, Cancel));
        Assert.False(File.Exists(Path.Combine(Log, "00000000000000000001.json")));
        Assert.Equal(6, (await sleeper.AppendAsync<CommitTests.Line>([new(1, 6)], null, Cancel)).Version);
        Assert.Equal(6, (await table.SnapshotAsync(null, Cancel)).RowCount);
    }
}
