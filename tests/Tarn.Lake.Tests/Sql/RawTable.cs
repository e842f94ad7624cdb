using System.Text.Json;
using System.Text.Json.Nodes;
using Tarn.Native;

namespace Tarn.Lake.Tests;

/// <summary>A Delta table of hand-made actions, over files in whatever form DuckDB writes them.</summary>
internal sealed class RawTable
{
    private readonly string _folder;
    private int _version;
    private int _files;

    internal RawTable(string lake, string name)
    {
        _folder = Path.Combine(lake, name.Replace('.', '/'));
        Directory.CreateDirectory(Path.Combine(_folder, "_delta_log"));
    }

    /// <summary>A column as the log has it; type is a primitive's name or JSON.</summary>
    internal static JsonObject Field(string name, JsonNode type, int? id = null, string? physical = null, JsonObject? metadata = null)
    {
        var with = metadata ?? [];
        if (id is not null)
        {
            with["delta.columnMapping.id"] = id;
            with["delta.columnMapping.physicalName"] = physical ?? name;
        }

        return new JsonObject { ["name"] = name, ["type"] = type, ["nullable"] = true, ["metadata"] = with };
    }

    internal static JsonObject Struct(params JsonObject[] fields) => new() { ["type"] = "struct", ["fields"] = new JsonArray([.. fields]) };

    internal static JsonObject Array(JsonNode element) => new() { ["type"] = "array", ["elementType"] = element, ["containsNull"] = true };

    internal static JsonObject Map(JsonNode key, JsonNode value) => new() { ["type"] = "map", ["keyType"] = key, ["valueType"] = value, ["valueContainsNull"] = true };

    /// <summary>Commits protocol and schema.</summary>
    internal RawTable Schema(JsonObject schema, string mapping = "none", string[]? features = null, params string[] partitionBy) => Commit(
        features is null
            ? new JsonObject { ["protocol"] = new JsonObject { ["minReaderVersion"] = mapping == "none" ? 1 : 2, ["minWriterVersion"] = mapping == "none" ? 2 : 5 } }
            : new JsonObject
            {
                ["protocol"] = new JsonObject
                {
                    ["minReaderVersion"] = 3,
                    ["minWriterVersion"] = 7,
                    ["readerFeatures"] = Names(features),
                    ["writerFeatures"] = Names(features),
                },
            },
        new JsonObject
        {
            ["metaData"] = new JsonObject
            {
                ["id"] = "t",
                ["format"] = new JsonObject { ["provider"] = "parquet", ["options"] = new JsonObject() },
                ["schemaString"] = schema.ToJsonString(),
                ["partitionColumns"] = Names(partitionBy),
                ["configuration"] = new JsonObject { ["delta.columnMapping.mode"] = mapping },
                ["createdTime"] = 0,
            },
        });

    /// <summary>Adds a file with the rows of a SELECT.</summary>
    internal RawTable Add(string select, string copyOptions = "", object? partition = null, string? stats = null)
    {
        var name = FormattableString.Invariant($"part-{_files++:D5}.parquet");
        var full = Path.Combine(_folder, name);
        using (var database = DuckDbDatabase.Open())
        {
            using var connection = database.Connect();
            connection.Execute($"SET TimeZone = 'UTC'; COPY ({select}) TO '{full}' (FORMAT parquet{copyOptions})");
        }

        var add = new JsonObject
        {
            ["path"] = name,
            ["partitionValues"] = JsonSerializer.SerializeToNode(partition ?? new Dictionary<string, string?>()),
            ["size"] = new FileInfo(full).Length,
            ["modificationTime"] = 0,
            ["dataChange"] = true,
        };
        if (stats is not null)
        {
            add["stats"] = stats;
        }

        return Commit(new JsonObject { ["add"] = add });
    }

    internal RawTable Commit(params JsonObject[] actions)
    {
        File.WriteAllLines(Path.Combine(_folder, "_delta_log", FormattableString.Invariant($"{_version++:D20}.json")), actions.Select(static a => a.ToJsonString()));
        return this;
    }

    private static JsonArray Names(string[] names) => new([.. names.Select(static n => (JsonNode)n)]);
}
