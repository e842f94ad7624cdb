using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// The files of a keyed table, or of its history, by key: which may hold a key, and the rows that they hold. What files hold is kept within bounds of memory;
/// what is not kept is read. Used by one thread at a time.
/// </summary>
internal sealed class KeyedFiles<T>(LakeTable table, KeyedLayout<T> layout, bool isHistory)
{
    /// <summary>A file of no more rows is read whole; of a larger one only the rows that are wanted are.</summary>
    public const int WholeRows = 16_384;

    /// <summary>What a row costs in memory beyond its share of the file's text, roughly.</summary>
    private const int RowOverhead = 256;

    /// <summary>How much larger rows are in memory than in a compressed file, roughly.</summary>
    private const int Expansion = 5;

    private readonly FileCache<KeyHashes> _hashes = new(table.Owner.Options.MergeCacheBytes);
    private readonly FileCache<KeyedRow<T>[]> _rows = new(table.Owner.Options.MergeCacheBytes);

    /// <summary>All rows of some keys.</summary>
    public async Task<List<LocatedRow<T>>> FindAsync(LogState state, IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        var wanted = keys as HashSet<string> ?? new HashSet<string>(keys, StringComparer.Ordinal);
        var hashes = wanted.Select(static k => KeyHashes.Hash(k)).ToArray();
        Array.Sort(hashes);
        await LearnAsync(state, cancellationToken).ConfigureAwait(false);
        var found = new List<LocatedRow<T>>();
        foreach (var (_, file) in state.Files)
        {
            if (_hashes.TryGet(file.Key, out var held) && !held.MayHoldAny(hashes))
            {
                continue;
            }

            var rows = IsWhole(file) ? await ReadAsync(state, file, cancellationToken).ConfigureAwait(false) : await SearchAsync(state, file, wanted, cancellationToken).ConfigureAwait(false);
            foreach (var row in rows)
            {
                if (wanted.Contains(row.Key))
                {
                    found.Add(new LocatedRow<T>(file, row));
                }
            }
        }

        return found;
    }

    /// <summary>Whether the file is small enough to be read whole.</summary>
    public static bool IsWhole(DataFile file) => file.RowCount is <= WholeRows;

    /// <summary>All rows of a small file.</summary>
    public async Task<KeyedRow<T>[]> ReadAsync(LogState state, DataFile file, CancellationToken cancellationToken)
    {
        if (_rows.TryGet(file.Key, out var rows))
        {
            return rows;
        }

        rows = await QueryAsync(state, file, "", cancellationToken).ConfigureAwait(false);
        Remember(file.Key, file.Size, rows);
        return rows;
    }

    /// <summary>Keeps what a file holds that was just written.</summary>
    public void Remember(string path, long size, KeyedRow<T>[] rows)
    {
        _rows.Set(path, rows, (size * Expansion) + ((long)rows.Length * RowOverhead));
        var hashes = new List<ulong>(rows.Length);
        foreach (var row in rows)
        {
            hashes.Add(KeyHashes.Hash(row.Key));
        }

        RememberHashes(path, hashes);
    }

    /// <summary>Forgets files that are gone from the table.</summary>
    public void Forget(IEnumerable<DataFile> files)
    {
        foreach (var file in files)
        {
            _rows.Remove(file.Key);
            _hashes.Remove(file.Key);
        }
    }

    private void RememberHashes(string path, List<ulong> hashes) => _hashes.Set(path, KeyHashes.Of(hashes), (hashes.Count * 8L) + 128);

    /// <summary>
    /// Reads the keys of files of which nothing is known, as far as there is room for them. The others are searched.
    /// </summary>
    private async Task LearnAsync(LogState state, CancellationToken cancellationToken)
    {
        var room = table.Owner.Options.MergeCacheBytes / 8;
        foreach (var (_, file) in state.Files)
        {
            if (_hashes.TryGet(file.Key, out var held))
            {
                room -= held.Count;
            }
        }

        foreach (var file in state.OrderedFiles)
        {
            if (_hashes.TryGet(file.Key, out _) || file.RowCount is not { } count || count > room)
            {
                continue;
            }

            room -= count;
            var columns = new ColumnSet([layout.KeyColumn.Name]);
            RememberHashes(file.Key, await UseAsync(state, file, columns, "read the keys of a data file", ReadHashes, cancellationToken).ConfigureAwait(false));
        }
    }

    private List<ulong> ReadHashes(DuckDbConnection connection, string rows)
    {
        var hashes = new List<ulong>();
        using var result = connection.Query($"SELECT CAST({SqlNames.Quote(layout.KeyColumn.Name)} AS VARCHAR) FROM {rows}");
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                var column = chunk.Column(0);
                for (var i = 0; i < chunk.Count; i++)
                {
                    hashes.Add(KeyHashes.Hash(column.GetBytes(i)));
                }
            }
        }

        return hashes;
    }

    /// <summary>The rows of some keys in a file of any size.</summary>
    public Task<KeyedRow<T>[]> SearchAsync(LogState state, DataFile file, HashSet<string> keys, CancellationToken cancellationToken) =>
        QueryAsync(state, file, $" WHERE {KeyIn(keys)}", cancellationToken);

    /// <summary>The condition that a row's key is one of some.</summary>
    public string KeyIn(IEnumerable<string> keys) =>
        $"CAST({SqlNames.Quote(layout.KeyColumn.Name)} AS VARCHAR) IN ({string.Join(", ", keys.Select(SqlNames.Text))})";

    private Task<KeyedRow<T>[]> QueryAsync(LogState state, DataFile file, string where, CancellationToken cancellationToken) => UseAsync(
        state,
        file,
        null,
        "read a data file",
        (connection, rows) =>
        {
            using var result = connection.Query($"SELECT * FROM {rows}{where}");
            return Read(result);
        },
        cancellationToken);

    /// <summary>Reads a file: as it is where its rows are those of the table, else as the version sees it.</summary>
    private async Task<TResult> UseAsync<TResult>(
        LogState state, DataFile file, ColumnSet? columns, string what, Func<DuckDbConnection, string, TResult> read, CancellationToken cancellationToken)
    {
        if (IsPlain(state, file))
        {
            using var local = await table.Owner.Files.OpenAsync(LogPath.InStore(table.Owner.Store, table.Folder, file.Path), file.Size, columns, cancellationToken).ConfigureAwait(false);
            return table.Owner.Files.Use(what, file.Path, connection => read(connection, $"read_parquet({SqlNames.Text(SqlNames.Pattern(local.Path))}, hive_partitioning = false)"));
        }

        using var lease = table.Owner.DuckDb.Rent();
        using var scan = await TableScan.OpenAsync(table, lease.Connection, state, [file], "keys", cancellationToken).ConfigureAwait(false);
        return await DuckDbWork.RunAsync(lease.Connection, () => read(lease.Connection, $"({scan.Sql()}) file_rows"), cancellationToken).ConfigureAwait(false);
    }

    private static bool IsPlain(LogState state, DataFile file)
    {
        if (file.DeletionVector is not null || state.Mapping != ColumnMapping.None)
        {
            return false;
        }

        foreach (var field in state.Fields.Fields)
        {
            if (field.Metadata.ContainsKey("delta.typeChanges"))
            {
                return false;
            }
        }

        return true;
    }

    private KeyedRow<T>[] Read(DuckDbResult result)
    {
        var validTo = new List<DateTimeOffset?>();
        var ordinal = isHistory ? result.Columns.Select(static (c, i) => (c.Name, i)).First(static c => c.Name == KeyedLayout<T>.ValidTo).i : -1;
        var rows = layout.Mapping.Read(result, !isHistory ? null : chunk =>
        {
            var column = chunk.Column(ordinal);
            for (var i = 0; i < chunk.Count; i++)
            {
                validTo.Add(column.IsNull(i) ? null : DuckDbTimes.ToInstant(column.Values<long>()[i]));
            }
        });
        var read = new KeyedRow<T>[rows.Count];
        for (var i = 0; i < read.Length; i++)
        {
            read[i] = new KeyedRow<T>(layout.Key(rows[i]), rows[i], isHistory ? validTo[i] : null);
        }

        return read;
    }
}
