using System.Text.Json;
using Tarn.Native;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Checkpoints as written: each kind reads back as the same state, and is what the protocol and the table's properties say.</summary>
public sealed class CheckpointTests : IAsyncDisposable
{
    private readonly Lakes _lakes = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Log => Path.Combine(_lakes.Root, "bronze/lines/_delta_log");

    public ValueTask DisposeAsync() => _lakes.DisposeAsync();

    [Theory]
    [InlineData(false, false, 20_000)]
    [InlineData(true, false, 20_000)]
    [InlineData(true, true, 20_000)]
    [InlineData(true, false, 4)]
    [InlineData(true, true, 4)]
    public async Task A_checkpoint_reads_back_as_the_state(bool v2, bool json, int sidecarRows)
    {
        var table = await TableAsync(new LakeOptions { OptimizeAbove = 0, JsonCheckpoints = json, SidecarRows = sidecarRows }, v2 ? [("delta.checkpointPolicy", "v2")] : []);
        for (var i = 0; i < 9; i++)
        {
            await table.AppendAsync<CommitTests.Line>([new(i % 3, i)], new WriteOptions { Transactions = [new("a", i)] }, Cancel);
        }

        await table.OptimizeAsync(Cancel);
        var expected = await table.SnapshotAsync(null, Cancel);
        Assert.Equal(expected.Version, await table.CheckpointAsync(Cancel));
        _lakes.BreaksLogs = true;
        foreach (var commit in Directory.GetFiles(Log, "*.json").Where(static f => Path.GetFileName(f).Length == 25))
        {
            File.Delete(commit);
        }

        var names = Directory.GetFiles(Log, "*.checkpoint.*").Select(Path.GetFileName).ToList();
        Assert.Equal(v2, names.Single()!.Length > "00000000000000000000.checkpoint.parquet".Length);
        Assert.EndsWith(json ? ".json" : ".parquet", names[0], StringComparison.Ordinal);
        Assert.Equal(sidecarRows == 4 ? 3 : 0, Directory.Exists(Path.Combine(Log, "_sidecars")) ? Directory.GetFiles(Path.Combine(Log, "_sidecars")).Length : 0);
        var actual = (await _lakes.Open().Table("bronze.lines").SnapshotAsync(null, Cancel)).State;
        Assert.Equal(expected.Files.Select(static f => (f.Path, f.Stats, f.PartitionValues["writer"])), actual.OrderedFiles.Select(static f => (f.Path, f.Stats, f.PartitionValues["writer"])));
        Assert.Equal(9, actual.Tombstones.Count);
        Assert.Equal(expected.State.Tombstones.Keys.Order(), actual.Tombstones.Keys.Order());
        Assert.Equal(expected.Transactions.Single().Version, actual.Transactions["a"].Version);
        Assert.Equal(expected.Schema, actual.Schema);
        Assert.Equal(ActionWriter.Write([expected.State.Protocol!]), ActionWriter.Write([actual.Protocol!]));
    }

    [Fact]
    public async Task Statistics_are_written_as_the_properties_say()
    {
        var table = await TableAsync(null, [("delta.checkpoint.writeStatsAsJson", "false"), ("delta.checkpoint.writeStatsAsStruct", "true")]);
        await table.AppendAsync<CommitTests.Line>([new(7, 1), new(7, 5)], null, Cancel);
        await table.CheckpointAsync(Cancel);
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        var from = $"FROM read_parquet('{Log}/00000000000000000001.checkpoint.parquet') WHERE add IS NOT NULL";
        Assert.Equal(1L, Convert.ToInt64(connection.Scalar($"SELECT add.stats_parsed.minValues.number {from}"), System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(2L, connection.Scalar($"SELECT add.stats_parsed.numRecords {from}"));
        Assert.Equal(7L, Convert.ToInt64(connection.Scalar($"SELECT add.partitionValues_parsed.writer {from}"), System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(0L, connection.Scalar($"SELECT count(*) FROM (SELECT unnest(add) {from} LIMIT 0) t, (DESCRIBE SELECT unnest(add) {from}) d WHERE d.column_name = 'stats'"));
        var file = (await _lakes.Open().Table("bronze.lines").SnapshotAsync(null, Cancel)).Files.Single();
        using var stats = JsonDocument.Parse(file.Stats!);
        Assert.Equal((2, 5), (stats.RootElement.GetProperty("numRecords").GetInt32(), stats.RootElement.GetProperty("maxValues").GetProperty("number").GetInt32()));
    }

    [Fact]
    public async Task The_interval_is_the_tables_own_and_a_hint_never_goes_back()
    {
        var table = await TableAsync(new LakeOptions { OptimizeAbove = 0, CheckpointInterval = 1000 }, [("delta.checkpointInterval", "3")]);
        var states = new List<LogState>();
        for (var i = 1; i <= 7; i++)
        {
            await table.AppendAsync<CommitTests.Line>([new(1, i)], null, Cancel);
            states.Add((await table.SnapshotAsync(null, Cancel)).State);
            await _lakes.IdleAsync();
        }

        Assert.Equal(["00000000000000000003.checkpoint.parquet", "00000000000000000006.checkpoint.parquet"], Directory.GetFiles(Log, "*.checkpoint.*").Select(Path.GetFileName).Order());
        var hint = await File.ReadAllBytesAsync(Path.Combine(Log, "_last_checkpoint"), Cancel);
        Assert.Equal(6, LastCheckpoint.Read(hint));
        var lake = _lakes.Open();
        await lake.CheckpointWriter.WriteAsync(table.Log.Log, states[1], CheckpointPolicy.Of(states[1], lake.Options), Cancel);
        Assert.Equal(hint, await File.ReadAllBytesAsync(Path.Combine(Log, "_last_checkpoint"), Cancel));
    }

    [Fact]
    public async Task Removals_are_kept_as_long_as_the_table_says()
    {
        var table = await TableAsync(new LakeOptions { OptimizeAbove = 0, MinimumRetention = TimeSpan.Zero }, [("delta.deletedFileRetentionDuration", "interval 2 days")]);
        await table.AppendAsync<CommitTests.Line>([new(1, 1)], null, Cancel);
        await table.OverwriteAsync<CommitTests.Line>([new(1, 2)], null, Cancel);
        _lakes.Time.Advance(TimeSpan.FromDays(1.5));
        await table.OverwriteAsync<CommitTests.Line>([new(1, 3)], null, Cancel);
        _lakes.Time.Advance(TimeSpan.FromDays(1));
        await table.CheckpointAsync(Cancel);
        Assert.Single((await _lakes.Open().Table("bronze.lines").SnapshotAsync(null, Cancel)).State.Tombstones);
        Assert.Single((await table.SnapshotAsync(null, Cancel)).State.Tombstones);
    }

    [Theory]
    [InlineData("interval 1 week", 7 * 24)]
    [InlineData("30 days", 720)]
    [InlineData("interval 2 hours 90 minutes", 3.5)]
    [InlineData("INTERVAL 1 DAY", 24)]
    [InlineData("soon", 5)]
    [InlineData("interval 1 fortnight", 5)]
    [InlineData(null, 5)]
    public void Durations_are_read_as_Spark_writes_them(string? text, double hours)
    {
        var metadata = new MetadataAction { Id = "i", SchemaString = "{}", Configuration = text is null ? EmptyMap.Strings : new Dictionary<string, string> { ["x"] = text } };
        Assert.Equal(TimeSpan.FromHours(hours), TableProperty.Duration(metadata, "x", TimeSpan.FromHours(5)));
    }

    private async Task<LakeTable> TableAsync(LakeOptions? options, params (string Name, string Value)[] properties) => await _lakes.Open(options).EnsureTableAsync(
        new TableDefinition("bronze.lines", RowMapping<CommitTests.Line>.Instance.Schema) { PartitionBy = ["writer"], Properties = properties.ToDictionary(static p => p.Name, static p => p.Value) }, Cancel);
}
