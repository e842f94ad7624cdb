using System.Collections.Immutable;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>What a table's log says at one version (protocol, "Action Reconciliation"). Immutable: a commit makes the next one from it, sharing what stays.</summary>
internal sealed class LogState
{
    /// <summary>Before the first commit.</summary>
    public const long NoVersion = -1;

    public static LogState Empty { get; } = new();

    public long Version { get; private init; } = NoVersion;

    /// <summary>When the version was committed, milliseconds since the Unix epoch; strictly greater than that of the version before.</summary>
    public long Timestamp { get; private set; }

    public ProtocolAction? Protocol { get; private init; }

    public MetadataAction? Metadata { get; private init; }

    /// <summary>The columns as the log has them.</summary>
    public DeltaSchema Fields { get; private init; } = DeltaSchema.Empty;

    /// <summary>The columns as users see them.</summary>
    public TableSchema Schema => Fields.Columns;

    /// <summary>How columns are found in files.</summary>
    public ColumnMapping Mapping => Metadata is null ? ColumnMapping.None : TableProtocol.Mapping(Metadata);

    /// <summary>The partition columns, as the schema has them.</summary>
    public IReadOnlyList<DeltaField> PartitionFields =>
        [.. Metadata!.PartitionColumns.Select(name => Fields.Find(name) ?? throw TarnException.Corrupt("Every partition column is a column of the schema.", name))];

    /// <summary>The files by their keys (<see cref="FileKey"/>).</summary>
    public FileSet Files { get; private init; } = FileSet.Empty;

    /// <summary>Removals by the files' keys.</summary>
    public ImmutableDictionary<string, RemoveFile> Tombstones { get; private set; } = ImmutableDictionary.Create<string, RemoveFile>(StringComparer.Ordinal);

    /// <summary>Applications' progress as the log has it; what has expired (<see cref="TransactionExpiry"/>) is there until it is forgotten.</summary>
    public ImmutableDictionary<string, TransactionAction> Transactions { get; private set; } = ImmutableDictionary.Create<string, TransactionAction>(StringComparer.Ordinal);

    public ImmutableDictionary<string, DomainMetadataAction> Domains { get; private init; } = ImmutableDictionary.Create<string, DomainMetadataAction>(StringComparer.Ordinal);

    /// <summary>The sum of the files' sizes.</summary>
    public long Bytes { get; private init; }

    /// <summary>The sum of the files' row counts; those that do not say are in <see cref="FilesWithoutCount"/>.</summary>
    public long CountedRows { get; private init; }

    public int FilesWithoutCount { get; private init; }

    /// <summary>The files in ordinal order of their paths.</summary>
    public DataFile[] OrderedFiles => Files.Ordered;

    /// <summary>The state after further actions. <paramref name="rawTimestamp"/> is what the commit says of its time; the state's is made monotonic.</summary>
    public LogState Apply(long version, long rawTimestamp, IEnumerable<DeltaAction> actions)
    {
        var files = Files.ToBuilder();
        var tombstones = Tombstones.ToBuilder();
        var transactions = Transactions.ToBuilder();
        var domains = Domains.ToBuilder();
        var (protocol, metadata, fields) = (Protocol, Metadata, Fields);
        var (bytes, rows, uncounted) = (Bytes, CountedRows, FilesWithoutCount);
        foreach (var action in actions)
        {
            switch (action)
            {
                case AddFile add:
                    var key = add.Key;
                    Forget(files, key, ref bytes, ref rows, ref uncounted);
                    var file = new DataFile(add);
                    files.Add(key, file);
                    tombstones.Remove(key);
                    bytes += file.Size;
                    rows += file.RowCount ?? 0;
                    uncounted += file.RowCount is null ? 1 : 0;
                    break;
                case RemoveFile remove:
                    Forget(files, remove.Key, ref bytes, ref rows, ref uncounted);
                    tombstones[remove.Key] = remove;
                    break;
                case TransactionAction transaction:
                    transactions[transaction.AppId] = transaction;
                    break;
                case MetadataAction changed:
                    fields = changed.SchemaString == metadata?.SchemaString && TableProtocol.Mapping(changed) == TableProtocol.Mapping(metadata)
                        ? fields : DeltaSchema.Parse(changed.SchemaString, TableProtocol.Mapping(changed));
                    metadata = changed;
                    break;
                case ProtocolAction changed:
                    TableProtocol.RequireReadable(changed);
                    protocol = changed;
                    break;
                case DomainMetadataAction { Removed: true } domain:
                    domains.Remove(domain.Domain);
                    break;
                case DomainMetadataAction domain:
                    domains[domain.Domain] = domain;
                    break;
            }
        }

        return new LogState
        {
            Version = version,
            Timestamp = Version == NoVersion ? rawTimestamp : Math.Max(rawTimestamp, Timestamp + 1),
            Protocol = protocol,
            Metadata = metadata,
            Fields = fields,
            Files = files.ToImmutable(),
            Tombstones = tombstones.ToImmutable(),
            Transactions = transactions.ToImmutable(),
            Domains = domains.ToImmutable(),
            Bytes = bytes,
            CountedRows = rows,
            FilesWithoutCount = uncounted,
        };
    }

    /// <summary>The same state with its version's time.</summary>
    public LogState At(long timestamp)
    {
        var copy = (LogState)MemberwiseClone();
        copy.Timestamp = timestamp;
        return copy;
    }

    /// <summary>The state without the removals before an instant (milliseconds since the Unix epoch): nothing asks for them any more.</summary>
    public LogState WithoutRemovalsBefore(long instant)
    {
        var old = Tombstones.Values.Where(t => (t.DeletionTimestamp ?? 0) < instant).Select(static t => t.Key).ToList();
        if (old.Count == 0)
        {
            return this;
        }

        var copy = (LogState)MemberwiseClone();
        copy.Tombstones = Tombstones.RemoveRange(old);
        return copy;
    }

    /// <summary>The state without the applications' progress that has expired.</summary>
    public LogState Without(TransactionExpiry expiry)
    {
        var old = Transactions.Values.Where(expiry.IsExpired).Select(static t => t.AppId).ToList();
        if (old.Count == 0)
        {
            return this;
        }

        var copy = (LogState)MemberwiseClone();
        copy.Transactions = Transactions.RemoveRange(old);
        return copy;
    }

    /// <summary>Checks that the state is that of a table that this version reads.</summary>
    /// <exception cref="TarnException">Protocol or metadata are missing, or ask for what this version does not do.</exception>
    public LogState Complete(string table)
    {
        if (Protocol is null || Metadata is null)
        {
            throw TarnException.Corrupt($"The log of table {table} has no {(Protocol is null ? "protocol" : "metaData")} action.", $"version {Version}");
        }

        TableProtocol.RequireReadable(Protocol, Metadata);
        return this;
    }

    private static void Forget(FileSet.Builder files, string key, ref long bytes, ref long rows, ref int uncounted)
    {
        if (files.TryGetValue(key, out var file))
        {
            files.Remove(key);
            bytes -= file.Size;
            rows -= file.RowCount ?? 0;
            uncounted -= file.RowCount is null ? 1 : 0;
        }
    }
}
