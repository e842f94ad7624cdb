using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake.Tests;

/// <summary>A table whose log a test writes by hand, in the folder <c>silver/t</c> of a store of its own.</summary>
internal sealed class TableLogs : IAsyncDisposable
{
    public const string Start = """
        {"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["v2Checkpoint"],"writerFeatures":["v2Checkpoint"]}}
        {"metaData":{"id":"00000000-0000-0000-0000-000000000001","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{},"createdTime":1}}
        """;

    private readonly Contracts.TemporaryDirectory _folder = new();
    private readonly Lake _lake;

    public TableLogs(ObjectStore? over = null)
    {
        Store = new LocalObjectStore(_folder.Path, new LocalStoreOptions { Durable = false });
        _lake = new Lake(over ?? Store, null, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, 1), NullLoggerFactory.Instance);
        Directory.CreateDirectory(Folder);
    }

    public LocalObjectStore Store { get; }

    public string Folder => Path.Combine(_folder.Path, "silver", "t", "_delta_log");

    public LakeTable Table => _lake.Table("silver.t");

    public Task<LogState?> LoadAsync(long? version = null) => new DeltaLog(_lake.Store, "silver/t", _lake.Checkpoints).LoadAsync(version, Xunit.TestContext.Current.CancellationToken);

    public static string Add(string path, string more = "") => $$$"""{"add":{"path":"{{{path}}}","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true{{{more}}}}}""";

    public static string Remove(string path) => $$$"""{"remove":{"path":"{{{path}}}","deletionTimestamp":1,"dataChange":true}}""";

    public static string Info(long timestamp, string more = "") => $$$"""{"commitInfo":{"timestamp":{{{timestamp}}},"operation":"TEST"{{{more}}}}}""";

    public void Commit(long version, params string[] lines) => Write(Name(version, "json"), lines);

    public void Write(string name, params string[] lines)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, string.Join('\n', lines) + "\n");
    }

    public static string Name(long version, string rest) => string.Create(CultureInfo.InvariantCulture, $"{version:D20}.{rest}");

    /// <summary>Writes a Parquet file of the rows of a query.</summary>
    public void Parquet(string name, string select)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        connection.Execute($"COPY ({select}) TO {SqlNames.Text(path)} (FORMAT parquet)");
    }

    /// <summary>A V1 checkpoint, or a part of one, as old writers made them: only the columns that they knew.</summary>
    public void OldCheckpoint(string name, bool first, params string[] paths)
    {
        var start = first
            ? """
              SELECT NULL::STRUCT("path" VARCHAR, "partitionValues" MAP(VARCHAR, VARCHAR), "size" BIGINT, "modificationTime" BIGINT, "dataChange" BOOLEAN) AS "add",
              {'id': 'x', 'format': {'provider': 'parquet', 'options': MAP {}::MAP(VARCHAR, VARCHAR)}, 'schemaString': '{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}}]}',
               'partitionColumns': []::VARCHAR[], 'configuration': MAP {}::MAP(VARCHAR, VARCHAR), 'createdTime': 1} AS "metaData", NULL::STRUCT("minReaderVersion" INTEGER, "minWriterVersion" INTEGER) AS "protocol"
              UNION ALL SELECT NULL, NULL, {'minReaderVersion': 1, 'minWriterVersion': 2}
              """
            : "";
        var rows = string.Join(" UNION ALL ", paths.Select((p, i) =>
            $$"""SELECT {'path': '{{p}}', 'partitionValues': MAP {}::MAP(VARCHAR, VARCHAR), 'size': 1::BIGINT, 'modificationTime': 1::BIGINT, 'dataChange': false}{{(first || i > 0 ? "" : " AS \"add\"")}}{{(first ? ", NULL, NULL" : "")}}"""));
        Parquet(name, string.Join(" UNION ALL ", new[] { start, rows }.Where(static s => s.Length > 0)));
    }

    public async ValueTask DisposeAsync()
    {
        await _lake.DisposeAsync();
        _folder.Dispose();
    }
}
