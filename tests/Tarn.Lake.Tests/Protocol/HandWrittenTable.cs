using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json.Nodes;
using Tarn.Contracts;
using Tarn.Native;

namespace Tarn.Lake.Tests.Protocol;

/// <summary>
/// A Delta table written by hand, line by line, as the protocol's text has it and by nothing of the lake: partitioned, with deletion vectors, a change data feed,
/// in-commit timestamps, a constraint, transactions, a domain, a compacted log and a V2 checkpoint with a sidecar. Then a test breaks one thing in it.
/// </summary>
internal sealed class HandWrittenTable : IDisposable
{
    public const string A = "p=2026-01-01/a.parquet";
    public const string B = "p=2026-01-01/b.parquet";
    private const string VectorId = "0123456789abcdefghij";
    private static readonly Lazy<HandWrittenTable> Template = new(static () => new HandWrittenTable(write: true));
    private readonly TemporaryDirectory _folder = new();
    private readonly Lazy<(DuckDbDatabase Database, DuckDbConnection Connection)> _duckDb = new(Open);

    /// <summary>Makes the table: a copy of one that is written once.</summary>
    public HandWrittenTable()
        : this(write: false)
    {
        foreach (var file in Directory.GetFiles(Template.Value.Folder, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(Folder, Path.GetRelativePath(Template.Value.Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private HandWrittenTable(bool write)
    {
        if (write)
        {
            Directory.CreateDirectory(Path.Combine(Folder, "_delta_log", "_sidecars"));
            WriteCommits();
            WriteCheckpoint();
            AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
        }
    }

    public string Folder => _folder.Path;

    public string Log(string name) => Path.Combine(Folder, "_delta_log", name);

    public string Commit(long version) => Log($"{version:d20}.json");

    public string VectorFile => Directory.GetFiles(Folder, "deletion_vector_*.bin").Single();

    public string Sidecar => Log("_sidecars/files.parquet");

    public string Checkpoint => Log("00000000000000000003.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json");

    /// <summary>Replaces a text that must be there.</summary>
    public void Edit(string file, string from, string to)
    {
        var text = File.ReadAllText(file);
        Xunit.Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace(from, to, StringComparison.Ordinal));
    }

    /// <summary>Changes an action of a commit, the first of its name.</summary>
    public void Change(long version, string action, Action<JsonObject> change)
    {
        var lines = File.ReadAllLines(Commit(version));
        var at = Array.FindIndex(lines, l => l.StartsWith($"{{\"{action}\"", StringComparison.Ordinal));
        Xunit.Assert.True(at >= 0);
        var node = JsonNode.Parse(lines[at])!;
        change(node[action]!.AsObject());
        lines[at] = node.ToJsonString();
        File.WriteAllLines(Commit(version), lines);
    }

    public void Drop(long version, string action) => File.WriteAllLines(Commit(version), File.ReadAllLines(Commit(version)).Where(l => !l.StartsWith($"{{\"{action}\"", StringComparison.Ordinal)));

    public void Append(long version, string line) => File.AppendAllText(Commit(version), line + "\n");

    /// <summary>Takes away what stands for the commits, so that a change of them is judged for itself.</summary>
    public void ForgetCheckpoint()
    {
        File.Delete(Checkpoint);
        File.Delete(Log("_last_checkpoint"));
        File.Delete(Log("00000000000000000001.00000000000000000002.compacted.json"));
        File.Delete(Log("00000000000000000003.crc"));
    }

    public long Parquet(string path, string select, string options = "")
    {
        var file = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        _duckDb.Value.Connection.Execute($"COPY ({select}) TO '{file}' (FORMAT parquet{options})");
        return new FileInfo(file).Length;
    }

    public string Add(string path, string select, string stats, string extra = "", bool dataChange = true)
    {
        var size = Parquet(path, select);
        var flag = dataChange ? "true" : "false";
        var text = JsonValue.Create(stats)!.ToJsonString();
        return $$$"""{"add":{"path":"{{{path}}}","partitionValues":{"p":"2026-01-01"},"size":{{{size}}},"modificationTime":5,"dataChange":{{{flag}}},"stats":{{{text}}}{{{extra}}} }}""";
    }

    public void Dispose()
    {
        if (_duckDb.IsValueCreated)
        {
            _duckDb.Value.Connection.Dispose();
            _duckDb.Value.Database.Dispose();
        }

        _folder.Dispose();
    }

    private static (DuckDbDatabase Database, DuckDbConnection Connection) Open()
    {
        var database = DuckDbDatabase.Open();
        var connection = database.Connect();
        connection.Execute("SET TimeZone = 'UTC'");
        return (database, connection);
    }

    private const string Features = "\"readerFeatures\":[\"deletionVectors\",\"v2Checkpoint\"],\"writerFeatures\":[\"deletionVectors\",\"v2Checkpoint\",\"appendOnly\",\"invariants\",\"checkConstraints\",\"changeDataFeed\",\"inCommitTimestamp\",\"domainMetadata\"]";

    private const string Configuration = "\"delta.enableDeletionVectors\":\"true\",\"delta.enableChangeDataFeed\":\"true\",\"delta.enableInCommitTimestamps\":\"true\",\"delta.constraints.positive\":\"id > 0\",\"delta.checkpointPolicy\":\"v2\"";

    public const string Rows = "SELECT * FROM (VALUES (1::BIGINT, 'one', TIMESTAMPTZ '2026-01-01 00:00:01.5Z'), (2, 'two', NULL), (3, NULL, TIMESTAMPTZ '2026-01-03 00:00:00Z')) t(id, name, seen)";

    private void WriteCommits()
    {
        static string Field(string name, string type, bool nullable = true) => $$$"""{"name":"{{{name}}}","type":"{{{type}}}","nullable":{{{(nullable ? "true" : "false")}}},"metadata":{ } }""";
        var schema = $$$"""{"type":"struct","fields":[{{{Field("id", "long", false)}}},{{{Field("name", "string")}}},{{{Field("seen", "timestamp")}}},{{{Field("p", "date")}}}] }""";
        var metadata = $$$"""{"metaData":{"id":"5fba94ed-9794-4965-ba6e-6ee3c0d22af9","format":{"provider":"parquet","options":{}},"schemaString":{{{JsonValue.Create(schema)!.ToJsonString()}}},"partitionColumns":["p"],"configuration":{ {{{Configuration}}} },"createdTime":1}}""";
        Put(0, Info(100, "CREATE TABLE"), "{\"protocol\":{\"minReaderVersion\":3,\"minWriterVersion\":7," + Features + "}}", metadata);

        const string stats = """{"numRecords":3,"minValues":{"id":1,"name":"one","seen":"2026-01-01T00:00:01.500Z"},"maxValues":{"id":3,"name":"two","seen":"2026-01-03T00:00:00.000Z"},"nullCount":{"id":0,"name":1,"seen":1}}""";
        var add = Add(A, Rows, stats);
        Put(1, Info(200, "WRITE"), add, """{"txn":{"appId":"app","version":7,"lastUpdated":2}}""", """{"domainMetadata":{"domain":"test.domain","configuration":"{}","removed":false}}""");

        var size = new FileInfo(Path.Combine(Folder, A)).Length;
        var vectorSize = WriteVector(1);
        var vector = $$$""","deletionVector":{"storageType":"u","pathOrInlineDv":"{{{VectorId}}}","offset":1,"sizeInBytes":{{{vectorSize}}},"cardinality":1 }""";
        var wide = stats.Replace("\"nullCount\"", "\"tightBounds\":false,\"nullCount\"", StringComparison.Ordinal);
        var marked = JsonNode.Parse(add)!;
        marked["add"]!["stats"] = wide;
        var markedLine = marked.ToJsonString()[..^2] + vector + "}}";
        var changes = Parquet("_change_data/c.parquet", "SELECT 2::BIGINT AS id, 'two' AS name, NULL::TIMESTAMPTZ AS seen, 'delete' AS _change_type");
        Put(
            2,
            Info(300, "DELETE"),
            markedLine,
            $$$"""{"remove":{"path":"{{{A}}}","deletionTimestamp":300,"dataChange":true,"extendedFileMetadata":true,"partitionValues":{"p":"2026-01-01"},"size":{{{size}}} }}""",
            $$$"""{"cdc":{"path":"_change_data/c.parquet","partitionValues":{"p":"2026-01-01"},"size":{{{changes}}},"dataChange":false}}""");

        const string packed = """{"numRecords":2,"minValues":{"id":1,"name":"one","seen":"2026-01-01T00:00:01.500Z"},"maxValues":{"id":3,"name":"one","seen":"2026-01-03T00:00:00.000Z"},"nullCount":{"id":0,"name":1,"seen":0}}""";
        Put(
            3,
            Info(400, "OPTIMIZE"),
            $$$"""{"remove":{"path":"{{{A}}}","deletionTimestamp":400,"dataChange":false,"extendedFileMetadata":true,"partitionValues":{"p":"2026-01-01"},"size":{{{size}}}{{{vector}}} }}""",
            Add(B, $"SELECT * FROM ({Rows}) WHERE id <> 2", packed, dataChange: false),
            """{"txn":{"appId":"app","version":8}}""");
    }

    private void WriteCheckpoint()
    {
        var lines = Enumerable.Range(0, 4).SelectMany(v => File.ReadAllLines(Commit(v))).ToList();
        string Last(string action) => lines.Last(l => l.StartsWith($"{{\"{action}\"", StringComparison.Ordinal));
        var removes = lines.Where(static l => l.StartsWith("{\"remove\"", StringComparison.Ordinal)).ToList();
        var files = Log("files.json.tmp");
        File.WriteAllLines(files, [Last("add"), .. removes]);
        const string vector = "STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR, \"offset\" INTEGER, sizeInBytes INTEGER, cardinality BIGINT)";
        _duckDb.Value.Connection.Execute(
            $"COPY (SELECT * FROM read_json('{files}', format = 'newline_delimited', columns = {{" +
            $"add: 'STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, modificationTime BIGINT, dataChange BOOLEAN, stats VARCHAR, deletionVector {vector})', " +
            $"remove: 'STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN, extendedFileMetadata BOOLEAN, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, deletionVector {vector})'}})) TO '{Sidecar}' (FORMAT parquet)");
        File.Delete(files);
        var size = new FileInfo(Sidecar).Length;
        File.WriteAllLines(
            Checkpoint,
            [
                """{"checkpointMetadata":{"version":3}}""", Last("protocol"), Last("metaData"), Last("txn"), Last("domainMetadata"),
                $$$"""{"sidecar":{"path":"files.parquet","sizeInBytes":{{{size}}},"modificationTime":6} }""",
            ]);
        var bytes = size + new FileInfo(Checkpoint).Length;
        File.WriteAllText(
            Log("_last_checkpoint"),
            $$$"""{"version":3,"size":9,"sizeInBytes":{{{bytes}}},"numOfAddFiles":1,"v2Checkpoint":{"path":"{{{Path.GetFileName(Checkpoint)}}}"}}""");
        File.WriteAllLines(
            Log("00000000000000000001.00000000000000000002.compacted.json"),
            [
                .. lines.Where(static l => l.Contains("\"offset\"", StringComparison.Ordinal) && l.StartsWith("{\"add\"", StringComparison.Ordinal)), removes[0],
                lines.First(static l => l.StartsWith("{\"txn\"", StringComparison.Ordinal)), Last("domainMetadata"),
            ]);
        var live = JsonNode.Parse(Last("add"))!["add"]!["size"]!;
        File.WriteAllText(Log("00000000000000000003.crc"), $$$"""{"tableSizeBytes":{{{live}}},"numFiles":1,"numMetadata":1,"numProtocol":1}""");
    }

    private static string Info(long time, string operation) => $$$"""{"commitInfo":{"inCommitTimestamp":{{{time}}},"timestamp":{{{time}}},"operation":"{{{operation}}}" } }""";

    private void Put(long version, params string[] lines) => File.WriteAllLines(Commit(version), lines);

    /// <summary>A vector of one row in a file of its own.</summary>
    private int WriteVector(ushort row)
    {
        var data = new byte[4 + 8 + 4 + 8 + 4 + 4 + 2];
        BinaryPrimitives.WriteInt32LittleEndian(data, 1681511377);
        BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(4), 1);
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(16), 12346);
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(20), 1);
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(28), 16);
        BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(32), row);
        WriteVectorFile(data);
        return data.Length;
    }

    public void WriteVectorFile(byte[] data)
    {
        var file = new byte[1 + 4 + data.Length + 4];
        file[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(1), data.Length);
        data.CopyTo(file, 5);
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(5 + data.Length), DeltaDeletionVector.Crc32(data));
        const string alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
        var id = new byte[16];
        for (var i = 0; i < 4; i++)
        {
            var value = 0U;
            foreach (var digit in VectorId.AsSpan(i * 5, 5))
            {
                value = (value * 85) + (uint)alphabet.IndexOf(digit, StringComparison.Ordinal);
            }

            BinaryPrimitives.WriteUInt32BigEndian(id.AsSpan(i * 4), value);
        }

        File.WriteAllBytes(Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"deletion_vector_{new Guid(id, bigEndian: true)}.bin")), file);
    }
}
