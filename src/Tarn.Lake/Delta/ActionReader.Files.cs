using System.Text.Json;

namespace Tarn.Lake;

/// <summary>Actions that name files: data files, their deletion vectors, files of changes, and those of checkpoints.</summary>
internal static partial class ActionReader
{
    private static AddFile Add(ref Utf8JsonReader json)
    {
        string? path = null, clustering = null;
        ReadOnlyMemory<byte> stats = default;
        long? size = null, baseRowId = null, rowCommit = null;
        long modified = 0;
        var dataChange = true;
        IReadOnlyDictionary<string, string?> partitionValues = EmptyMap.NullableStrings;
        IReadOnlyDictionary<string, string?>? tags = null;
        DeletionVectorDescriptor? vector = null;
        while (Next(ref json, out var name))
        {
            switch (name)
            {
                case "path": path = json.GetString(); break;
                case "partitionValues": partitionValues = NullableMap(ref json); break;
                case "size": size = json.GetInt64(); break;
                case "modificationTime": modified = json.GetInt64(); break;
                case "dataChange": dataChange = json.GetBoolean(); break;
                case "stats": stats = Utf8(ref json); break;
                case "tags": tags = NullableMap(ref json); break;
                case "deletionVector": vector = DeletionVector(ref json); break;
                case "baseRowId": baseRowId = json.GetInt64(); break;
                case "defaultRowCommitVersion": rowCommit = json.GetInt64(); break;
                case "clusteringProvider": clustering = json.GetString(); break;
                default: json.Skip(); break;
            }
        }

        return new AddFile
        {
            Path = LogPath.Decode(path ?? throw new JsonException("add without path.")),
            PartitionValues = partitionValues,
            Size = size ?? throw new JsonException("add without size."),
            ModificationTime = modified,
            DataChange = dataChange,
            StatsUtf8 = stats,
            Tags = tags,
            DeletionVector = vector,
            BaseRowId = baseRowId,
            DefaultRowCommitVersion = rowCommit,
            ClusteringProvider = clustering,
        };
    }

    private static RemoveFile Remove(ref Utf8JsonReader json)
    {
        string? path = null, stats = null;
        long? size = null, deleted = null;
        var dataChange = true;
        bool? extended = null;
        IReadOnlyDictionary<string, string?>? partitionValues = null;
        long? baseRowId = null, rowCommit = null;
        IReadOnlyDictionary<string, string?>? tags = null;
        DeletionVectorDescriptor? vector = null;
        while (Next(ref json, out var name))
        {
            switch (name)
            {
                case "path": path = json.GetString(); break;
                case "deletionTimestamp": deleted = json.GetInt64(); break;
                case "dataChange": dataChange = json.GetBoolean(); break;
                case "extendedFileMetadata": extended = json.GetBoolean(); break;
                case "partitionValues": partitionValues = NullableMap(ref json); break;
                case "size": size = json.GetInt64(); break;
                case "stats": stats = json.GetString(); break;
                case "tags": tags = NullableMap(ref json); break;
                case "deletionVector": vector = DeletionVector(ref json); break;
                case "baseRowId": baseRowId = json.GetInt64(); break;
                case "defaultRowCommitVersion": rowCommit = json.GetInt64(); break;
                default: json.Skip(); break;
            }
        }

        return new RemoveFile
        {
            Path = LogPath.Decode(path ?? throw new JsonException("remove without path.")),
            DeletionTimestamp = deleted,
            DataChange = dataChange,
            ExtendedFileMetadata = extended,
            PartitionValues = partitionValues,
            Size = size,
            Stats = stats,
            Tags = tags,
            DeletionVector = vector,
            BaseRowId = baseRowId,
            DefaultRowCommitVersion = rowCommit,
        };
    }

    private static DeletionVectorDescriptor DeletionVector(ref Utf8JsonReader json)
    {
        Require(json.TokenType, JsonTokenType.StartObject);
        string? storage = null, path = null;
        int? offset = null, size = null;
        long? cardinality = null, most = null;
        while (Next(ref json, out var name))
        {
            switch (name)
            {
                case "storageType": storage = json.GetString(); break;
                case "pathOrInlineDv": path = json.GetString(); break;
                case "offset": offset = json.GetInt32(); break;
                case "sizeInBytes": size = json.GetInt32(); break;
                case "cardinality": cardinality = json.GetInt64(); break;
                case "maxRowIndex": most = json.GetInt64(); break;
                default: json.Skip(); break;
            }
        }

        return new DeletionVectorDescriptor(
            storage ?? throw new JsonException("deletionVector without storageType."),
            path ?? throw new JsonException("deletionVector without pathOrInlineDv."),
            offset,
            size ?? throw new JsonException("deletionVector without sizeInBytes."),
            cardinality ?? throw new JsonException("deletionVector without cardinality."))
        { MaxRowIndex = most };
    }

    private static CdcFile Cdc(ref Utf8JsonReader json)
    {
        string? path = null;
        long? size = null;
        IReadOnlyDictionary<string, string?> partitionValues = EmptyMap.NullableStrings;
        IReadOnlyDictionary<string, string?>? tags = null;
        while (Next(ref json, out var name))
        {
            switch (name)
            {
                case "path": path = json.GetString(); break;
                case "partitionValues": partitionValues = NullableMap(ref json); break;
                case "size": size = json.GetInt64(); break;
                case "tags": tags = NullableMap(ref json); break;
                default: json.Skip(); break;
            }
        }

        return new CdcFile(LogPath.Decode(path ?? throw new JsonException("cdc without path.")), partitionValues, size ?? throw new JsonException("cdc without size.")) { Tags = tags };
    }

    private static SidecarAction Sidecar(ref Utf8JsonReader json)
    {
        string? path = null;
        long? size = null, modified = null;
        IReadOnlyDictionary<string, string?>? tags = null;
        while (Next(ref json, out var name))
        {
            switch (name)
            {
                case "path": path = json.GetString(); break;
                case "sizeInBytes": size = json.GetInt64(); break;
                case "modificationTime": modified = json.GetInt64(); break;
                case "tags": tags = NullableMap(ref json); break;
                default: json.Skip(); break;
            }
        }

        return new SidecarAction(
            LogPath.Decode(path ?? throw new JsonException("sidecar without path.")), size ?? throw new JsonException("sidecar without sizeInBytes."), modified ?? 0)
        { Tags = tags };
    }

    private static CheckpointMetadataAction CheckpointMetadata(ref Utf8JsonReader json)
    {
        long? version = null;
        IReadOnlyDictionary<string, string?>? tags = null;
        while (Next(ref json, out var name))
        {
            switch (name)
            {
                case "version": version = json.GetInt64(); break;
                case "tags": tags = NullableMap(ref json); break;
                default: json.Skip(); break;
            }
        }

        return new CheckpointMetadataAction(version ?? throw new JsonException("checkpointMetadata without version.")) { Tags = tags };
    }
}
