using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

public sealed class MaintenanceTests : IAsyncDisposable
{
    private readonly Lakes _lakes = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _lakes.DisposeAsync();

    [Fact]
    public async Task Many_small_files_are_packed_as_they_come_and_no_row_changes()
    {
        var committed = new List<TableCommitted>();
        var lake = _lakes.Open(new LakeOptions { OptimizeAbove = 10 });
        lake.Committed += committed.Add;
        var table = await lake.EnsureTableAsync(new TableDefinition("bronze.lines", RowMapping<CommitTests.Line>.Instance.Schema) { PartitionBy = ["writer"] }, Cancel);
        for (var i = 0; i < 100; i++)
        {
            await table.AppendAsync<CommitTests.Line>([new(i % 3, i)], null, Cancel);
        }

        var snapshot = await table.SnapshotAsync(null, Cancel);
        Assert.InRange(snapshot.FileCount, 1, 13);
        Assert.Equal(100, snapshot.RowCount);
        Assert.Equal(100L, _lakes.Query(snapshot, "select count(distinct number) from t"));
        Assert.Contains(committed, static c => c.Operation == "OPTIMIZE");
        Assert.All(snapshot.Files, static f => Assert.StartsWith($"writer={f.PartitionValues["writer"]}/", f.Path, StringComparison.Ordinal));
        var packs = (await table.HistoryAsync(1000, Cancel)).Where(static v => v.Operation == "OPTIMIZE").ToList();
        var text = await File.ReadAllTextAsync(Path.Combine(_lakes.Root, "bronze/lines", LogPath.Commit(packs[0].Version)), Cancel);
        Assert.DoesNotContain("\"dataChange\":true", text, StringComparison.Ordinal);

        var result = await table.OptimizeAsync(Cancel);
        Assert.Equal(3, (await table.SnapshotAsync(null, Cancel)).FileCount);
        Assert.True(result.FilesRemoved > result.FilesAdded);
        Assert.Equal(0, (await table.OptimizeAsync(Cancel)).FilesAdded);
    }

    [Fact]
    public async Task Packing_beside_appends_and_merges_of_other_processes_loses_nothing()
    {
        var definition = new TableDefinition("bronze.lines", RowMapping<CommitTests.Line>.Instance.Schema);
        var table = await _lakes.Open(new LakeOptions { OptimizeAbove = 0 }).EnsureTableAsync(definition, Cancel);
        var packer = _lakes.Open().Table("bronze.lines");
        var done = false;
        var packed = 0;
        var packing = Task.Run(
            async () =>
            {
                while (!Volatile.Read(ref done))
                {
                    Interlocked.Add(ref packed, (await packer.OptimizeAsync(Cancel)).FilesRemoved);
                }
            },
            Cancel);

        // At least so many, and until the two have met.
        var appended = 0;
        while (appended < 120 || (Volatile.Read(ref packed) == 0 && appended < 5000))
        {
            await table.AppendAsync<CommitTests.Line>([new(1, appended)], null, Cancel);
            appended++;
        }

        Volatile.Write(ref done, true);
        await packing;
        Assert.True(packed > 0);
        var snapshot = await table.SnapshotAsync(null, Cancel);
        Assert.Equal((long)appended, _lakes.Query(snapshot, "select count(distinct number) from t"));
        Assert.Equal(appended, snapshot.RowCount);
    }

    [Fact]
    public async Task Vacuum_removes_what_no_version_within_the_retention_uses_and_nothing_else()
    {
        var table = await _lakes.Open(new LakeOptions { OptimizeAbove = 0, CheckpointInterval = 3 }).EnsureTableAsync(new TableDefinition("bronze.lines", RowMapping<CommitTests.Line>.Instance.Schema), Cancel);
        await table.AppendAsync<CommitTests.Line>([new(1, 1)], null, Cancel);
        await table.OverwriteAsync<CommitTests.Line>([new(1, 2)], null, Cancel);
        await _lakes.IdleAsync();
        var folder = Path.Combine(_lakes.Root, "bronze/lines");
        await File.WriteAllTextAsync(Path.Combine(folder, "part-orphan.parquet"), "left by a crash", Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder, "_delta_log/.00000000000000000009.json.0.tmp"), "torn", Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder, "_not_ours"), "hidden", Cancel);
        _lakes.Time.JumpTo(DateTimeOffset.UtcNow.AddDays(6));
        await table.OverwriteAsync<CommitTests.Line>([new(1, 3)], null, Cancel);
        await _lakes.IdleAsync();
        var kept = (await table.SnapshotAsync(AsOf.Version(2), Cancel)).Files.Single().Path;
        var gone = (await table.SnapshotAsync(AsOf.Version(1), Cancel)).Files.Single().Path;

        // Day 9: version 2 was current until day 6, within seven days; version 1 was not.
        _lakes.Time.JumpTo(DateTimeOffset.UtcNow.AddDays(9));
        var dry = await table.VacuumAsync(TimeSpan.FromDays(7), dryRun: true, Cancel);
        Assert.Equal(new[] { gone, "part-orphan.parquet", "_delta_log/.00000000000000000009.json.0.tmp" }.Order(StringComparer.Ordinal), dry.Files);
        Assert.True(File.Exists(Path.Combine(folder, gone)));
        var wet = await table.VacuumAsync(TimeSpan.FromDays(7), dryRun: false, Cancel);
        Assert.Equal(dry.Files, wet.Files);
        Assert.Equal(dry.Bytes, wet.Bytes);
        Assert.False(File.Exists(Path.Combine(folder, gone)));
        Assert.True(File.Exists(Path.Combine(folder, kept)));
        Assert.True(File.Exists(Path.Combine(folder, "_not_ours")));
        Assert.Equal(["1|2"], _lakes.Lines(await table.SnapshotAsync(AsOf.Version(2), Cancel), "writer, number"));
        Assert.Equal(["1|3"], _lakes.Lines(await _lakes.Open().Table("bronze.lines").SnapshotAsync(null, Cancel), "writer, number"));
        Assert.Empty((await table.VacuumAsync(TimeSpan.FromDays(7), dryRun: false, Cancel)).Files);

        // A file of a write in flight is young, and stays.
        await File.WriteAllTextAsync(Path.Combine(folder, "part-young.parquet"), "in flight", Cancel);
        File.SetLastWriteTimeUtc(Path.Combine(folder, "part-young.parquet"), _lakes.Time.GetUtcNow().UtcDateTime);
        Assert.Empty((await table.VacuumAsync(TimeSpan.FromDays(7), dryRun: false, Cancel)).Files);
    }

    [Fact]
    public async Task Vacuum_refuses_a_short_retention_unless_the_options_allow_it()
    {
        var definition = new TableDefinition("bronze.lines", RowMapping<CommitTests.Line>.Instance.Schema);
        var table = await _lakes.Open().EnsureTableAsync(definition, Cancel);
        var error = await Assert.ThrowsAsync<TarnException>(() => table.VacuumAsync(TimeSpan.FromHours(1), dryRun: true, Cancel));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        var allowed = _lakes.Open(new LakeOptions { MinimumRetention = TimeSpan.Zero }).Table("bronze.lines");
        Assert.Empty((await allowed.VacuumAsync(TimeSpan.Zero, dryRun: true, Cancel)).Files);
    }

    [Fact]
    public void Options_report_all_their_errors()
    {
        var error = Assert.Throws<TarnException>(() => _lakes.Open(new LakeOptions { CheckpointInterval = 0, OptimizeAbove = 1, TargetFileBytes = 5 }));
        Assert.Contains("CheckpointInterval", error.Message, StringComparison.Ordinal);
        Assert.Contains("OptimizeAbove", error.Message, StringComparison.Ordinal);
        Assert.Contains("TargetFileBytes", error.Message, StringComparison.Ordinal);
    }
}
