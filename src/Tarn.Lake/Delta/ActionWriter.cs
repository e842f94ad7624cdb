using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tarn.Lake;

/// <summary>Writes actions as the lines of a commit file or, with the fields that a checkpoint drops left out, of a checkpoint.</summary>
internal sealed class ActionWriter : IDisposable
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly Utf8JsonWriter _json;

    public ActionWriter() => _json = new Utf8JsonWriter(_buffer, Options);

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public static byte[] Write(IEnumerable<DeltaAction> actions)
    {
        using var writer = new ActionWriter();
        foreach (var action in actions)
        {
            writer.Add(action);
        }

        return writer._buffer.WrittenSpan.ToArray();
    }

    /// <summary>Forgets what was written, keeping the buffer.</summary>
    public void Clear() => _buffer.ResetWrittenCount();

    public void Add(DeltaAction action)
    {
        _json.Reset(_buffer);
        _json.WriteStartObject();
        switch (action)
        {
            case ProtocolAction protocol: Protocol(protocol); break;
            case MetadataAction metadata: Metadata(metadata); break;
            case AddFile add: Add(add); break;
            case RemoveFile remove: Remove(remove); break;
            case TransactionAction transaction: Transaction(transaction); break;
            case DomainMetadataAction domain: Domain(domain); break;
            case CommitInfoAction info: CommitInfo(info); break;
            case CdcFile cdc: Cdc(cdc); break;
            case SidecarAction sidecar: Sidecar(sidecar); break;
            case CheckpointMetadataAction checkpoint: CheckpointMetadata(checkpoint); break;
            default: throw new ArgumentOutOfRangeException(nameof(action), action.GetType().Name, "Not an action that is written.");
        }

        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n"u8);
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private void Protocol(ProtocolAction protocol)
    {
        _json.WriteStartObject("protocol");
        _json.WriteNumber("minReaderVersion", protocol.MinReaderVersion);
        _json.WriteNumber("minWriterVersion", protocol.MinWriterVersion);
        Names("readerFeatures", protocol.ReaderFeatures);
        Names("writerFeatures", protocol.WriterFeatures);
        _json.WriteEndObject();
    }

    private void Metadata(MetadataAction metadata)
    {
        _json.WriteStartObject("metaData");
        _json.WriteString("id", metadata.Id);
        Text("name", metadata.Name);
        Text("description", metadata.Description);
        _json.WriteStartObject("format");
        _json.WriteString("provider", metadata.FormatProvider);
        Map("options", metadata.FormatOptions);
        _json.WriteEndObject();
        _json.WriteString("schemaString", metadata.SchemaString);
        Names("partitionColumns", metadata.PartitionColumns);
        Map("configuration", metadata.Configuration);
        Number("createdTime", metadata.CreatedTime);
        _json.WriteEndObject();
    }

    private void Add(AddFile add)
    {
        _json.WriteStartObject("add");
        _json.WriteString("path", LogPath.Encode(add.Path));
        NullableMap("partitionValues", add.PartitionValues);
        _json.WriteNumber("size", add.Size);
        _json.WriteNumber("modificationTime", add.ModificationTime);
        _json.WriteBoolean("dataChange", add.DataChange);
        if (!add.StatsUtf8.IsEmpty)
        {
            _json.WriteString("stats", add.StatsUtf8.Span);
        }

        NullableMap("tags", add.Tags);
        DeletionVector(add.DeletionVector);
        Number("baseRowId", add.BaseRowId);
        Number("defaultRowCommitVersion", add.DefaultRowCommitVersion);
        Text("clusteringProvider", add.ClusteringProvider);
        _json.WriteEndObject();
    }

    private void Remove(RemoveFile remove)
    {
        _json.WriteStartObject("remove");
        _json.WriteString("path", LogPath.Encode(remove.Path));
        Number("deletionTimestamp", remove.DeletionTimestamp);
        _json.WriteBoolean("dataChange", remove.DataChange);
        if (remove.ExtendedFileMetadata is { } extended)
        {
            _json.WriteBoolean("extendedFileMetadata", extended);
        }

        NullableMap("partitionValues", remove.PartitionValues);
        Number("size", remove.Size);
        Text("stats", remove.Stats);
        NullableMap("tags", remove.Tags);
        DeletionVector(remove.DeletionVector);
        Number("baseRowId", remove.BaseRowId);
        Number("defaultRowCommitVersion", remove.DefaultRowCommitVersion);
        _json.WriteEndObject();
    }

    private void Cdc(CdcFile cdc)
    {
        _json.WriteStartObject("cdc");
        _json.WriteString("path", LogPath.Encode(cdc.Path));
        NullableMap("partitionValues", cdc.PartitionValues);
        _json.WriteNumber("size", cdc.Size);
        _json.WriteBoolean("dataChange", false);
        NullableMap("tags", cdc.Tags);
        _json.WriteEndObject();
    }

    private void Sidecar(SidecarAction sidecar)
    {
        _json.WriteStartObject("sidecar");
        _json.WriteString("path", LogPath.Encode(sidecar.Path));
        _json.WriteNumber("sizeInBytes", sidecar.SizeInBytes);
        _json.WriteNumber("modificationTime", sidecar.ModificationTime);
        NullableMap("tags", sidecar.Tags);
        _json.WriteEndObject();
    }

    private void CheckpointMetadata(CheckpointMetadataAction checkpoint)
    {
        _json.WriteStartObject("checkpointMetadata");
        _json.WriteNumber("version", checkpoint.Version);
        NullableMap("tags", checkpoint.Tags);
        _json.WriteEndObject();
    }

    private void DeletionVector(DeletionVectorDescriptor? vector)
    {
        if (vector is null)
        {
            return;
        }

        _json.WriteStartObject("deletionVector");
        _json.WriteString("storageType", vector.StorageType);
        _json.WriteString("pathOrInlineDv", vector.PathOrInlineDv);
        Number("offset", vector.Offset);
        _json.WriteNumber("sizeInBytes", vector.SizeInBytes);
        _json.WriteNumber("cardinality", vector.Cardinality);
        Number("maxRowIndex", vector.MaxRowIndex);
        _json.WriteEndObject();
    }

    private void Transaction(TransactionAction transaction)
    {
        _json.WriteStartObject("txn");
        _json.WriteString("appId", transaction.AppId);
        _json.WriteNumber("version", transaction.Version);
        Number("lastUpdated", transaction.LastUpdated);
        _json.WriteEndObject();
    }

    private void Domain(DomainMetadataAction domain)
    {
        _json.WriteStartObject("domainMetadata");
        _json.WriteString("domain", domain.Domain);
        _json.WriteString("configuration", domain.Configuration);
        _json.WriteBoolean("removed", domain.Removed);
        _json.WriteEndObject();
    }

    private void CommitInfo(CommitInfoAction info)
    {
        _json.WriteStartObject("commitInfo");
        Number("timestamp", info.Timestamp);
        Number("inCommitTimestamp", info.InCommitTimestamp);
        Text("operation", info.Operation);
        Map("operationParameters", info.OperationParameters);
        Number("readVersion", info.ReadVersion);
        if (info.IsBlindAppend is { } blind)
        {
            _json.WriteBoolean("isBlindAppend", blind);
        }

        Map("operationMetrics", info.OperationMetrics);
        Text("userMetadata", info.UserMetadata);
        Text("engineInfo", info.EngineInfo);
        Text("txnId", info.TxnId);
        info.Touched?.Write(_json);
        _json.WriteEndObject();
    }

    private void Text(string name, string? value)
    {
        if (value is not null)
        {
            _json.WriteString(name, value);
        }
    }

    private void Number(string name, long? value)
    {
        if (value is { } number)
        {
            _json.WriteNumber(name, number);
        }
    }

    private void Names(string name, IReadOnlyList<string>? values)
    {
        if (values is null)
        {
            return;
        }

        _json.WriteStartArray(name);
        foreach (var value in values)
        {
            _json.WriteStringValue(value);
        }

        _json.WriteEndArray();
    }

    private void Map(string name, IReadOnlyDictionary<string, string> map)
    {
        _json.WriteStartObject(name);
        foreach (var (key, value) in map)
        {
            _json.WriteString(key, value);
        }

        _json.WriteEndObject();
    }

    private void NullableMap(string name, IReadOnlyDictionary<string, string?>? map)
    {
        if (map is null)
        {
            return;
        }

        _json.WriteStartObject(name);
        foreach (var (key, value) in map)
        {
            _json.WriteString(key, value);
        }

        _json.WriteEndObject();
    }
}
