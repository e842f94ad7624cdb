using System.Text.Json;
using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Lake.Tests.Protocol;

/// <summary>The validator accepts what is right and names what is broken, rule by rule: one that could not fail would prove nothing.</summary>
public sealed class DeltaLogValidatorTests
{
    private static readonly Dictionary<string, (string Rule, Action<HandWrittenTable> Break)> Cases = new(StringComparer.Ordinal)
    {
        // the files of the log
        ["a commit is gone"] = ("version-missing", static t => File.Delete(t.Commit(2))),
        ["the log is empty"] = ("log-empty", static t => Directory.GetFiles(t.Log("")).ToList().ForEach(File.Delete)),
        ["nothing stands for the beginning"] = ("unreadable", static t => { t.ForgetCheckpoint(); File.Delete(t.Commit(0)); }
        ),
        ["the commit of the checkpoint is gone"] = ("cleanup", static t =>
        {
            t.Append(4, """{"commitInfo":{"inCommitTimestamp":500,"timestamp":500}}""");
            Enumerable.Range(0, 4).ToList().ForEach(v => File.Delete(t.Commit(v)));
        }
        ),
        ["a strange name"] = ("log-name", static t => File.WriteAllText(t.Log("4.json"), "{}")),
        ["two actions in a line"] = ("commit-line", static t => t.Append(3, """{"txn":{"appId":"a","version":1},"remove":{"path":"x","dataChange":true}}""")),
        ["a line that is no JSON"] = ("commit-line", static t => t.Append(3, "{\"txn\":")),
        ["a field twice"] = ("commit-line", static t => t.Append(3, """{"txn":{"appId":"a","appId":"b","version":1}}""")),
        ["bytes that are no UTF-8"] = ("commit-line", static t => File.WriteAllBytes(t.Commit(3), [.. File.ReadAllBytes(t.Commit(3)), 0xFF, 0x0A])),
        ["an empty line"] = ("commit-line", static t => t.Append(3, "")),

        // actions
        ["an add without size"] = ("action-field", static t => t.Change(3, "add", static a => a.Remove("size"))),
        ["a size that is a text"] = ("action-field", static t => t.Change(3, "add", static a => a["size"] = "12")),
        ["a partition value that is a number"] = ("action-field", static t => t.Change(3, "add", static a => a["partitionValues"]!["p"] = 1)),
        ["extended metadata that is not there"] = ("action-field", static t => t.Change(3, "remove", static a => a.Remove("partitionValues"))),
        ["a vector without cardinality"] = ("action-field", static t => t.Change(2, "add", static a => a["deletionVector"]!.AsObject().Remove("cardinality"))),
        ["an action of nobody"] = ("unknown-action", static t => t.Append(3, """{"mystery":{}}""")),
        ["a sidecar in a commit"] = ("checkpoint-action", static t => t.Append(3, """{"sidecar":{"path":"x","sizeInBytes":1,"modificationTime":1}}""")),
        ["the same file twice"] = ("action-twice", static t => t.Append(3, File.ReadAllLines(t.Commit(3))[2])),
        ["two vectors of one path"] = ("action-twice", static t => t.Append(2, File.ReadAllLines(t.Commit(1))[1])),
        ["added and removed"] = ("action-twice", static t => t.Append(3, $$$"""{"remove":{"path":"{{{HandWrittenTable.B}}}","dataChange":false}}""")),
        ["a transaction twice"] = ("action-twice", static t => t.Append(3, """{"txn":{"appId":"app","version":9}}""")),
        ["no metadata at the beginning"] = ("first-commit", static t => t.Drop(0, "metaData")),
        ["no protocol at the beginning"] = ("first-commit", static t => t.Drop(0, "protocol")),
        ["a transaction that goes back"] = ("txn-order", static t => t.Change(3, "txn", static a => a["version"] = 7)),

        // protocol and features
        ["reader version 4"] = ("protocol-version", static t => t.Change(0, "protocol", static a => a["minReaderVersion"] = 4)),
        ["reader 3 with writer 5"] = ("protocol-version", static t => t.Change(0, "protocol", static a => a["minWriterVersion"] = 5)),
        ["features without version 3"] = ("protocol-features", static t => t.Change(0, "protocol", static a => a["minReaderVersion"] = 2)),
        ["no features at version 3"] = ("protocol-features", static t => t.Change(0, "protocol", static a => a.Remove("readerFeatures"))),
        ["a reader feature not for writers"] = ("protocol-features", static t => t.Edit(t.Commit(0), "\"writerFeatures\":[\"deletionVectors\",", "\"writerFeatures\":[")),
        ["a feature hidden from readers"] = ("protocol-features", static t => t.Edit(t.Commit(0), "\"readerFeatures\":[\"deletionVectors\",", "\"readerFeatures\":[")),
        ["a writer feature for readers"] = ("protocol-features", static t => t.Edit(t.Commit(0), "\"readerFeatures\":[", "\"readerFeatures\":[\"appendOnly\",")),
        ["a feature of nobody"] = ("protocol-unknown-feature", static t => t.Edit(t.Commit(0), "\"domainMetadata\"]", "\"domainMetadata\",\"mystery\"]")),
        ["a feature taken away"] = ("protocol-feature-lost", static t => t.Append(3, File.ReadAllLines(t.Commit(0))[1].Replace("\"checkConstraints\",", "", StringComparison.Ordinal))),
        ["a change feed without its feature"] = ("feature-missing", static t => t.Edit(t.Commit(0), "\"changeDataFeed\",", "")),
        ["a constraint without its feature"] = ("feature-missing", static t => t.Edit(t.Commit(0), "\"checkConstraints\",", "")),
        ["timestamps without their feature"] = ("feature-missing", static t => t.Edit(t.Commit(0), "\"inCommitTimestamp\",", "")),
        ["a domain without its feature"] = ("feature-missing", static t => t.Edit(t.Commit(0), ",\"domainMetadata\"]", "]")),
        ["a V2 checkpoint without its feature"] = ("feature-missing", static t => t.Edit(t.Commit(0), "\"v2Checkpoint\",", "")),
        ["a type without its feature"] = ("feature-missing", static t => t.Edit(t.Commit(0), "\\u0022timestamp\\u0022", "\\u0022timestamp_ntz\\u0022")),

        // metadata
        ["a schema that is none"] = ("unreadable", static t => t.Change(0, "metaData", static a => a["schemaString"] = "{}")),
        ["a type of nobody"] = ("unreadable", static t => t.Edit(t.Commit(0), "\\u0022long\\u0022", "\\u0022longer\\u0022")),
        ["an id that is none"] = ("metadata-id", static t => t.Change(0, "metaData", static a => a["id"] = "x")),
        ["another format"] = ("metadata-format", static t => t.Change(0, "metaData", static a => a["format"]!["provider"] = "orc")),
        ["a partition column that is none"] = ("partition-column", static t => t.Change(0, "metaData", static a => a["partitionColumns"] = new JsonArray("q"))),
        ["columns that differ by case"] = ("schema-names", static t => t.Edit(t.Commit(0), "\\u0022name\\u0022:\\u0022seen\\u0022", "\\u0022name\\u0022:\\u0022ID\\u0022")),
        ["a type that narrows"] = ("type-change", static t => t.Append(3, File.ReadAllLines(t.Commit(0))[2].Replace("\\u0022long\\u0022", "\\u0022integer\\u0022", StringComparison.Ordinal))),
        ["a column mapping that is half"] = ("column-mapping", static t => t.Change(0, "metaData", static a => a["configuration"]!["delta.columnMapping.mode"] = "name")),

        // files
        ["a file of another size"] = ("file-size", static t => t.Change(3, "add", static a => a["size"] = 1)),
        ["a change file of another size"] = ("file-size", static t => t.Change(2, "cdc", static a => a["size"] = 1)),
        ["a file that is gone"] = ("file-missing", static t => File.Delete(Path.Combine(t.Folder, HandWrittenTable.B))),
        ["a file that is no Parquet"] = ("file-unreadable", static t => File.WriteAllText(Path.Combine(t.Folder, HandWrittenTable.B), "PAR1 no PAR1")),
        ["a column that the table has not"] = ("file-column", static t => t.Parquet(HandWrittenTable.B, $"SELECT *, 1 AS more FROM ({HandWrittenTable.Rows}) WHERE id <> 2")),
        ["a column of another type"] = ("file-type", static t => t.Parquet(HandWrittenTable.B, $"SELECT id::INTEGER AS id, name, seen FROM ({HandWrittenTable.Rows}) WHERE id <> 2")),
        ["a null where none may be"] = ("not-null", static t => t.Parquet(HandWrittenTable.B, $"SELECT nullif(id, 3) AS id, name, seen FROM ({HandWrittenTable.Rows}) WHERE id <> 2")),
        ["a row that breaks the constraint"] = ("constraint", static t => t.Parquet(HandWrittenTable.B, $"SELECT id - 1 AS id, name, seen FROM ({HandWrittenTable.Rows}) WHERE id <> 2")),
        ["a hidden file"] = ("hidden-path", static t => t.Edit(t.Commit(3), HandWrittenTable.B, "_b.parquet")),
        ["partition values of other columns"] = ("partition-values", static t => t.Change(3, "add", static a => a["partitionValues"] = new JsonObject { ["q"] = "1" })),
        ["a partition value of another type"] = ("partition-value", static t => t.Change(3, "add", static a => a["partitionValues"]!["p"] = "1 January")),
        ["other rows, and no data change"] = ("data-change", static t => t.Parquet(HandWrittenTable.B, $"SELECT id, 'x' AS name, seen FROM ({HandWrittenTable.Rows}) WHERE id <> 2")),
        ["a new file, and no data change"] = ("data-change", static t => t.Change(1, "add", static a => a["dataChange"] = false)),
        ["a removal of nothing"] = ("remove-unknown", static t => t.Append(3, """{"remove":{"path":"nothing","dataChange":true}}""")),
        ["a removal of an append-only table"] = ("append-only", static t => t.Change(0, "metaData", static a => a["configuration"]!["delta.appendOnly"] = "true")),

        // statistics
        ["a wrong count"] = ("stats-num-records", static t => t.Edit(t.Commit(3), "\\u0022numRecords\\u0022:2", "\\u0022numRecords\\u0022:3")),
        ["no count beside a vector"] = ("stats-num-records", static t => t.Change(2, "add", static a => a.Remove("stats"))),
        ["a minimum too high"] = ("stats-min", static t => t.Edit(t.Commit(3), "minValues\\u0022:{\\u0022id\\u0022:1", "minValues\\u0022:{\\u0022id\\u0022:2")),
        ["a minimum too low"] = ("stats-min", static t => t.Edit(t.Commit(3), "minValues\\u0022:{\\u0022id\\u0022:1", "minValues\\u0022:{\\u0022id\\u0022:0")),
        ["a maximum too low"] = ("stats-max", static t => t.Edit(t.Commit(3), "maxValues\\u0022:{\\u0022id\\u0022:3", "maxValues\\u0022:{\\u0022id\\u0022:2")),
        ["a maximum of text too low"] = ("stats-max", static t => t.Edit(t.Commit(1), "\\u0022two\\u0022", "\\u0022tw\\u0022")),
        ["a maximum of time too low"] = ("stats-max", static t => t.Edit(t.Commit(3), "2026-01-03T00:00:00.000Z", "2026-01-02T23:59:59.999Z")),
        ["a wide maximum too low"] = ("stats-max", static t => t.Edit(t.Commit(2), "maxValues\\u0022:{\\u0022id\\u0022:3", "maxValues\\u0022:{\\u0022id\\u0022:2")),
        ["bounds called tight that are wide"] = ("stats-max", static t => t.Edit(t.Commit(2), "\\u0022tightBounds\\u0022:false,", "")),
        ["a wrong count of nulls"] = ("stats-null-count", static t => t.Edit(t.Commit(3), "nullCount\\u0022:{\\u0022id\\u0022:0", "nullCount\\u0022:{\\u0022id\\u0022:1")),
        ["statistics of no column"] = ("stats-column", static t => t.Edit(t.Commit(3), "nullCount\\u0022:{\\u0022id\\u0022:0", "nullCount\\u0022:{\\u0022p\\u0022:0")),
        ["statistics that are no JSON"] = ("stats-json", static t => t.Change(3, "add", static a => a["stats"] = "{")),

        // deletion vectors
        ["a vector of another file that stays"] = ("add-other-vector", static t => t.Drop(2, "remove")),
        ["a wrong cardinality"] = ("deletion-vector", static t => t.Change(2, "add", static a => a["deletionVector"]!["cardinality"] = 2)),
        ["a wrong size"] = ("deletion-vector", static t => t.Change(2, "add", static a => a["deletionVector"]!["sizeInBytes"] = 30)),
        ["a wrong offset"] = ("deletion-vector", static t => t.Change(2, "add", static a => a["deletionVector"]!["offset"] = 2)),
        ["a wrong checksum"] = ("deletion-vector", static t => Flip(t.VectorFile, ^1)),
        ["a changed bitmap"] = ("deletion-vector", static t => Flip(t.VectorFile, ^6)),
        ["another magic number"] = ("deletion-vector", static t => Rewrite(t, 0, 9)),
        ["a row beyond the file"] = ("deletion-vector", static t => Rewrite(t, 32, 200)),
        ["a container that is elsewhere"] = ("deletion-vector", static t => Rewrite(t, 28, 17)),
        ["no file of the vector"] = ("deletion-vector", static t => File.Delete(t.VectorFile)),
        ["vectors that are not enabled"] = ("vector-not-enabled", static t => t.Edit(t.Commit(0), "\"delta.enableDeletionVectors\":\"true\"", "\"delta.enableDeletionVectors\":\"false\"")),

        // change data
        ["no change data of a deletion"] = ("cdc-missing", static t => t.Drop(2, "cdc")),
        ["change data of other rows"] = ("cdc-rows", static t => t.Parquet("_change_data/c.parquet", "SELECT 2::BIGINT AS id, 'too' AS name, NULL::TIMESTAMPTZ AS seen, 'delete' AS _change_type")),
        ["change data of no kind"] = ("cdc-type", static t => t.Parquet("_change_data/c.parquet", "SELECT 2::BIGINT AS id, 'two' AS name, NULL::TIMESTAMPTZ AS seen, 'gone' AS _change_type")),
        ["half an update"] = ("cdc-type", static t => t.Parquet("_change_data/c.parquet", "SELECT 2::BIGINT AS id, 'two' AS name, NULL::TIMESTAMPTZ AS seen, 'update_preimage' AS _change_type")),
        ["change data that changes data"] = ("cdc-data-change", static t => t.Change(2, "cdc", static a => a["dataChange"] = true)),

        // in-commit timestamps
        ["a time that stands still"] = ("in-commit-timestamp", static t => t.Change(3, "commitInfo", static a => a["inCommitTimestamp"] = 300)),
        ["no time"] = ("in-commit-timestamp", static t => t.Change(3, "commitInfo", static a => a.Remove("inCommitTimestamp"))),
        ["commitInfo at the end"] = ("in-commit-timestamp", static t => File.WriteAllLines(t.Commit(3), File.ReadAllLines(t.Commit(3)).Reverse())),

        // checkpoints
        ["a checkpoint that lacks a transaction"] = ("checkpoint-content", static t => EditCheckpoint(t, static l => !l.StartsWith("{\"txn\"", StringComparison.Ordinal))),
        ["a checkpoint of other metadata"] = ("checkpoint-content", static t => t.Edit(t.Checkpoint, "\"createdTime\":1", "\"createdTime\":2")),
        ["a checkpoint of a later state"] = ("checkpoint-content", static t => t.Drop(3, "add")),
        ["a checkpoint with a commit's origin"] = ("checkpoint-content", static t => File.AppendAllText(t.Checkpoint, """{"cdc":{"path":"x","partitionValues":{},"size":1,"dataChange":false}}""" + "\n")),
        ["a checkpoint without its head"] = ("checkpoint-form", static t => EditCheckpoint(t, static l => !l.StartsWith("{\"checkpointMetadata\"", StringComparison.Ordinal))),
        ["a checkpoint that tells another version"] = ("checkpoint-form", static t => t.Edit(t.Checkpoint, "\"version\":3", "\"version\":2")),
        ["files in the checkpoint and beside it"] = ("checkpoint-form", static t => File.AppendAllText(t.Checkpoint, File.ReadAllLines(t.Commit(3))[2] + "\n")),
        ["a sidecar of another size"] = ("checkpoint-sidecar", static t => t.Edit(t.Checkpoint, "\"sizeInBytes\":", "\"sizeInBytes\":1")),
        ["a sidecar that is gone"] = ("checkpoint-unreadable", static t => File.Delete(t.Sidecar)),
        ["a checkpoint that is torn"] = ("checkpoint-unreadable", static t => File.WriteAllText(t.Log("00000000000000000002.checkpoint.parquet"), "PAR1")),
        ["a row of two actions"] = ("checkpoint-row", static t => t.Parquet("_delta_log/00000000000000000002.checkpoint.parquet", "SELECT {'appId': 'a', 'version': 1} AS txn, {'domain': 'd', 'configuration': '', 'removed': false} AS \"domainMetadata\"")),
        ["a checkpoint without parsed statistics"] = ("checkpoint-parsed", static t => t.Change(0, "metaData", static a => a["configuration"]!["delta.checkpoint.writeStatsAsStruct"] = "true")),
        ["a tombstone that is gone"] = ("checkpoint-tombstone", static t => t.Append(3, """{"remove":{"path":"c.parquet","deletionTimestamp":4102444800000,"dataChange":true}}""")),
        ["a checkpoint before its commit"] = ("checkpoint-early", static t => File.Copy(t.Sidecar, t.Log("00000000000000000004.checkpoint.parquet"))),
        ["a pointer to nothing"] = ("last-checkpoint", static t => t.Edit(t.Log("_last_checkpoint"), "\"version\":3", "\"version\":2")),
        ["a pointer with a wrong size"] = ("last-checkpoint", static t => t.Edit(t.Log("_last_checkpoint"), "\"size\":9", "\"size\":8")),
        ["a pointer that is no JSON"] = ("last-checkpoint", static t => File.WriteAllText(t.Log("_last_checkpoint"), "{")),
        ["a pointer with a wrong checksum"] = ("last-checkpoint", static t => t.Edit(t.Log("_last_checkpoint"), "\"size\":9", "\"checksum\":\"0\",\"size\":9")),
        ["a compacted log that lacks a file"] = ("compaction", static t => EditLines(t.Log("00000000000000000001.00000000000000000002.compacted.json"), static l => !l.StartsWith("{\"add\"", StringComparison.Ordinal))),
        ["a checksum of other files"] = ("checksum", static t => t.Edit(t.Log("00000000000000000003.crc"), "\"numFiles\":1", "\"numFiles\":2")),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Fact]
    public void What_is_right_is_accepted()
    {
        using var table = new HandWrittenTable();
        DeltaLogValidator.Require(table.Folder);
        Assert.Equal(
            ["{'id': 1, 'name': one, 'seen': '2026-01-01 00:00:01.5+00', 'p': 2026-01-01}", "{'id': 3, 'name': NULL, 'seen': '2026-01-03 00:00:00+00', 'p': 2026-01-01}"],
            DeltaTableReader.ReadRows(table.Folder));
        Assert.Equal(3, DeltaTableReader.ReadRows(table.Folder, 1).Count);
        Assert.Equal(DeltaTableReader.ReadRows(table.Folder), DeltaTableReader.ReadRows(table.Folder, 2));
        Enumerable.Range(0, 3).ToList().ForEach(v => File.Delete(table.Commit(v)));
        DeltaLogValidator.Require(table.Folder);
        Assert.Equal(DeltaTableReader.ReadRows(table.Folder), DeltaTableReader.ReadRows(table.Folder, 3));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_broken_is_named(string name)
    {
        using var table = new HandWrittenTable();
        Cases[name].Break(table);
        var violations = DeltaLogValidator.Validate(table.Folder);
        Assert.True(violations.Any(v => v.Rule == Cases[name].Rule), $"{Cases[name].Rule} is not among\n{string.Join('\n', violations)}");
    }

    [Fact]
    public void Every_rule_has_a_case()
    {
        var tested = Cases.Values.Select(static c => c.Rule).Concat(ColumnMappingRules).ToHashSet();
        Assert.Empty(DeltaRules.All.Except(tested));
    }

    [Fact]
    public void The_checksum_is_that_of_the_protocols_example()
    {
        const string json = """{"k0":"'v 0'", "checksum": "adsaskfljadfkjadfkj", "k1":{"k2": 2, "k3": ["v3", [1, 2], {"k4": "v4", "k5": ["v5", "v6", "v7"]}]}}""";
        Assert.Equal("6a92d155a59bf2eecbd4b4ec7fd1f875", DeltaChecksum.Of(JsonDocument.Parse(json).RootElement));
    }

    [Fact]
    public void Mapped_columns_are_judged_by_their_ids_and_physical_names()
    {
        static string Metadata(int max, string fields) =>
            "{\"metaData\":{\"id\":\"5fba94ed-9794-4965-ba6e-6ee3c0d22af9\",\"format\":{\"provider\":\"parquet\",\"options\":{}},\"schemaString\":" +
            JsonValue.Create($$"""{"type":"struct","fields":[{{fields}}]}""")!.ToJsonString() +
            ",\"partitionColumns\":[],\"configuration\":{\"delta.columnMapping.mode\":\"id\",\"delta.columnMapping.maxColumnId\":\"" + max + "\"}}}";
        static string Field(string name, int id, string physical) =>
            $$$"""{"name":"{{{name}}}","type":"integer","nullable":true,"metadata":{"delta.columnMapping.id":{{{id}}},"delta.columnMapping.physicalName":"{{{physical}}}"}}""";
        void Case(string? rule, string metadata, string select, string fieldIds, string? later = null)
        {
            using var table = new HandWrittenTable();
            Directory.Delete(table.Log(""), recursive: true);
            Directory.CreateDirectory(table.Log(""));
            table.Append(0, """{"protocol":{"minReaderVersion":2,"minWriterVersion":5}}""");
            table.Append(0, metadata);
            var size = table.Parquet("m.parquet", select, $", FIELD_IDS {{{fieldIds}}}");
            table.Append(0, $$$"""{"add":{"path":"m.parquet","partitionValues":{},"size":{{{size}}},"modificationTime":1,"dataChange":true,"stats":"{\"numRecords\":1,\"minValues\":{\"col-a\":1}}"}}""");
            if (later is not null)
            {
                table.Append(1, later);
            }

            var rules = DeltaLogValidator.Validate(table.Folder).Select(static v => v.Rule).Distinct().ToList();
            Assert.Equal(rule is null ? [] : [rule], rules);
            Assert.True(rule is not null || DeltaTableReader.ReadRows(table.Folder).Single() == "{'a': 1, 'b': 2}");
        }

        var good = Metadata(2, Field("a", 1, "col-a") + "," + Field("b", 2, "col-b"));
        const string select = "SELECT 1 AS \"col-a\", 2 AS \"col-b\"";
        const string ids = "'col-a': 1, 'col-b': 2";
        Case(null, good, select, ids);
        Case("column-mapping", Metadata(1, Field("a", 1, "col-a") + "," + Field("b", 2, "col-b")), select, ids);
        Case("column-mapping", Metadata(2, Field("a", 1, "col-a") + "," + Field("b", 2, "COL-A")), "SELECT 1 AS \"col-a\"", "'col-a': 1");
        Case("column-mapping", good, select, ids, Metadata(3, Field("a", 1, "col-a") + "," + Field("c", 2, "col-c")));
        Case("column-mapping", good, select, ids, Metadata(1, Field("a", 1, "col-a")));
        Case("file-physical-name", good, "SELECT 1 AS \"col-a\", 2 AS \"col-c\"", "'col-a': 1, 'col-c': 2");
        Case("file-field-id", good.Replace("\"id\",\"delta", "\"name\",\"delta", StringComparison.Ordinal), select, "'col-a': 1, 'col-b': 7");
    }

    private static readonly string[] ColumnMappingRules = ["file-field-id", "file-physical-name"];

    private static void Flip(string file, Index at)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[at] ^= 1;
        File.WriteAllBytes(file, bytes);
    }

    private static void Rewrite(HandWrittenTable table, int at, byte value)
    {
        var data = File.ReadAllBytes(table.VectorFile)[5..^4];
        data[at] = value;
        table.WriteVectorFile(data);
    }

    private static void EditCheckpoint(HandWrittenTable table, Func<string, bool> keep) => EditLines(table.Checkpoint, keep);

    private static void EditLines(string file, Func<string, bool> keep) => File.WriteAllLines(file, [.. File.ReadAllLines(file).Where(keep)]);
}
