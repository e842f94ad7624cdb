using System.Globalization;
using System.Text.Json;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake.Tests;

/// <summary>A Delta table as another engine would write it: files wherever it likes, its log by hand. Every commit adds files or changes the schema.</summary>
internal sealed class ForeignTable
{
    private readonly string _folder;
    private long _version;
    private int _files;

    internal ForeignTable(string lake, string name, TableSchema schema, params string[] partitionBy)
    {
        _folder = Path.Combine(lake, name.Replace('.', '/'));
        Directory.CreateDirectory(Path.Combine(_folder, "_delta_log"));
        Commit("""{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}""", Metadata(schema, partitionBy));
    }

    /// <summary>Changes the schema.</summary>
    internal ForeignTable Evolve(TableSchema schema, params string[] partitionBy)
    {
        Commit(Metadata(schema, partitionBy));
        return this;
    }

    /// <summary>Adds a file with the rows of a SELECT; partition values as name and text in turn.</summary>
    internal ForeignTable Add(string select, params string?[] partition) => AddAt($"part-{_files++:D5}.parquet", select, partition);

    internal ForeignTable AddAt(string path, string select, params string?[] partition)
    {
        var full = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        using (var database = DuckDbDatabase.Open())
        {
            using var connection = database.Connect();
            connection.Execute($"COPY ({select}) TO '{full.Replace("'", "''", StringComparison.Ordinal)}' (FORMAT parquet)");
        }

        var values = partition.Chunk(2).ToDictionary(static p => p[0]!, static p => p[1]);
        Commit(JsonSerializer.Serialize(new
        {
            add = new { path = LogPath.Encode(path), partitionValues = values, size = new FileInfo(full).Length, modificationTime = 0, dataChange = true },
        }));
        return this;
    }

    private static string Metadata(TableSchema schema, string[] partitionBy) => JsonSerializer.Serialize(new
    {
        metaData = new
        {
            id = "11111111-2222-3333-4444-555555555555",
            format = new { provider = "parquet", options = new Dictionary<string, string>() },
            schemaString = DeltaSchema.Of(schema).ToJson(),
            partitionColumns = partitionBy,
            configuration = new Dictionary<string, string>(),
            createdTime = 0,
        },
    });

    private void Commit(params string[] actions)
    {
        var timestamp = DateTimeOffset.UnixEpoch.AddDays(_version).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        string[] lines = [$$$"""{"commitInfo":{"timestamp":{{{timestamp}}},"operation":"WRITE","inCommitTimestamp":{{{timestamp}}}}}""", .. actions];
        File.WriteAllLines(Path.Combine(_folder, "_delta_log", $"{_version++:D20}.json"), lines);
    }
}
