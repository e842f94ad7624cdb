using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// Writes a change of a keyed table's rows as files: copy-on-write of the files that lose rows, and of no others. The rows that come, and what is left of small files
/// that lose rows, go into one new file a partition; a large file that loses rows is rewritten by itself.
/// </summary>
internal sealed class KeyedRewrite<T>(LakeTable table, LogState state, KeyedLayout<T> layout, KeyedFiles<T> files, bool isHistory)
{
    /// <summary>A file of no more rows counts as small: new rows join it rather than open a further file.</summary>
    public const int SmallRows = 256;

    private const string Loaded = "keyed_rows";

    private readonly WriteLayout _out = new(state);
    private readonly bool _constrained = TableConstraints.HasExpressions(state);
    private readonly TableSchema _schema = isHistory
        ? new TableSchema([.. layout.Mapping.Schema.Columns, .. KeyedLayout<T>.HistoryColumns])
        : layout.Mapping.Schema;

    /// <summary>What was written: the actions of the commit, and what new files hold.</summary>
    internal sealed class Written
    {
        public List<DeltaAction> Actions { get; } = [];

        public List<DataFile> Replaced { get; } = [];

        public List<(AddFile File, KeyedRow<T>[] Rows)> Known { get; } = [];

        public long RowsAdded { get; set; }
    }

    public async Task<Written> RunAsync(KeyedChange<T> change, CancellationToken cancellationToken)
    {
        var written = new Written();
        var parts = new SortedDictionary<string, (string? Value, List<KeyedRow<T>> Rows)>(StringComparer.Ordinal);
        try
        {
            var added = new List<KeyedRow<T>>(change.Added);
            foreach (var group in change.Removed.GroupBy(static r => r.File))
            {
                await ReplaceAsync(group.Key, [.. group], added, parts, written, cancellationToken).ConfigureAwait(false);
            }

            foreach (var row in added)
            {
                Part(parts, layout.PartitionOf(row.Row)).Add(row);
            }

            await JoinSmallAsync(parts, written, cancellationToken).ConfigureAwait(false);
            foreach (var (_, (value, rows)) in parts)
            {
                await WriteAsync(value, [.. rows], written, cancellationToken).ConfigureAwait(false);
            }

            foreach (var file in written.Replaced)
            {
                written.Actions.Add(table.Writer.Removal(file, dataChange: true));
            }

            if (change.Removed.Count > 0 && ChangeData.IsOn(state))
            {
                written.Actions.AddRange(await new KeyedFeed<T>(table, _out, layout, _schema, isHistory).WriteAsync(change, Value, cancellationToken).ConfigureAwait(false));
            }

            return written;
        }
        catch
        {
            await table.Writer.DiscardAsync(written.Actions).ConfigureAwait(false);
            throw;
        }
    }

    private static List<KeyedRow<T>> Part(SortedDictionary<string, (string? Value, List<KeyedRow<T>> Rows)> parts, string? value)
    {
        var name = value ?? LogPath.NullPartition;
        if (!parts.TryGetValue(name, out var part))
        {
            parts[name] = part = (value, []);
        }

        return part.Rows;
    }

    private string? ValueOf(DataFile file) => layout.Partition is null ? null : file.PartitionValues.GetValueOrDefault(_out.PartitionNames[0]);

    private async Task ReplaceAsync(
        DataFile file,
        List<LocatedRow<T>> removed,
        List<KeyedRow<T>> added,
        SortedDictionary<string, (string? Value, List<KeyedRow<T>> Rows)> parts,
        Written written,
        CancellationToken cancellationToken)
    {
        written.Replaced.Add(file);
        if (!KeyedFiles<T>.IsWhole(file))
        {
            await RewriteLargeAsync(file, removed, added, written, cancellationToken).ConfigureAwait(false);
            return;
        }

        var left = Without(await files.ReadAsync(state, file, cancellationToken).ConfigureAwait(false), removed);

        if (file.RowCount <= SmallRows)
        {
            Part(parts, ValueOf(file)).AddRange(left);
        }
        else if (left.Count > 0)
        {
            await WriteAsync(ValueOf(file), [.. left], written, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A partition that gets rows anyhow takes in its smallest file, if that is small: the number of files grows with the rows, not with the merges.</summary>
    private async Task JoinSmallAsync(
        SortedDictionary<string, (string? Value, List<KeyedRow<T>> Rows)> parts, Written written, CancellationToken cancellationToken)
    {
        var smallest = new Dictionary<string, DataFile>(StringComparer.Ordinal);
        foreach (var (_, file) in state.Files)
        {
            var name = ValueOf(file) ?? LogPath.NullPartition;
            if (file.RowCount <= SmallRows && parts.ContainsKey(name) && (!smallest.TryGetValue(name, out var best) || IsBefore(file, best)) && !written.Replaced.Contains(file))
            {
                smallest[name] = file;
            }
        }

        foreach (var (name, file) in smallest)
        {
            var rows = parts[name].Rows;
            if (rows.Count + file.RowCount <= SmallRows)
            {
                rows.AddRange(await files.ReadAsync(state, file, cancellationToken).ConfigureAwait(false));
                written.Replaced.Add(file);
            }
        }
    }

    private static bool IsBefore(DataFile a, DataFile b) =>
        a.RowCount != b.RowCount ? a.RowCount < b.RowCount : string.CompareOrdinal(a.Path, b.Path) < 0;

    /// <summary>A large file loses all rows of the keys concerned; those of them that stay are written anew.</summary>
    private async Task RewriteLargeAsync(DataFile file, List<LocatedRow<T>> removed, List<KeyedRow<T>> added, Written written, CancellationToken cancellationToken)
    {
        var keys = removed.Select(static r => r.Row.Key).Distinct(StringComparer.Ordinal).ToList();
        added.AddRange(Without(await files.SearchAsync(state, file, [.. keys], cancellationToken).ConfigureAwait(false), removed));
        using var lease = table.Owner.DuckDb.Rent();
        using var scan = await TableScan.OpenAsync(table, lease.Connection, state, [file], "keyed", cancellationToken).ConfigureAwait(false);
        var output = new FileOutput
        {
            Rows = $"SELECT * FROM ({scan.Sql()}) WHERE NOT ({files.KeyIn(keys)})",
            Partition = file.PartitionValues,
            FileBytes = 2 * table.Owner.Options.TargetFileBytes,
        };
        foreach (var add in await output.WriteAsync(table, lease.Connection, _out, cancellationToken).ConfigureAwait(false))
        {
            written.Actions.Add(add);
            written.RowsAdded += new DataFile(add).RowCount ?? 0;
        }
    }

    /// <summary>The rows but for those removed, each of which stands for one row: the same version, valid as long.</summary>
    private List<KeyedRow<T>> Without(KeyedRow<T>[] rows, List<LocatedRow<T>> removed)
    {
        var gone = removed.GroupBy(static r => r.Row.Key, StringComparer.Ordinal)
            .ToDictionary(static g => g.Key, static g => g.Select(static r => r.Row).ToList(), StringComparer.Ordinal);
        var left = new List<KeyedRow<T>>(rows.Length);
        foreach (var row in rows)
        {
            if (!gone.TryGetValue(row.Key, out var ofKey)
                || ofKey.FindIndex(r => r.ValidTo == row.ValidTo && layout.Order.Compare(r.Row, row.Row) == 0) is not (>= 0 and var at))
            {
                left.Add(row);
            }
            else
            {
                ofKey.RemoveAt(at);
            }
        }

        return left;
    }

    private async Task WriteAsync(string? partition, KeyedRow<T>[] rows, Written written, CancellationToken cancellationToken)
    {
        if (rows.Length == 0)
        {
            return;
        }

        // In the keys' order: it compresses better, and a reader that looks for a key skips more.
        Array.Sort(rows, (a, b) => string.CompareOrdinal(a.Key, b.Key) is var by and not 0 ? by : layout.Order.Compare(a.Row, b.Row));
        var adds = rows.Length <= SmallParquet.MostRows && !_constrained
            ? [await WriteSmallAsync(partition, rows, cancellationToken).ConfigureAwait(false)]
            : await WriteLargeAsync(partition, rows, cancellationToken).ConfigureAwait(false);
        written.Actions.AddRange(adds);
        written.RowsAdded += rows.Length;
        if (adds is [var only])
        {
            written.Known.Add((only, rows));
        }
    }

    private Task<AddFile> WriteSmallAsync(string? partition, KeyedRow<T>[] rows, CancellationToken cancellationToken)
    {
        var columns = _out.FileColumns(_schema.Columns.Select(static c => c.Name));
        return table.Writer.WriteSmallAsync(_out, PartitionValues(partition), columns, rows.Length, (column, row) => Value(rows[row], column), cancellationToken);
    }

    private async Task<List<AddFile>> WriteLargeAsync(string? partition, KeyedRow<T>[] rows, CancellationToken cancellationToken)
    {
        using var lease = table.Owner.DuckDb.Rent();
        var connection = lease.Connection;
        try
        {
            await DuckDbWork.RunAsync(connection, () => Load(connection, rows), cancellationToken).ConfigureAwait(false);
            var output = new FileOutput
            {
                Rows = $"SELECT *{Others(partition)} FROM temp.main.{Loaded}",
                Columns = [.. _schema.Columns.Select(static c => c.Name)],
                Guard = TableConstraints.Of(table.Name, state, connection).Guard(),
                Partition = PartitionValues(partition),
                FileBytes = 2 * table.Owner.Options.TargetFileBytes,
            };
            return await output.WriteAsync(table, connection, _out, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            connection.Execute($"DROP TABLE IF EXISTS temp.main.{Loaded}");
        }
    }

    /// <summary>The table's columns that rows lack, for its constraints: the partition's, and what others added.</summary>
    private string Others(string? partition) => string.Concat(state.Fields.Fields.Where(f => _schema.Find(f.Name) is null).Select(f =>
        $", CAST({(f.Name == layout.Partition?.Name && partition is not null ? SqlNames.Text(partition) : "NULL")} AS {SqlNames.Type(f.Type.Logical)}) AS {SqlNames.Quote(f.Name)}"));

    private IReadOnlyDictionary<string, string?> PartitionValues(string? value) => layout.Partition is null
        ? EmptyMap.NullableStrings
        : new Dictionary<string, string?>(StringComparer.Ordinal) { [_out.PartitionNames[0]] = value };

    private object? Value(KeyedRow<T> row, int column)
    {
        var own = layout.Getters.Length;
        return column < own ? layout.Getters[column](row.Row) : column == own ? layout.ValidFromOf(row.Row) : row.ValidTo;
    }

    private void Load(DuckDbConnection connection, KeyedRow<T>[] rows)
    {
        var columns = string.Join(", ", _schema.Columns.Select(static c => $"{SqlNames.Quote(c.Name)} {SqlNames.Type(c.Type)}"));
        connection.Execute($"CREATE OR REPLACE TEMP TABLE {Loaded} ({columns})");
        using var appender = connection.Append(Loaded, "main", "temp");
        layout.Mapping.Append(appender, Array.ConvertAll(rows, static r => r.Row), isHistory ? (a, start, count) => SetInterval(a, rows.AsSpan(start, count)) : null);
        appender.Flush();
    }

    private void SetInterval(DuckDbAppender appender, ReadOnlySpan<KeyedRow<T>> rows)
    {
        var from = appender.Column(layout.Mapping.Schema.Columns.Count);
        var to = appender.Column(layout.Mapping.Schema.Columns.Count + 1);
        for (var i = 0; i < rows.Length; i++)
        {
            Set(from, i, layout.ValidFromOf(rows[i].Row));
            Set(to, i, rows[i].ValidTo);
        }
    }

    private static void Set(in DuckDbVector vector, int row, DateTimeOffset? instant)
    {
        if (instant is { } value)
        {
            vector.Values<long>()[row] = DuckDbTimes.ToMicroseconds(value);
        }
        else
        {
            vector.SetNull(row);
        }
    }
}
