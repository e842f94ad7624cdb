using Tarn.Core;

namespace Tarn.Lake;

/// <summary>A table as it is at one version. Immutable, and cheap to get and to keep.</summary>
public sealed class TableSnapshot
{
    private readonly TransactionExpiry _expiry;

    internal TableSnapshot(string table, LogState state, ObjectStore store, DateTimeOffset now)
    {
        _expiry = TransactionExpiry.Of(state, now);
        Table = table;
        State = state;
        Store = store;
    }

    /// <summary>The table's name.</summary>
    public string Table { get; }

    /// <summary>The version's number; the first is 0.</summary>
    public long Version => State.Version;

    /// <summary>When the version was committed; later than that of every version before.</summary>
    public DateTimeOffset Timestamp => DateTimeOffset.FromUnixTimeMilliseconds(State.Timestamp);

    /// <summary>The columns, the partition columns among them.</summary>
    public TableSchema Schema => State.Schema;

    /// <summary>The partition columns.</summary>
    public IReadOnlyList<string> PartitionBy => State.Metadata!.PartitionColumns;

    /// <summary>What the table is, or null.</summary>
    public string? Description => State.Metadata!.Description;

    /// <summary>The table's properties (Delta's configuration); those of a keyed table under <c>tarn.key</c>, <c>tarn.newest</c>, <c>tarn.history</c>.</summary>
    public IReadOnlyDictionary<string, string> Properties => State.Metadata!.Configuration;

    /// <summary>Delta's id of the table.</summary>
    public string Id => State.Metadata!.Id;

    /// <summary>The files that hold the rows, in ordinal order of their paths.</summary>
    public IReadOnlyList<DataFile> Files => State.OrderedFiles;

    /// <summary>How many files hold the rows.</summary>
    public int FileCount => State.Files.Count;

    /// <summary>How many rows there are, from the files' statistics; null where a writer left them out.</summary>
    public long? RowCount => State.FilesWithoutCount == 0 ? State.CountedRows : null;

    /// <summary>The files' length together.</summary>
    public long Bytes => State.Bytes;

    /// <summary>Every application's progress, in order of the ids, but for what has expired (docs/table-log.md).</summary>
    public IReadOnlyList<AppTransaction> Transactions =>
        [.. State.Transactions.Values.Where(t => !_expiry.IsExpired(t)).Select(static t => new AppTransaction(t.AppId, t.Version)).OrderBy(static t => t.AppId, StringComparer.Ordinal)];

    internal LogState State { get; }

    internal ObjectStore Store { get; }

    /// <summary>How far an application has come, or null where the table knows nothing of it.</summary>
    public long? TransactionVersion(string appId) => _expiry.Find(State, appId)?.Version;

    /// <summary>All files, ready for DuckDB.</summary>
    internal Task<SnapshotScan> ScanAsync(ParquetFiles files, CancellationToken cancellationToken) =>
        SnapshotScan.PrepareAsync(files, Store, Lake.Folder(Table), State, Files, columns: null, cancellationToken);
}
