using System.Text.Json;

namespace Tarn.Contracts;

/// <summary>The fields of each action, by the protocol's tables: which must be there, and of what type.</summary>
internal static class ActionShapes
{
    private static readonly Dictionary<string, string> Shapes = new(StringComparer.Ordinal)
    {
        // Each field is name:type, with ! where it must be there. s text, l whole number, b boolean, m map of texts, a array of texts, o object.
        ["add"] = "path:s! partitionValues:m! size:l! modificationTime:l! dataChange:b! stats:s tags:m deletionVector:o baseRowId:l defaultRowCommitVersion:l clusteringProvider:s",
        ["remove"] = "path:s! deletionTimestamp:l dataChange:b! extendedFileMetadata:b partitionValues:m size:l stats:s tags:m deletionVector:o baseRowId:l defaultRowCommitVersion:l",
        ["cdc"] = "path:s! partitionValues:m! size:l! dataChange:b! tags:m",
        ["metaData"] = "id:s! name:s description:s format:o! schemaString:s! partitionColumns:a! createdTime:l configuration:m!",
        ["protocol"] = "minReaderVersion:l! minWriterVersion:l! readerFeatures:a writerFeatures:a",
        ["txn"] = "appId:s! version:l! lastUpdated:l",
        ["domainMetadata"] = "domain:s! configuration:s! removed:b!",
        ["commitInfo"] = "timestamp:l inCommitTimestamp:l operation:s",
        ["sidecar"] = "path:s! sizeInBytes:l! modificationTime:l! tags:m",
        ["checkpointMetadata"] = "version:l! tags:m",
        ["deletionVector"] = "storageType:s! pathOrInlineDv:s! offset:l sizeInBytes:l! cardinality:l!",
    };

    public static bool IsKnown(string action) => action != "deletionVector" && Shapes.ContainsKey(action);

    public static void Check(LoggedAction action, long version, DeltaFindings findings)
    {
        if (!Shapes.TryGetValue(action.Name, out var shape))
        {
            findings.Add("unknown-action", version, action.Name);
            return;
        }

        foreach (var field in shape.Split(' '))
        {
            var name = field[..field.IndexOf(':', StringComparison.Ordinal)];
            var kind = field[name.Length + 1];
            if (action.Find(name) is not { } value)
            {
                findings.Require(!field.EndsWith('!'), "action-field", version, $"{action.Name} lacks {name}: {Shorten(action.Body)}");
            }
            else
            {
                findings.Require(Is(value, kind), "action-field", version, $"{action.Name}.{name} has another type: {Shorten(value)}");
            }
        }

        Special(action, version, findings);
    }

    private static void Special(LoggedAction action, long version, DeltaFindings findings)
    {
        if (action.Name == "remove" && action.Flag("extendedFileMetadata") == true)
        {
            findings.Require(action.Find("partitionValues") is not null && action.Find("size") is not null, "action-field", version, $"remove says extendedFileMetadata and lacks it: {Shorten(action.Body)}");
        }

        if (action.Name is "add" or "remove" && action.DeletionVector is { } vector)
        {
            Check(vector, version, findings);
        }

        if (action.Name == "cdc")
        {
            findings.Require(action.Flag("dataChange") != true, "cdc-data-change", version, $"{action.Text("path")}");
        }

        if (action.Name == "metaData")
        {
            findings.Require(Guid.TryParse(action.Text("id"), out _) || action.Text("id") == "testId", "metadata-id", version, $"{action.Text("id")} is no GUID");
            var format = new LoggedAction("format", action.Find("format") ?? default);
            findings.Require(format.Text("provider") == "parquet", "metadata-format", version, $"format {Shorten(format.Body)}");
        }
    }

    private static bool Is(JsonElement value, char kind) => kind switch
    {
        's' => value.ValueKind == JsonValueKind.String,
        'l' => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        'b' => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        'm' => value.ValueKind == JsonValueKind.Object && value.EnumerateObject().All(static e => e.Value.ValueKind is JsonValueKind.String or JsonValueKind.Null),
        'a' => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(static e => e.ValueKind == JsonValueKind.String),
        _ => value.ValueKind == JsonValueKind.Object,
    };

    private static string Shorten(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.Undefined ? "nothing" : value.GetRawText();
        return text.Length > 200 ? text[..200] + "…" : text;
    }
}
