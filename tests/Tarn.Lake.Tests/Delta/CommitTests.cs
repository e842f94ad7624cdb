using System.Text.Json;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Racing writers, failing stores: none lost, none twice, and the outcome always known.</summary>
public sealed class CommitTests : IAsyncDisposable
{
    private readonly Lakes _lakes = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _lakes.DisposeAsync();

    [Theory]
    [InlineData(1, 0.0)]
    [InlineData(2, 0.25)]
    public async Task Eight_appenders_lose_nothing_and_write_nothing_twice(int seed, double faults)
    {
        const int writers = 8;
        const int commits = 50;
        var options = new LakeOptions { OptimizeAbove = 40, CheckpointInterval = 60 };
        await _lakes.Open().EnsureTableAsync(Definition, Cancel);
        var store = FaultyObjectStore.Random(_lakes.Local, seed, faults, faults / 100);
        var refused = 0;
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(
            async () =>
            {
                // Two processes of four writers each.
                var table = _lakes.Open(options, store).Table(Definition.Name);
                for (var i = 0; i < commits;)
                {
                    try
                    {
                        await table.AppendAsync<Line>([new(writer, i)], new WriteOptions { Transactions = [new($"w{writer}", i + 1)] }, Cancel);
                        i++;
                    }
                    catch (TarnException e) when (e.Kind == ErrorKind.Unavailable && faults > 0)
                    {
                        Interlocked.Increment(ref refused);
                    }
                }
            },
            Cancel)));
        var snapshot = await _lakes.Open().Table(Definition.Name).SnapshotAsync(null, Cancel);
        Assert.Equal(writers * commits, snapshot.RowCount);
        Assert.Equal((long)writers * commits, _lakes.Query(snapshot, "select count(distinct writer * 1000 + number) from t"));
        Assert.Equal((long)writers * commits, _lakes.Query(snapshot, "select count(*) from t"));
        Assert.All(Enumerable.Range(0, writers), w => Assert.Equal(commits, snapshot.TransactionVersion($"w{w}")));
        TestContext.Current.TestOutputHelper?.WriteLine($"version {snapshot.Version}, {store.Faults} faults, {refused} refused, {snapshot.FileCount} files");
        await RequireLogIsContiguousAsync(snapshot.Version);
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_is_known_as_ours()
    {
        var fail = true;
        var store = new FaultyObjectStore(_lakes.Local, call => IsCommit(call) && fail && !(fail = false) ? Fault.After : Fault.None);
        var table = await _lakes.Open(null, store).EnsureTableAsync(Definition, Cancel);
        Assert.Equal(1, store.Faults);
        Assert.Equal(0, (await table.SnapshotAsync(null, Cancel)).Version);
        fail = true;
        var result = await table.AppendAsync<Line>([new(1, 1)], null, Cancel);
        Assert.Equal((1, true), (result.Version, result.Committed));
        Assert.Equal(1, (await table.SnapshotAsync(null, Cancel)).RowCount);
        Assert.Equal(2, store.Faults);
    }

    [Fact]
    public async Task A_store_that_fails_for_good_is_an_error_and_nothing_is_written()
    {
        var broken = false;
        var store = new FaultyObjectStore(_lakes.Local, call => broken && IsCommit(call) ? Fault.Before : Fault.None);
        var table = await _lakes.Open(null, store).EnsureTableAsync(Definition, Cancel);
        broken = true;
        var error = await Assert.ThrowsAsync<TarnException>(() => table.AppendAsync<Line>([new(1, 1)], null, Cancel));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        broken = false;
        Assert.Equal(0, (await table.SnapshotAsync(null, Cancel)).Version);
        Assert.Equal(1, (await table.AppendAsync<Line>([new(1, 1)], null, Cancel)).Version);
    }

    [Fact]
    public async Task A_version_taken_while_our_write_failed_is_not_taken_for_ours()
    {
        var other = _lakes.Open().Table(Definition.Name);
        var armed = false;
        var store = new FaultyObjectStore(_lakes.Local, call =>
        {
            if (armed && IsCommit(call))
            {
                armed = false;
                other.AppendAsync<Line>([new(2, 2)], null, Cancel).GetAwaiter().GetResult();
                return Fault.Before;
            }

            return Fault.None;
        });
        var table = await _lakes.Open(null, store).EnsureTableAsync(Definition, Cancel);
        armed = true;
        var result = await table.AppendAsync<Line>([new(1, 1)], null, Cancel);
        Assert.Equal(2, result.Version);
        Assert.Equal(2, (await table.SnapshotAsync(null, Cancel)).RowCount);
    }

    [Fact]
    public async Task A_commit_reads_as_the_protocol_says()
    {
        var lake = _lakes.Open();
        var table = await lake.EnsureTableAsync(Definition with { PartitionBy = ["writer"], Description = "Lines.", Properties = new Dictionary<string, string> { ["tarn.x"] = "1" } }, Cancel);
        await table.AppendAsync<Line>([new(1, 1), new(2, 2)], new WriteOptions { Transactions = [new("app", 5)], Metadata = new Dictionary<string, string> { ["source"] = "test" } }, Cancel);
        var first = await ReadLogAsync(0);
        Assert.Equal(["commitInfo", "protocol", "metaData"], first.Select(static a => a.Name));
        Assert.Equal((1, 2), (first[1].Value.GetProperty("minReaderVersion").GetInt32(), first[1].Value.GetProperty("minWriterVersion").GetInt32()));
        var metadata = first[2].Value;
        Assert.Equal("parquet", metadata.GetProperty("format").GetProperty("provider").GetString());
        Assert.Equal("struct", JsonDocument.Parse(metadata.GetProperty("schemaString").GetString()!).RootElement.GetProperty("type").GetString());
        Assert.True(Guid.TryParse(metadata.GetProperty("id").GetString(), out _));

        var second = await ReadLogAsync(1);
        Assert.Equal(["commitInfo", "add", "add", "txn"], second.Select(static a => a.Name));
        var info = second[0].Value;
        Assert.Equal("WRITE", info.GetProperty("operation").GetString());
        Assert.Equal("test", info.GetProperty("operationParameters").GetProperty("source").GetString());
        Assert.StartsWith("Tarn/", info.GetProperty("engineInfo").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, info.GetProperty("readVersion").GetInt64());
        Assert.True(info.GetProperty("isBlindAppend").GetBoolean());
        Assert.NotEqual(info.GetProperty("txnId").GetString(), first[0].Value.GetProperty("txnId").GetString());
        var add = second[1].Value;
        var path = Path.Combine(_lakes.Root, "bronze/lines", Uri.UnescapeDataString(add.GetProperty("path").GetString()!));
        Assert.Equal(new FileInfo(path).Length, add.GetProperty("size").GetInt64());
        Assert.True(add.GetProperty("dataChange").GetBoolean());
        Assert.Equal("1", add.GetProperty("partitionValues").GetProperty("writer").GetString());
        Assert.StartsWith("writer=1/", add.GetProperty("path").GetString(), StringComparison.Ordinal);
        using var stats = JsonDocument.Parse(add.GetProperty("stats").GetString()!);
        Assert.Equal(1, stats.RootElement.GetProperty("numRecords").GetInt32());
        Assert.Equal(1, stats.RootElement.GetProperty("minValues").GetProperty("number").GetInt32());
        Assert.False(stats.RootElement.GetProperty("minValues").TryGetProperty("writer", out _));
        Assert.Equal(("app", 5), (second[3].Value.GetProperty("appId").GetString(), second[3].Value.GetProperty("version").GetInt32()));
        Assert.True(second[3].Value.TryGetProperty("lastUpdated", out _));
    }

    [Fact]
    public async Task Columns_join_and_types_stay()
    {
        var lake = _lakes.Open();
        var table = await lake.EnsureTableAsync(Definition, Cancel);
        await table.AppendAsync<Line>([new(1, 1)], null, Cancel);
        await lake.EnsureTableAsync(Definition, Cancel);
        Assert.Equal(1, (await table.SnapshotAsync(null, Cancel)).Version);
        var wider = Definition with { Schema = RowMapping<WiderLine>.Instance.Schema };
        await lake.EnsureTableAsync(wider, Cancel);
        await table.AppendAsync<WiderLine>([new(2, 2, "x", 5)], null, Cancel);
        await table.OptimizeAsync(Cancel);
        var snapshot = await table.SnapshotAsync(null, Cancel);
        Assert.True(snapshot.Schema.Find("count")!.Nullable);
        Assert.Equal(["1|1||", "2|2|x|5"], _lakes.Lines(snapshot, "writer, number, note, count"));
        var conflict = await Assert.ThrowsAsync<TarnException>(() => lake.EnsureTableAsync(Definition with { Schema = new TableSchema([new Column("writer", ColumnType.String)]) }, Cancel));
        Assert.Equal(ErrorKind.Conflict, conflict.Kind);
        conflict = await Assert.ThrowsAsync<TarnException>(() => lake.EnsureTableAsync(Definition with { PartitionBy = ["writer"] }, Cancel));
        Assert.Equal(ErrorKind.Conflict, conflict.Kind);
        var refused = await Assert.ThrowsAsync<TarnException>(() => table.AppendAsync<Event>([], new WriteOptions { Transactions = [new("x", 1)] }, Cancel));
        Assert.Equal(ErrorKind.InvalidInput, refused.Kind);
    }

    [Fact]
    public async Task An_append_without_rows_commits_its_transactions_and_nothing_else()
    {
        var table = await _lakes.Open().EnsureTableAsync(Definition, Cancel);
        Assert.False((await table.AppendAsync<Line>([], null, Cancel)).Committed);
        Assert.True((await table.AppendAsync<Line>([], new WriteOptions { Transactions = [new("a", 1)] }, Cancel)).Committed);
        Assert.False((await table.AppendAsync<Line>([new(1, 1)], new WriteOptions { Transactions = [new("a", 1)] }, Cancel)).Committed);
        Assert.Equal(0, (await table.SnapshotAsync(null, Cancel)).RowCount);
    }

    [Fact]
    public async Task Overwriting_replaces_all_rows_in_one_commit()
    {
        var table = await _lakes.Open().EnsureTableAsync(Definition, Cancel);
        await table.AppendAsync<Line>([new(1, 1), new(1, 2)], null, Cancel);
        await table.OverwriteAsync<Line>([new(9, 9)], null, Cancel);
        Assert.Equal(["9|9"], _lakes.Lines(await table.SnapshotAsync(null, Cancel), "writer, number"));
        Assert.Equal(2, (await table.SnapshotAsync(AsOf.Version(1), Cancel)).RowCount);
        await table.OverwriteAsync<Line>([], null, Cancel);
        Assert.Equal(0, (await table.SnapshotAsync(null, Cancel)).RowCount);
    }

    private static bool IsCommit(StoreCall call) => call.Operation == "put-if-absent" && call.Path.EndsWith(".json", StringComparison.Ordinal);

    private static TableDefinition Definition { get; } = new("bronze.lines", RowMapping<Line>.Instance.Schema);

    private async Task<List<(string Name, JsonElement Value)>> ReadLogAsync(long version)
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(_lakes.Root, "bronze/lines", LogPath.Commit(version)), Cancel);
        return [.. lines.Select(static line => JsonDocument.Parse(line).RootElement.EnumerateObject().Single()).Select(static p => (p.Name, p.Value))];
    }

    private async Task RequireLogIsContiguousAsync(long latest)
    {
        var ids = new HashSet<string>();
        for (long version = 0; version <= latest; version++)
        {
            Assert.True(ids.Add((await ReadLogAsync(version))[0].Value.GetProperty("txnId").GetString()!));
        }
    }

    internal sealed record Line(int Writer, int Number);

    internal sealed record WiderLine(int Writer, int Number, string? Note, int Count);
}
