using System.Text;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Logs as other writers leave them: every kind of checkpoint, whole and broken, compactions, names that mean nothing, hints that lie.</summary>
public sealed class LogReaderTests : IAsyncDisposable
{
    private const string Id = "80a083e8-7026-4e79-81be-64bd76c43a11";
    private readonly TableLogs _logs = new();

    public ValueTask DisposeAsync() => _logs.DisposeAsync();

    [Fact]
    public async Task A_json_checkpoint_with_sidecars_stands_for_the_commits_before_it()
    {
        Sidecar("one.parquet", "a", "b");
        Sidecar("two.parquet", "c");
        _logs.Write(TableLogs.Name(5, $"checkpoint.{Id}.json"), Checkpoint(5, "one.parquet", "two.parquet"));
        _logs.Commit(6, TableLogs.Info(10), TableLogs.Remove("b"), TableLogs.Add("d"));
        await RequireAsync(6, "a", "c", "d");
        _logs.Write("_last_checkpoint", """{"version":5,"size":6,"v2Checkpoint":{"path":"gone","sizeInBytes":1,"modificationTime":1,"nonFileActions":[],"sidecarFiles":[]},"checksum":"x"}""");
        await RequireAsync(6, "a", "c", "d");
        Assert.Equal(7, (await _logs.LoadAsync())!.Transactions["app"].Version);
    }

    [Fact]
    public async Task Of_several_checkpoints_of_a_version_one_that_can_be_read_is_taken()
    {
        // The best in name lacks a sidecar, the next is torn, a multi-part one is incomplete; the classic one is whole.
        _logs.Write(TableLogs.Name(5, $"checkpoint.{Id}.json"), Checkpoint(5, "missing.parquet"));
        _logs.Write(TableLogs.Name(5, "checkpoint.90a083e8-7026-4e79-81be-64bd76c43a11.parquet"), "PAR1 torn");
        _logs.OldCheckpoint(TableLogs.Name(5, "checkpoint.0000000001.0000000002.parquet"), first: true, "wrong");
        _logs.OldCheckpoint(TableLogs.Name(5, "checkpoint.parquet"), first: true, "a", "b");
        await RequireAsync(5, "a", "b");
        File.Delete(Path.Combine(_logs.Folder, TableLogs.Name(5, "checkpoint.parquet")));
        var error = await Assert.ThrowsAsync<TarnException>(() => _logs.LoadAsync());
        Assert.Equal(ErrorKind.Corrupt, error.Kind);
        Assert.Contains("missing.parquet", error.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_in_parts_is_read_when_all_are_there()
    {
        _logs.OldCheckpoint(TableLogs.Name(3, "checkpoint.0000000001.0000000002.parquet"), first: true, "a");
        _logs.OldCheckpoint(TableLogs.Name(3, "checkpoint.0000000002.0000000002.parquet"), first: false, "b", "c");
        _logs.Commit(4, TableLogs.Add("d"));
        await RequireAsync(4, "a", "b", "c", "d");
        Assert.Equal((1, 2), ((await _logs.LoadAsync())!.Protocol!.MinReaderVersion, (await _logs.LoadAsync(3))!.Protocol!.MinWriterVersion));
    }

    [Fact]
    public async Task A_checkpoint_of_version_0_and_a_hint_at_it_are_read()
    {
        _logs.OldCheckpoint(TableLogs.Name(0, "checkpoint.parquet"), first: true, "a");
        _logs.Write("_last_checkpoint", """{"version":0,"size":3}""");
        await RequireAsync(0, "a");
        _logs.Commit(0, TableLogs.Start, TableLogs.Add("not looked at"));
        _logs.Commit(1, TableLogs.Add("b"));
        await RequireAsync(1, "a", "b");
    }

    [Fact]
    public async Task Compactions_stand_for_their_commits_and_commits_for_compactions_that_cannot_be_read()
    {
        _logs.Commit(0, TableLogs.Info(0), TableLogs.Start);
        for (var i = 1; i <= 6; i++)
        {
            _logs.Commit(i, TableLogs.Info(i), TableLogs.Add($"f{i}"), i == 3 ? TableLogs.Remove("f1") : "");
        }

        await RequireAsync(6, "f2", "f3", "f4", "f5", "f6");
        var compaction = $"{1:D20}.{4:D20}.compacted.json";
        _logs.Write(compaction, TableLogs.Remove("f1"), TableLogs.Add("f2"), TableLogs.Add("f3"), TableLogs.Add("f4"));
        File.Move(Path.Combine(_logs.Folder, TableLogs.Name(2, "json")), Path.Combine(_logs.Folder, "away"));
        await RequireAsync(6, "f2", "f3", "f4", "f5", "f6");
        Assert.Equal(6, (await _logs.LoadAsync())!.Timestamp);

        // For version 3 the compaction goes too far, and a commit is missing.
        Assert.Equal(ErrorKind.Corrupt, (await Assert.ThrowsAsync<TarnException>(() => _logs.LoadAsync(3))).Kind);
        File.Move(Path.Combine(_logs.Folder, "away"), Path.Combine(_logs.Folder, TableLogs.Name(2, "json")));
        _logs.Write(compaction, "torn {");
        await RequireAsync(6, "f2", "f3", "f4", "f5", "f6");
        Assert.Equal(["f2", "f3"], Paths((await _logs.LoadAsync(3))!));
    }

    [Fact]
    public async Task Names_that_mean_nothing_here_are_passed_over()
    {
        _logs.Commit(0, TableLogs.Start, TableLogs.Add("a"));
        foreach (var name in new[]
        {
            $"{1:D20}.{Id}.json", "_staged_commits/" + TableLogs.Name(1, $"{Id}.json"), TableLogs.Name(0, "crc"), "1.json", TableLogs.Name(9, "json.tmp"), TableLogs.Name(9, "checkpoint.x.parquet"),
            TableLogs.Name(9, "checkpoint.0000000003.0000000002.parquet"), $"{5:D20}.{5:D20}.compacted.json", "_sidecars/" + TableLogs.Name(7, "json"), "zz", ".x.crc", "99999999999999999999.json",
        })
        {
            _logs.Write(name, "nonsense");
        }

        await RequireAsync(0, "a");
    }

    [Theory]
    [InlineData("{\"version\":-1}")]
    [InlineData("{\"version\":99999}")]
    [InlineData("{\"version\":1}")]
    [InlineData("{\"size\":1}")]
    [InlineData("{\"version\":2.5}")]
    [InlineData("\u0000\u0000")]
    public async Task A_hint_that_lies_costs_a_listing_and_nothing_else(string hint)
    {
        _logs.Commit(0, TableLogs.Start);
        _logs.Commit(1, TableLogs.Add("a"));
        _logs.OldCheckpoint(TableLogs.Name(2, "checkpoint.parquet"), first: true, "a", "b");
        _logs.Commit(3, TableLogs.Add("c"));
        _logs.Write("_last_checkpoint", hint);
        await RequireAsync(3, "a", "b", "c");
    }

    [Fact]
    public async Task Where_only_a_checkpoint_is_left_its_version_is_read_and_earlier_ones_are_named_as_gone()
    {
        _logs.OldCheckpoint(TableLogs.Name(10, "checkpoint.parquet"), first: true, "a");
        await RequireAsync(10, "a");
        Assert.True((await _logs.LoadAsync())!.Timestamp > 0);
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => _logs.LoadAsync(9))).Kind);
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => _logs.LoadAsync(11))).Kind);
    }

    [Fact]
    public async Task A_log_without_protocol_or_metadata_is_refused_by_name()
    {
        _logs.Commit(0, TableLogs.Add("a"));
        Assert.Contains("protocol", (await Assert.ThrowsAsync<TarnException>(() => _logs.LoadAsync())).Message, StringComparison.Ordinal);
        _logs.Commit(0, """{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}""");
        Assert.Contains("metaData", (await Assert.ThrowsAsync<TarnException>(() => _logs.LoadAsync())).Message, StringComparison.Ordinal);
        Assert.Null(await new DeltaLog(_logs.Store, "silver/none", null!).LoadAsync(null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_checkpoint_without_protocol_and_columns_is_refused_though_the_commits_are_there()
    {
        _logs.Commit(0, TableLogs.Start, TableLogs.Add("a"));
        _logs.OldCheckpoint(TableLogs.Name(0, "checkpoint.parquet"), first: false, "a");
        var error = await Assert.ThrowsAsync<TarnException>(() => _logs.LoadAsync());
        Assert.Equal(ErrorKind.Corrupt, error.Kind);
        Assert.Contains("no protocol action", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_added_removed_and_added_again_is_there_once()
    {
        _logs.Commit(0, TableLogs.Start, TableLogs.Add("a%20b"));
        _logs.Commit(1, TableLogs.Remove("a%20b"));
        Assert.Empty((await _logs.LoadAsync())!.Files);
        _logs.Commit(2, TableLogs.Add("a%20b", ",\"stats\":\"{\\\"numRecords\\\":7}\""));
        await RequireAsync(2, "a b");
        Assert.Equal(7, (await _logs.LoadAsync())!.CountedRows);
        Assert.Empty((await _logs.LoadAsync())!.Tombstones);
    }

    [Fact]
    public async Task Statistics_kept_in_columns_alone_are_read_as_those_of_commits()
    {
        _logs.Parquet(TableLogs.Name(4, "checkpoint.parquet"), """
            SELECT NULL AS add, {'minReaderVersion': 1, 'minWriterVersion': 2} AS protocol, NULL AS metaData
            UNION ALL SELECT NULL, NULL, {'id': 'x', 'format': {'provider': 'parquet', 'options': MAP {}::MAP(VARCHAR, VARCHAR)}, 'schemaString': '{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}}]}',
               'partitionColumns': ['p'], 'configuration': MAP {}::MAP(VARCHAR, VARCHAR), 'createdTime': 1}
            UNION ALL SELECT {'path': 'p=1/f', 'partitionValues': MAP {'p': '1'}, 'size': 5::BIGINT, 'modificationTime': 1::BIGINT, 'dataChange': false, 'stats_parsed': {'numRecords': 3::BIGINT,
              'minValues': {'a': 1::BIGINT, 's': 'x"y', 't': TIMESTAMPTZ '2026-01-02 03:04:05.000006Z', 'd': DATE '2026-01-02', 'n': 1.50::DECIMAL(5,2), 'x': {'y': 1.5::DOUBLE}}, 'nullCount': {'a': 0::BIGINT}}}, NULL, NULL
            """);
        var file = (await _logs.LoadAsync())!.Files.Values.Single();
        Assert.Equal(3, file.RowCount);
        Assert.Equal("1", file.PartitionValues["p"]);
        Assert.Equal("""{"numRecords":3,"minValues":{"a":1,"s":"x\u0022y","t":"2026-01-02T03:04:05.000006Z","d":"2026-01-02","n":1.50,"x":{"y":1.5}},"nullCount":{"a":0}}""", file.Stats);
    }

    [Fact]
    public async Task A_log_that_is_cleaned_up_while_it_is_read_is_listed_anew()
    {
        var cleaned = false;
        FaultyObjectStore? store = null;
        store = new FaultyObjectStore(_logs.Store, call =>
        {
            if (!cleaned && call.Path.EndsWith("00000000000000000002.json", StringComparison.Ordinal))
            {
                cleaned = true;
                _logs.OldCheckpoint(TableLogs.Name(3, "checkpoint.parquet"), first: true, "a", "b", "c");
                foreach (var version in new[] { 0, 1, 2 })
                {
                    File.Delete(Path.Combine(_logs.Folder, TableLogs.Name(version, "json")));
                }
            }

            return Fault.None;
        });
        _logs.Commit(0, TableLogs.Start);
        _logs.Commit(1, TableLogs.Add("a"));
        _logs.Commit(2, TableLogs.Add("b"));
        _logs.Commit(3, TableLogs.Add("c"));
        await using var lake = new Lake(store, null, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, 1), Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var state = await new DeltaLog(store, "silver/t", lake.Checkpoints).LoadAsync(null, TestContext.Current.CancellationToken);
        Assert.True(cleaned);
        Assert.Equal(["a", "b", "c"], Paths(state!));
    }

    private static string[] Paths(LogState state) => [.. state.OrderedFiles.Select(static f => f.Path)];

    private static string Checkpoint(long version, params string[] sidecars) => new StringBuilder()
        .AppendLine($$$$"""{"checkpointMetadata":{"version":{{{{version}}}},"tags":{}}}""").AppendLine(TableLogs.Start).AppendLine("""{"txn":{"appId":"app","version":7}}""")
        .AppendJoin('\n', sidecars.Select(static s => $$$$"""{"sidecar":{"path":"{{{{s}}}}","sizeInBytes":1,"modificationTime":1,"tags":{}}}""")).ToString();

    private void Sidecar(string name, params string[] paths) => _logs.Parquet($"_sidecars/{name}", string.Join(" UNION ALL ", paths.Select(static p =>
        $$"""SELECT {'path': '{{p}}', 'partitionValues': MAP {}::MAP(VARCHAR, VARCHAR), 'size': 1::BIGINT, 'modificationTime': 1::BIGINT, 'dataChange': false, 'stats': '{"numRecords":1}'} AS add, NULL::STRUCT(path VARCHAR) AS remove""")));

    private async Task RequireAsync(long version, params string[] paths)
    {
        var state = await _logs.LoadAsync();
        Assert.Equal(version, state!.Version);
        Assert.Equal(paths, Paths(state));
    }
}
