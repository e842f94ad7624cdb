using System.Globalization;
using System.Text;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>One action of a commit (Delta protocol, "Actions"). Times are milliseconds since the Unix epoch, as in the log.</summary>
internal abstract record DeltaAction;

internal sealed record ProtocolAction(
    int MinReaderVersion, int MinWriterVersion, IReadOnlyList<string>? ReaderFeatures = null, IReadOnlyList<string>? WriterFeatures = null) : DeltaAction;

internal sealed record MetadataAction : DeltaAction
{
    public required string Id { get; init; }

    public string? Name { get; init; }

    public string? Description { get; init; }

    public string FormatProvider { get; init; } = "parquet";

    public IReadOnlyDictionary<string, string> FormatOptions { get; init; } = EmptyMap.Strings;

    /// <summary>The schema as the log has it; kept whole, so that what this version does not know is not lost.</summary>
    public required string SchemaString { get; init; }

    public IReadOnlyList<string> PartitionColumns { get; init; } = [];

    public IReadOnlyDictionary<string, string> Configuration { get; init; } = EmptyMap.Strings;

    public long? CreatedTime { get; init; }
}

internal sealed record AddFile : DeltaAction
{
    /// <summary>More bytes, or rows, than any file has.</summary>
    public const long MostOfAFile = 1L << 44;

    /// <summary>The path as a name, its URL encoding undone: relative to the table, or absolute with a scheme.</summary>
    public required string Path { get; init; }

    public IReadOnlyDictionary<string, string?> PartitionValues { get; init; } = EmptyMap.NullableStrings;

    /// <summary>The file's length: at most 16 TiB, so that sums over a table's files hold.</summary>
    /// <exception cref="TarnException">It is negative or greater.</exception>
    public required long Size
    {
        get;
        init => field = value is >= 0 and <= MostOfAFile ? value : throw TarnException.Corrupt(
            "A file's size in the log is from 0 to 16 TiB.", value.ToString(CultureInfo.InvariantCulture), "Restore the log from a backup.");
    }

    public long ModificationTime { get; init; }

    public bool DataChange { get; init; } = true;

    /// <summary>The statistics as the log has them: a JSON object as text, or null. Made anew at each call.</summary>
    public string? Stats
    {
        get => StatsUtf8.IsEmpty ? null : Encoding.UTF8.GetString(StatsUtf8.Span);
        init => StatsUtf8 = string.IsNullOrEmpty(value) ? default : Encoding.UTF8.GetBytes(value);
    }

    /// <summary>The statistics as UTF-8, as they are kept; empty for none.</summary>
    public ReadOnlyMemory<byte> StatsUtf8 { get; init; }

    public IReadOnlyDictionary<string, string?>? Tags { get; init; }

    public DeletionVectorDescriptor? DeletionVector { get; init; }

    public long? BaseRowId { get; init; }

    public long? DefaultRowCommitVersion { get; init; }

    public string? ClusteringProvider { get; init; }

    /// <summary>What names the file in a version's state: the path, and the deletion vector where there is one.</summary>
    public string Key => FileKey.Of(Path, DeletionVector);
}

internal sealed record RemoveFile : DeltaAction
{
    /// <inheritdoc cref="AddFile.Path"/>
    public required string Path { get; init; }

    public long? DeletionTimestamp { get; init; }

    public bool DataChange { get; init; } = true;

    public bool? ExtendedFileMetadata { get; init; }

    public IReadOnlyDictionary<string, string?>? PartitionValues { get; init; }

    public long? Size { get; init; }

    public string? Stats { get; init; }

    public IReadOnlyDictionary<string, string?>? Tags { get; init; }

    public DeletionVectorDescriptor? DeletionVector { get; init; }

    public long? BaseRowId { get; init; }

    public long? DefaultRowCommitVersion { get; init; }

    /// <inheritdoc cref="AddFile.Key"/>
    public string Key => FileKey.Of(Path, DeletionVector);
}

/// <summary>A file of a commit's changed rows (protocol, "Add CDC File").</summary>
internal sealed record CdcFile(string Path, IReadOnlyDictionary<string, string?> PartitionValues, long Size) : DeltaAction
{
    public IReadOnlyDictionary<string, string?>? Tags { get; init; }
}

/// <summary>A file that holds a part of a V2 checkpoint (protocol, "Sidecar File Information"). The path is a name in <c>_sidecars</c>, or absolute.</summary>
internal sealed record SidecarAction(string Path, long SizeInBytes, long ModificationTime) : DeltaAction
{
    public IReadOnlyDictionary<string, string?>? Tags { get; init; }
}

/// <summary>What a V2 checkpoint says of itself.</summary>
internal sealed record CheckpointMetadataAction(long Version) : DeltaAction
{
    public IReadOnlyDictionary<string, string?>? Tags { get; init; }
}

internal sealed record TransactionAction(string AppId, long Version, long? LastUpdated) : DeltaAction;

internal sealed record DomainMetadataAction(string Domain, string Configuration, bool Removed) : DeltaAction;

internal sealed record CommitInfoAction : DeltaAction
{
    public long? Timestamp { get; init; }

    public long? InCommitTimestamp { get; init; }

    public string? Operation { get; init; }

    public IReadOnlyDictionary<string, string> OperationParameters { get; init; } = EmptyMap.Strings;

    public IReadOnlyDictionary<string, string> OperationMetrics { get; init; } = EmptyMap.Strings;

    public long? ReadVersion { get; init; }

    public bool? IsBlindAppend { get; init; }

    public string? EngineInfo { get; init; }

    /// <summary>Unique to the attempt that wrote the commit: by it a writer knows its own commit again.</summary>
    public string? TxnId { get; init; }

    public string? UserMetadata { get; init; }

    /// <summary>The event times that the commit touched; null where it does not say.</summary>
    public TouchedField? Touched { get; init; }
}
