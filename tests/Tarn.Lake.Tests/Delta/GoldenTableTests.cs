using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Native;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Tables that Spark wrote: what this version reads, it reads as Spark does; what it does not, it refuses by name.</summary>
public sealed class GoldenTableTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("124-decimal-decode-bug")]
    [InlineData("basic-decimal-table")]
    [InlineData("basic-with-inserts-deletes-checkpoint")]
    [InlineData("basic-with-inserts-overwrite-restore")]
    [InlineData("basic-with-vacuum-protocol-check-feature")]
    [InlineData("data-reader-array-complex-objects")]
    [InlineData("data-reader-date-types-utc")]
    [InlineData("data-reader-date-types-America")]
    [InlineData("data-reader-map")]
    [InlineData("data-skipping-basic-stats-all-types-columnmapping-id")]
    [InlineData("table-with-columnmapping-mode-id")]
    [InlineData("data-reader-timestamp_ntz-id-mode")]
    [InlineData("dv-partitioned-with-checkpoint")]
    [InlineData("log-replay-dv-key-cases")]
    [InlineData("data-reader-date-types-Etc")]
    [InlineData("data-reader-date-types-Jst")]
    [InlineData("data-reader-nullable-field-invalid-schema-key")]
    [InlineData("data-reader-primitives")]
    [InlineData("data-skipping-basic-stats-all-types")]
    [InlineData("data-skipping-change-stats-collected-across-versions")]
    [InlineData("decimal-various-scale-precision")]
    [InlineData("kernel-timestamp-int96")]
    [InlineData("kernel-timestamp-timestamp_micros")]
    [InlineData("log-replay-special-characters")]
    [InlineData("multi-part-checkpoint")]
    [InlineData("parquet-all-types")]
    [InlineData("parquet-decimal-dictionaries")]
    [InlineData("parquet-decimal-type")]
    [InlineData("snapshot-data1")]
    [InlineData("snapshot-data2-deleted")]
    [InlineData("snapshot-repartitioned")]
    [InlineData("time-travel-partition-changes-a")]
    [InlineData("time-travel-schema-changes-a")]
    [InlineData("time-travel-start")]
    [InlineData("time-travel-start-start20-start40")]
    [InlineData("v2-checkpoint-parquet")]
    public async Task Rows_are_those_that_Spark_read(string name)
    {
        var golden = SharedData.Require("delta/golden");
        var snapshot = await OpenAsync(golden, name);
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        connection.Execute("SET TimeZone = 'UTC'");
        using var scan = await ScanAsync(golden, snapshot);
        scan.LoadDeletedRows(connection, "memory", "main", "gone");
        connection.Execute($"create table ours as {scan.Sql("memory.main.gone")}");
        connection.Execute($"create table spark as select {Columns(snapshot)} from read_parquet({SqlNames.Text($"{golden}/{name}/expected/*.parquet")}, hive_partitioning = false)");
        var rows = connection.Scalar("select count(*) from spark");
        Assert.Equal(rows, connection.Scalar("select count(*) from ours"));
        Assert.Equal(0L, connection.Scalar("select count(*) from (from ours except all from spark)"));
        Assert.Equal(0L, connection.Scalar("select count(*) from (from spark except all from ours)"));
        if (snapshot.RowCount is { } counted)
        {
            Assert.Equal(rows, counted);
        }
    }

    [Theory]
    [InlineData("deltalog-invalid-protocol-version", "99")]
    public async Task What_this_version_does_not_read_it_refuses_by_name(string name, string feature)
    {
        var golden = SharedData.Require("delta/golden");
        var error = await Assert.ThrowsAsync<TarnException>(() => OpenAsync(golden, name));
        Assert.Equal(ErrorKind.Unsupported, error.Kind);
        Assert.Contains(feature, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Versions_that_are_not_contiguous_are_refused()
    {
        var error = await Assert.ThrowsAsync<TarnException>(() => OpenAsync(SharedData.Require("delta/golden"), "versions-not-contiguous"));
        Assert.Equal(ErrorKind.Corrupt, error.Kind);
    }

    [Fact]
    public async Task Every_log_is_read_or_refused_by_name()
    {
        var golden = SharedData.Require("delta/golden");
        var refused = new List<string>();
        foreach (var log in Directory.GetDirectories(golden, LogPath.Folder, SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var name = Path.GetRelativePath(golden, Path.GetDirectoryName(log)!);
            if (name.StartsWith('.'))
            {
                continue; // Not one of the tables: left there by a program that ran there.
            }

            try
            {
                var state = await LoadAsync(golden, name);
                TestContext.Current.TestOutputHelper?.WriteLine($"{name}: version {state!.Version}, {state.Files.Count} files, {state.Tombstones.Count} removals");
            }
            catch (TarnException e)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {e.Message}");
                refused.Add(name);
            }
        }

        Assert.Equal(["deltalog-invalid-protocol-version/delta", "versions-not-contiguous/delta"], refused);
    }

    [Fact]
    public async Task A_checkpoint_and_the_spelling_of_paths_are_seen_to()
    {
        var golden = SharedData.Require("delta/golden");
        var state = await LoadAsync(golden, "checkpoint/delta");
        Assert.Equal((14, "15"), (state!.Version, state.Files.Values.Single().Path));
        Assert.Empty((await LoadAsync(golden, "canonicalized-paths-normal-a/delta"))!.Files);
    }

    private static string Columns(TableSnapshot snapshot) =>
        string.Join(", ", snapshot.Schema.Columns.Select(static c => $"cast({SqlNames.Quote(c.Name)} as {SqlNames.Type(c.Type)}) as {SqlNames.Quote(c.Name)}"));

    private static async Task<TableSnapshot> OpenAsync(string golden, string name)
    {
        var store = new LocalObjectStore(golden);
        await using var lake = new Lake(store, null, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, 1), NullLoggerFactory.Instance);
        var state = await new DeltaLog(store, $"{name}/delta", lake.Checkpoints).LoadAsync(null, Cancel);
        return new TableSnapshot($"{name}.delta", state!, store, DateTimeOffset.UnixEpoch);
    }

    private static async Task<LogState?> LoadAsync(string golden, string folder)
    {
        var store = new LocalObjectStore(golden);
        await using var lake = new Lake(store, null, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, 1), NullLoggerFactory.Instance);
        return await new DeltaLog(store, folder, lake.Checkpoints).LoadAsync(null, Cancel);
    }

    private static async Task<SnapshotScan> ScanAsync(string golden, TableSnapshot snapshot)
    {
        var store = new LocalObjectStore(golden);
        await using var lake = new Lake(store, null, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, 1), NullLoggerFactory.Instance);
        return await snapshot.ScanAsync(lake.Files, Cancel);
    }
}
