using System.Text;
using System.Text.Json;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

public sealed class ActionTests
{
    [Fact]
    public void Actions_read_back_as_written()
    {
        var vector = new DeletionVectorDescriptor("u", "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6);
        DeltaAction[] actions =
        [
            new CommitInfoAction
            {
                Timestamp = 5, Operation = "MERGE", OperationParameters = new Dictionary<string, string> { ["predicate"] = "[\"a\"]" },
                OperationMetrics = new Dictionary<string, string> { ["n"] = "1" }, ReadVersion = 3, IsBlindAppend = false, EngineInfo = "Tarn/1", TxnId = "t", UserMetadata = "u",
            },
            new ProtocolAction(3, 7, ["deletionVectors"], ["deletionVectors", "appendOnly"]),
            new MetadataAction
            {
                Id = "i", Name = "n", Description = "d \"quoted\"", SchemaString = """{"type":"struct","fields":[]}""", PartitionColumns = ["a", "b"],
                Configuration = new Dictionary<string, string> { ["k"] = "v" }, CreatedTime = 9,
            },
            new AddFile
            {
                Path = "p=a%20b/ü 1.parquet", PartitionValues = new Dictionary<string, string?> { ["p"] = "a b", ["q"] = null }, Size = 7, ModificationTime = 8, DataChange = false,
                Stats = """{"numRecords":3}""", Tags = new Dictionary<string, string?> { ["t"] = null }, DeletionVector = vector, BaseRowId = 1, DefaultRowCommitVersion = 2,
            },
            new RemoveFile { Path = "x", DeletionTimestamp = 4, ExtendedFileMetadata = true, PartitionValues = new Dictionary<string, string?>(), Size = 1 },
            new TransactionAction("app/0", 12, 13),
            new DomainMetadataAction("d", "{}", false), new CdcFile("_change_data/c.parquet", new Dictionary<string, string?> { ["p"] = "1" }, 5),
            new SidecarAction("s.parquet", 3, 4), new CheckpointMetadataAction(12),
        ];
        var bytes = ActionWriter.Write(actions);
        var read = ActionReader.ReadCommit(bytes, "0.json");
        Assert.Equal(bytes, ActionWriter.Write(read));
        Assert.Equal("p=a%20b/ü 1.parquet", read.OfType<AddFile>().Single().Path);
        Assert.Contains("\"path\":\"p=a%2520b/%C3%BC%201.parquet\"", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_unknown_is_passed_over()
    {
        var read = ActionReader.ReadCommit(
            """
            {"somethingNew":{"nested":[{"add":{"path":"no"}}]}}

            {"txn":{"appId":"a","version":1,"future":{"x":[1,2]}},"add":null}
            {"commitInfo":{"timestamp":1,"operationParameters":{"mode":"Append","n":5,"list":["a"],"none":null},"operationMetrics":{"deep":{"a":1}},"clusterId":1}}
            """u8, "0.json");
        Assert.Equal(new TransactionAction("a", 1, null), read[0]);
        var info = Assert.IsType<CommitInfoAction>(read[1]);
        Assert.Equal(("Append", "5", "[\"a\"]"), (info.OperationParameters["mode"], info.OperationParameters["n"], info.OperationParameters["list"]));
        Assert.Equal(2, read.Count);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("nonsense")]
    [InlineData("""{"add":{"path":"x"}}""")]
    [InlineData("""{"add":{"size":1}}""")]
    [InlineData("""{"add":5}""")]
    [InlineData("""{"add":{"path":5,"size":1}}""")]
    [InlineData("""{"txn":{"appId":"a","version":"1"}}""")]
    [InlineData("""{"txn":{"appId":"a","version":1}""")]
    [InlineData("""{"metaData":{"id":"x"}}""")]
    [InlineData("""{"metaData":{"id":"x","schemaString":"s","partitionColumns":"x"}}""")]
    [InlineData("""{"protocol":{"minReaderVersion":1}}""")]
    public void A_line_that_is_no_action_is_named(string line)
    {
        var error = Assert.Throws<TarnException>(() => ActionReader.ReadCommit(Encoding.UTF8.GetBytes("{\"txn\":{\"appId\":\"a\",\"version\":1}}\n" + line), "t/_delta_log/7.json"));
        Assert.Equal(ErrorKind.Corrupt, error.Kind);
        Assert.Contains("Line 2 of t/_delta_log/7.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_mutation_of_a_commit_is_read_or_refused_by_name()
    {
        var bytes = ActionWriter.Write(
        [
            new CommitInfoAction { Timestamp = 5, Operation = "MERGE", TxnId = "t" }, TableProtocol.New,
            new AddFile { Path = "a", Size = 7, PartitionValues = new Dictionary<string, string?> { ["p"] = null }, Stats = """{"numRecords":3}""" },
            new RemoveFile { Path = "x", DeletionTimestamp = 4 }, new TransactionAction("app/0", 12, 13),
        ]);
        var random = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var mutated = bytes.ToArray();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            }

            try
            {
                ActionReader.ReadCommit(mutated.AsSpan(0, random.Next(4) == 0 ? random.Next(mutated.Length) : mutated.Length), "0.json");
            }
            catch (TarnException e)
            {
                Assert.Equal(ErrorKind.Corrupt, e.Kind);
            }
        }
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("file:///etc/passwd")]
    [InlineData("s3://bucket/x")]
    [InlineData("a/../../x")]
    [InlineData("a//b")]
    [InlineData("")]
    public void A_path_out_of_the_table_is_refused(string path) =>
        Assert.Equal(ErrorKind.Unsupported, Assert.Throws<TarnException>(() => LogPath.InStore(new LocalObjectStore("/srv/lake"), "silver/x", path)).Kind);

    [Fact]
    public void Schemas_read_back_and_keep_what_is_unknown_when_columns_join()
    {
        var schema = new TableSchema(
        [
            new Column("a", ColumnType.Long, Nullable: false, Description: "An \"a\"."), new Column("d", ColumnType.Decimal(12, 3)), new Column("t", ColumnType.TimestampNtz),
            new Column("l", new ArrayType(new MapType(ColumnType.String, ColumnType.Double, true), false)), new Column("s", new StructType(new TableSchema([new Column("x", ColumnType.Binary)]))),
        ]);
        Assert.Equal(schema, DeltaSchema.Parse(DeltaSchema.Of(schema).ToJson()).Columns);
        const string foreign = """{"type":"struct","fields":[{"name":"a","type":"integer","nullable":true,"metadata":{"delta.columnMapping.id":4}}]}""";
        var joined = DeltaSchema.Parse(foreign).With([DeltaField.Of(new Column("b", ColumnType.String))]).ToJson();
        Assert.Contains("\"delta.columnMapping.id\":4", joined, StringComparison.Ordinal);
        Assert.Equal(["a", "b"], DeltaSchema.Parse(joined).Columns.Columns.Select(static c => c.Name));
        Assert.Equal(ErrorKind.Unsupported, Assert.Throws<TarnException>(() => DeltaSchema.Parse("""{"type":"struct","fields":[{"name":"a","type":"variant"}]}""")).Kind);
        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<TarnException>(() => DeltaSchema.Parse("{}")).Kind);
    }
}
