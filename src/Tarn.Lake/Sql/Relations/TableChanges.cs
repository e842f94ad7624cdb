using System.Globalization;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// The rows that a range of versions changed (protocol, "Change Data Files"): where a commit has files of changes, those; else what its data files tell. Columns are those of the range's last version.
/// <para>
/// The protocol promises changes where <c>delta.enableChangeDataFeed</c> is on. Where it was off, a commit's changes are told only if its files say exactly which
/// rows they are: files that were only added or only removed, and deleted rows. A commit that replaced files by others is refused, because rows that did not change were copied.
/// </para>
/// </summary>
internal sealed class TableChanges(TableSource source, DeletedRows known)
{
    private readonly List<ChangedFile> _files = [];
    private LogState? _first;

    /// <param name="from">The first version; of an instant, the first at or after it.</param>
    /// <param name="to">The last version; of an instant, the last at or before it; null for the latest.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="TarnException">There are no such versions (any more), or a commit does not tell its changes.</exception>
    public async Task<RelationView> ReadAsync(AsOf from, AsOf? to, CancellationToken cancellationToken)
    {
        var last = (to is { } end ? await source.Log.AtAsync(end, cancellationToken).ConfigureAwait(false) : await source.Log.LatestAsync(cancellationToken).ConfigureAwait(false))
            ?? throw TablesElsewhere.NoTable(source.Name);
        var first = await FirstAsync(from, cancellationToken).ConfigureAwait(false);
        if (first > last.Version)
        {
            throw TarnException.InvalidInput(
                $"Changes of {source.Name} are read from a version to the same or a later one, at most {last.Version} here.", from.ToString(), "Ask for an earlier first version.");
        }

        _first = first == last.Version ? last : await source.Log.AtAsync(AsOf.Version(first), cancellationToken).ConfigureAwait(false);
        var metadata = _first!.Metadata!;
        var timestamp = _first.Timestamp;
        for (var version = first; version <= last.Version; version++)
        {
            var commit = await source.Log.Log.ReadCommitAsync(version, cancellationToken).ConfigureAwait(false)
                ?? throw TarnException.NotFound($"The log of {source.Name} no longer holds this commit.", version.ToString(CultureInfo.InvariantCulture), "Ask for changes from a later version on.");
            metadata = commit.Actions.OfType<MetadataAction>().LastOrDefault() ?? metadata;
            timestamp = version == first ? timestamp : Math.Max(timestamp + 1, commit.Timestamp);
            await AddAsync(commit, timestamp, IsRecorded(metadata), cancellationToken).ConfigureAwait(false);
        }

        return await ViewAsync(first, last, cancellationToken).ConfigureAwait(false);
    }

    private static bool IsRecorded(MetadataAction metadata) =>
        string.Equals(metadata.Configuration.GetValueOrDefault("delta.enableChangeDataFeed"), "true", StringComparison.OrdinalIgnoreCase);

    private async Task<long> FirstAsync(AsOf from, CancellationToken cancellationToken)
    {
        if (from.Number is { } number)
        {
            return number;
        }

        try
        {
            var before = await source.Log.AtAsync(from, cancellationToken).ConfigureAwait(false) ?? throw TablesElsewhere.NoTable(source.Name);
            return before.Timestamp == from.Instant!.Value.ToUnixTimeMilliseconds() ? before.Version : before.Version + 1;
        }
        catch (TarnException error) when (error.Kind == ErrorKind.NotFound && error.Value == from.ToString())
        {
            // Older than the oldest version that is left.
            var versions = await source.Log.Log.ListVersionsAsync(cancellationToken).ConfigureAwait(false);
            return versions.Count > 0 ? versions[0] : 0;
        }
    }

    private async Task AddAsync(LogCommit commit, long timestamp, bool recorded, CancellationToken cancellationToken)
    {
        var recordedFiles = commit.Actions.OfType<CdcFile>().ToList();
        if (recordedFiles.Count > 0)
        {
            _files.AddRange(recordedFiles.Select(f => new ChangedFile(FileOf(f.Path, f.PartitionValues, f.Size), null, commit.Version, timestamp)));
            return;
        }

        var adds = ByPath(commit, static (AddFile a) => a.DataChange ? a.Path : null);
        var removes = ByPath(commit, static (RemoveFile r) => r.DataChange ? r.Path : null);
        var (added, removed) = (adds.Keys.Except(removes.Keys).ToList(), removes.Keys.Except(adds.Keys).ToList());
        if (!recorded && added.Count > 0 && removed.Count > 0)
        {
            throw new TarnException(
                ErrorKind.Unsupported,
                $"Version {commit.Version} of {source.Name} replaced files and did not record which rows changed: delta.enableChangeDataFeed was not on.",
                $"version {commit.Version}",
                "Turn the property on for later changes; for this one, compare two versions (SELECT … VERSION AS OF … EXCEPT ALL SELECT …).");
        }

        foreach (var path in removed)
        {
            _files.Add(new ChangedFile(await FileOfAsync(removes[path], commit.Version, cancellationToken).ConfigureAwait(false), "delete", commit.Version, timestamp));
        }

        foreach (var path in added)
        {
            _files.Add(new ChangedFile(new DataFile(adds[path]), "insert", commit.Version, timestamp));
        }

        foreach (var path in adds.Keys.Intersect(removes.Keys))
        {
            await AddRowsAsync(removes[path], adds[path], commit.Version, timestamp, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A commit's changing actions of one kind, by their paths.</summary>
    /// <exception cref="TarnException">A path is there twice, which the protocol forbids.</exception>
    private static Dictionary<string, T> ByPath<T>(LogCommit commit, Func<T, string?> path)
    {
        var byPath = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var action in commit.Actions.OfType<T>())
        {
            if (path(action) is { } name && !byPath.TryAdd(LogPath.Canonical(name), action))
            {
                throw TarnException.Corrupt(
                    FormattableString.Invariant($"A commit adds or removes a file once; version {commit.Version} does so twice."), name, "Read the versions before and after it.");
            }
        }

        return byPath;
    }

    /// <summary>The rows of a file that became deleted, or came back.</summary>
    private async Task AddRowsAsync(RemoveFile before, AddFile after, long version, long timestamp, CancellationToken cancellationToken)
    {
        var gone = await RowsAsync(before.DeletionVector, cancellationToken).ConfigureAwait(false);
        var goneNow = await RowsAsync(after.DeletionVector, cancellationToken).ConfigureAwait(false);
        var file = new DataFile(after with { DeletionVector = null });
        Add("delete", goneNow, gone);
        Add("insert", gone, goneNow);

        void Add(string change, RowSet rows, RowSet without)
        {
            var changed = new RowSet();
            foreach (var row in rows.Rows())
            {
                if (!without.Contains(row))
                {
                    changed.Add(row);
                }
            }

            if (changed.Count > 0)
            {
                _files.Add(new ChangedFile(file, change, version, timestamp) { Rows = changed });
            }
        }
    }

    private async ValueTask<RowSet> RowsAsync(DeletionVectorDescriptor? vector, CancellationToken cancellationToken) =>
        vector is null ? new RowSet() : await known.ReadAsync(source.Store, source.Folder, vector, cancellationToken).ConfigureAwait(false);

    private async Task<DataFile> FileOfAsync(RemoveFile remove, long version, CancellationToken cancellationToken)
    {
        if (remove is { PartitionValues: { } values, Size: { } size })
        {
            return new DataFile(new AddFile { Path = remove.Path, PartitionValues = values, Size = size, DeletionVector = remove.DeletionVector });
        }

        // A removal need not say more than the path: the version before knows the file.
        var before = await source.Log.AtAsync(AsOf.Version(version - 1), cancellationToken).ConfigureAwait(false);
        return before!.Files.GetValueOrDefault(remove.Key) ?? throw TarnException.Corrupt($"A commit of {source.Name} removes a file of the version before.", remove.Path);
    }

    private static DataFile FileOf(string path, IReadOnlyDictionary<string, string?> partition, long size) =>
        new(new AddFile { Path = path, PartitionValues = partition, Size = size });

    private async Task<RelationView> ViewAsync(long first, LogState last, CancellationToken cancellationToken)
    {
        var parts = new List<ChangesPart>();
        try
        {
            foreach (var group in _files.GroupBy(static f => (IsRecorded: f.Change is null, IsRows: f.Rows is not null)))
            {
                var files = group.ToList();
                var scan = await SnapshotScan.PrepareAsync(
                    source.Files, source.Store, source.Folder, last, [.. files.Select(static f => f.File)], columns: null, cancellationToken, known).ConfigureAwait(false);
                parts.Add(new ChangesPart(scan, files));
            }
        }
        catch
        {
            parts.ForEach(static p => p.Scan.Dispose());
            throw;
        }

        return new ChangesView(last, parts) { Read = new TableRead(source.Name, last.Version, _files.Count, _files.Count) };
    }
}

/// <summary>A file of changed rows.</summary>
/// <param name="File">The file.</param>
/// <param name="Change">What happened to its rows; null where the file says that itself.</param>
/// <param name="Version">The commit's version.</param>
/// <param name="Timestamp">The commit's time, milliseconds since the Unix epoch.</param>
internal sealed record ChangedFile(DataFile File, string? Change, long Version, long Timestamp)
{
    /// <summary>The rows that changed; null for all that are not deleted.</summary>
    public RowSet? Rows { get; init; }
}

/// <summary>Files of changed rows of one kind.</summary>
internal sealed record ChangesPart(SnapshotScan Scan, IReadOnlyList<ChangedFile> Files);

/// <summary>Changed rows: the table's columns, and what changed them when.</summary>
internal sealed class ChangesView(LogState state, IReadOnlyList<ChangesPart> parts) : RelationView
{
    private const string Change = "_change_type";
    private const string Version = "_commit_version";
    private const string Timestamp = "_commit_timestamp";

    public override string Sql(SessionTables tables)
    {
        var columns = string.Join(", ", state.Fields.Fields.Select(static f => SqlNames.Quote(f.Name)).Concat([Change, Version, Timestamp]));
        return parts.Count == 0
            ? TableView.Sql(state, [], [], Options([], true))
            : string.Join(" UNION ALL ", parts.Select((part, i) => $"SELECT {columns} FROM ({Part(part, FormattableString.Invariant($"_{i}"), tables)})"));
    }

    public override void Dispose()
    {
        foreach (var part in parts)
        {
            part.Scan.Dispose();
        }
    }

    private string Part(ChangesPart part, string suffix, SessionTables tables)
    {
        var options = Options(part.Files, part.Files[0].Change is not null);
        if (part.Files[0].Rows is not null)
        {
            options = options with { OnlyRows = true, Rows = tables.Load(suffix, [.. part.Files.Select(static f => f.Rows)]) };
        }
        else if (part.Scan.HasDeletedRows)
        {
            options = options with { Rows = tables.Load(suffix, [.. Enumerable.Range(0, part.Files.Count).Select(part.Scan.Deleted)]) };
        }

        return part.Scan.Sql(options);
    }

    private static TableViewOptions Options(IReadOnlyList<ChangedFile> files, bool told)
    {
        var columns = new List<(string, string, IReadOnlyList<string?>)>
        {
            (Version, "BIGINT", [.. files.Select(static f => f.Version.ToString(CultureInfo.InvariantCulture))]),
            (Timestamp, "TIMESTAMP WITH TIME ZONE", [.. files.Select(static f => DateTimeOffset.FromUnixTimeMilliseconds(f.Timestamp).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture))]),
        };
        if (told)
        {
            columns.Insert(0, (Change, "VARCHAR", [.. files.Select(static f => f.Change)]));
        }

        return new TableViewOptions { FileColumns = columns, StoredColumns = told ? [] : [(Change, ColumnType.String)] };
    }
}
