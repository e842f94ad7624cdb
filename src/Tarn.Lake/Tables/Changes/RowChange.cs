using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// One attempt at changing rows of a table: which rows and what becomes of them are put into a temporary table by their positions, then the files that hold them are rewritten,
/// or get a deletion vector, or go. Dispose it to clear up on the connection.
/// </summary>
internal sealed class RowChange : IDisposable
{
    /// <summary>The table of the rows that change, and its columns: a row's file and place, what becomes of it (an action's number), its event time where the table names one, and columns of a source.</summary>
    public const string Table = "temp.main.changed_rows";
    public const string File = "__change_file";
    public const string Row = "__change_row";
    public const string Action = "__change_action";
    public const string Time = "__change_time";

    private const string Kept = "__kept";

    private readonly LakeTable _table;
    private readonly DuckDbConnection _connection;
    private readonly WriteLayout _layout;
    private readonly IReadOnlyDictionary<string, object?> _parameters;
    private readonly IReadOnlyList<RowAction> _actions;
    private readonly EventTime? _time;

    public RowChange(
        LakeTable table, DuckDbConnection connection, WriteLayout layout, IReadOnlyDictionary<string, object?> parameters, IReadOnlyList<RowAction> actions)
    {
        _table = table;
        _connection = connection;
        _layout = layout;
        _parameters = parameters;
        _actions = actions;
        _time = EventTime.Of(layout.State);
    }

    /// <summary>Rows that come beside: SELECTs of the table's columns under their own names.</summary>
    public IReadOnlyList<string> Inserts { get; init; } = [];

    private string Updates => string.Join(", ", Enumerable.Range(0, _actions.Count).Where(i => !_actions[i].IsDelete));

    /// <summary>The column of <see cref="Table"/> after the action's, with a comma before it: the event time of the row as it was; empty where the table names none.</summary>
    /// <param name="state">The version.</param>
    /// <param name="value">The event time in the rows that are selected from: its name in the version, or what it was selected as.</param>
    public static string TimeOf(LogState state, Func<DeltaField, string> value) => EventTime.Of(state) is { } time ? $", {value(time.Field)} AS {Time}" : "";

    /// <summary>Fills the table of the rows that change by a SELECT of its columns.</summary>
    public Task FillAsync(string select, CancellationToken cancellationToken) =>
        DuckDbWork.RunAsync(_connection, () => DuckDbWork.Execute(_connection, $"CREATE OR REPLACE TEMP TABLE changed_rows AS {select}", _parameters), cancellationToken);

    /// <summary>Writes what the change needs.</summary>
    /// <param name="candidates">The files by whose positions rows are told.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <returns>The actions of the commit, and counts.</returns>
    public async Task<RowChangeResult> WriteAsync(IReadOnlyList<DataFile> candidates, CancellationToken cancellationToken)
    {
        var counts = await DuckDbWork.RunAsync(_connection, CountByFile, cancellationToken).ConfigureAwait(false);
        var result = new RowChangeResult { Deleted = counts.Sum(static c => c.Deleted), Updated = counts.Sum(static c => c.Updated) };
        try
        {
            var touched = counts.Select(c => candidates[c.File]).ToList();
            var keepsVectors = DeletionVectors.AreOn(_layout.State);
            var (rewritten, marked) = (new HashSet<int>(), new List<int>());
            for (var i = 0; i < counts.Count; i++)
            {
                var gone = counts[i].Deleted + counts[i].Updated;
                result.Actions.Add(_table.Writer.Removal(touched[i], dataChange: true));
                if (gone == touched[i].RowCount)
                {
                    continue;
                }

                if (keepsVectors && DeletionVectors.Suits(touched[i], gone))
                {
                    marked.Add(i);
                }
                else
                {
                    rewritten.Add(i);
                    result.Copied += (touched[i].RowCount ?? gone) - gone;
                }
            }

            result.FilesRemoved = counts.Count - marked.Count;
            await DuckDbWork.RunAsync(_connection, () => Renumber(counts), cancellationToken).ConfigureAwait(false);
            using var scan = touched.Count == 0
                ? null
                : await TableScan.OpenAsync(_table, _connection, _layout.State, touched, "changed", cancellationToken).ConfigureAwait(false);
            await MarkAsync(scan, marked, result, cancellationToken).ConfigureAwait(false);
            await WriteRowsAsync(scan, rewritten, result, cancellationToken).ConfigureAwait(false);
            var needsFeed = counts.Count > 0 && (rewritten.Count + marked.Count > 0 || result.Updated > 0 || Inserts.Count > 0);
            if (needsFeed && ChangeData.IsOn(_layout.State))
            {
                result.Actions.AddRange(await WriteFeedAsync(scan!, cancellationToken).ConfigureAwait(false));
            }

            result.Touched = await TouchedAsync(scan, rewritten.Count > 0, result, cancellationToken).ConfigureAwait(false);
            return result;
        }
        catch
        {
            await _table.Writer.DiscardAsync(result.Actions).ConfigureAwait(false);
            throw;
        }
    }

    public void Dispose() => _connection.Execute($"DROP TABLE IF EXISTS {Table}");

    private List<(int File, long Deleted, long Updated)> CountByFile()
    {
        var counts = new List<(int, long, long)>();
        var updates = Updates.Length == 0 ? "0::BIGINT" : $"count(*) FILTER ({Action} IN ({Updates}))";
        using var result = _connection.Query($"SELECT {File}, count(*), {updates} FROM {Table} GROUP BY ALL ORDER BY 1");
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                for (var i = 0; i < chunk.Count; i++)
                {
                    var (all, updated) = (chunk.Column(1).Values<long>()[i], chunk.Column(2).Values<long>()[i]);
                    counts.Add(((int)chunk.Column(0).Values<long>()[i], all - updated, updated));
                }
            }
        }

        return counts;
    }

    /// <summary>Tells rows by the positions of the files that are touched, and of no others.</summary>
    private void Renumber(List<(int File, long Deleted, long Updated)> counts)
    {
        var moved = counts.Select(static (c, i) => (c.File, i)).Where(static p => p.File != p.i).ToList();
        if (moved.Count > 0)
        {
            _connection.Execute($"UPDATE {Table} SET {File} = map([{string.Join(", ", moved.Select(static m => m.File))}]::BIGINT[], [{string.Join(", ", moved.Select(static m => m.i))}]::BIGINT[])[{File}] WHERE {File} >= {moved[0].File}");
        }
    }

    private async Task MarkAsync(TableScan? scan, List<int> marked, RowChangeResult result, CancellationToken cancellationToken)
    {
        if (marked.Count == 0)
        {
            return;
        }

        var rows = await DuckDbWork.RunAsync(_connection, () => ReadRows(marked), cancellationToken).ConfigureAwait(false);
        foreach (var (file, set) in rows)
        {
            if (scan!.Deleted(file) is { } before)
            {
                set.UnionWith(before);
            }
        }

        var descriptors = await DeletionVectors.WriteAsync(_table, [.. rows.Select(static r => r.Rows)], cancellationToken).ConfigureAwait(false);
        result.Actions.AddRange(rows.Select((r, i) => DeletionVectors.Mark(scan!.Files[r.File], descriptors[i])));
        result.DeletionVectors = marked.Count;
    }

    private List<(int File, RowSet Rows)> ReadRows(List<int> files)
    {
        var sets = new List<(int, RowSet)>();
        using var statement = _connection.Prepare($"SELECT {File}, {Row} FROM {Table} WHERE {File} IN ({string.Join(", ", files)}) ORDER BY ALL");
        using var result = statement.Stream();
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                var file = chunk.Column(0).Values<long>();
                var row = chunk.Column(1).Values<long>();
                for (var i = 0; i < chunk.Count; i++)
                {
                    if (sets.Count == 0 || sets[^1].Item1 != file[i])
                    {
                        sets.Add(((int)file[i], new RowSet()));
                    }

                    sets[^1].Item2.Add(row[i]);
                }
            }
        }

        return sets;
    }

    private async Task WriteRowsAsync(TableScan? scan, HashSet<int> rewritten, RowChangeResult result, CancellationToken cancellationToken)
    {
        var parts = new List<string>();
        if (scan is not null && (rewritten.Count > 0 || result.Updated > 0))
        {
            parts.Add(Left(scan, rewritten, result.Updated > 0));
        }

        parts.AddRange(Inserts.Select(static i => $"SELECT *, false AS {Kept} FROM ({i})"));
        if (parts.Count == 0)
        {
            return;
        }

        var constraints = TableConstraints.Of(_table.Name, _layout.State, _connection);
        result.Touched = _time is null ? null : new TouchedSet(_time);
        var output = new FileOutput
        {
            Rows = string.Join(" UNION ALL ", parts),
            Parameters = _parameters,
            Touched = rewritten.Count > 0 ? null : result.Touched,
            Guard = constraints.Guard(unless: $"{WriteLayout.Row}.{Kept}"),
            FileBytes = _table.Owner.Options.TargetFileBytes,
        };
        var added = await output.WriteAsync(_table, _connection, _layout, cancellationToken).ConfigureAwait(false);
        result.FilesAdded = added.Count;
        result.BytesAdded = added.Sum(static f => f.Size);
        result.RowsWritten = added.Sum(static f => new DataFile(f).RowCount ?? 0);
        result.Actions.AddRange(added);
    }

    /// <summary>The event times of rows as they were, and as they came to be. Where files hold rows that stay, too, what comes is asked for once more; else it was seen when it was written.</summary>
    private async Task<TouchedSet?> TouchedAsync(TableScan? scan, bool holdsKept, RowChangeResult result, CancellationToken cancellationToken)
    {
        if (_time is null)
        {
            return null;
        }

        var touched = result.Touched ?? new TouchedSet(_time);
        var parts = new List<string> { $"SELECT {Time} FROM {Table}" };
        if (holdsKept)
        {
            var name = SqlNames.Quote(_time.Field.Name);
            var updates = _actions.Where(a => a.Set?.ContainsKey(_time.Field.Name) == true).ToList();
            if (updates.Count > 0 && result.Updated > 0)
            {
                var from = updates.TrueForAll(static a => a.IsOverSource) ? $"{Table} source" : $"({scan!.SqlOfAll()}) target INNER JOIN {Table} source ON {SamePlace}";
                var cases = string.Join(' ', _actions.Select((a, i) => a.Set?.GetValueOrDefault(_time.Field.Name) is { } value ? FormattableString.Invariant($"WHEN {i} THEN {value}") : ""));
                parts.Add($"SELECT CASE source.{Action} {cases} ELSE source.{Time} END FROM {from} WHERE source.{Action} IN ({Updates})");
            }

            parts.AddRange(Inserts.Select(i => $"SELECT {name} FROM ({i})"));
        }

        await DuckDbWork.RunAsync(_connection, () => TouchedRows.Add(touched, _connection, string.Join(" UNION ALL ", parts), _parameters), cancellationToken).ConfigureAwait(false);
        return touched;
    }

    /// <summary>What is left of the files to rewrite, and the rows of all files that have new values.</summary>
    private string Left(TableScan scan, HashSet<int> rewritten, bool updates)
    {
        if (!updates)
        {
            var whole = rewritten.Count == scan.Files.Count ? "" : $" WHERE target.{TableView.FileColumn} IN ({string.Join(", ", rewritten)})";
            return $"SELECT {string.Join(", ", _layout.State.Fields.Fields.Select(static f => $"target.{SqlNames.Quote(f.Name)}"))}, true AS {Kept} FROM ({scan.Sql(positions: true)}) target ANTI JOIN {Table} source ON {SamePlace}{whole}";
        }

        if (rewritten.Count == 0)
        {
            return $"SELECT {NewValues(ofUpdates: true)}, false AS {Kept} FROM ({scan.SqlOfAll()}) target INNER JOIN {Table} source ON {SamePlace} WHERE source.{Action} IN ({Updates})";
        }

        var stays = rewritten.Count == scan.Files.Count
            ? $"source.{Action} IS NULL"
            : $"(source.{Action} IS NULL AND target.{TableView.FileColumn} IN ({string.Join(", ", rewritten)}))";
        return $"SELECT {NewValues(ofUpdates: false)}, source.{Action} IS NULL AS {Kept} FROM ({scan.Sql(positions: true)}) target LEFT JOIN {Table} source ON {SamePlace} WHERE {stays} OR source.{Action} IN ({Updates})";
    }

    private static string SamePlace => $"source.{File} = target.{TableView.FileColumn} AND source.{Row} = target.{TableView.RowColumn}";

    /// <param name="ofUpdates">Whether only rows with new values are there: then columns that all of them set are not read.</param>
    private string NewValues(bool ofUpdates) => string.Join(", ", _layout.State.Fields.Fields.Select(field =>
    {
        var cases = new List<string>();
        for (var i = 0; i < _actions.Count; i++)
        {
            if (_actions[i].Set?.GetValueOrDefault(field.Name) is { } value)
            {
                cases.Add(FormattableString.Invariant($"WHEN {i} THEN {value}"));
            }
        }

        var old = $"target.{SqlNames.Quote(field.Name)}";
        var rest = ofUpdates && cases.Count == _actions.Count(static a => !a.IsDelete) ? "" : $" ELSE {old}";
        return $"{(cases.Count == 0 ? old : $"CASE source.{Action} {string.Join(' ', cases)}{rest} END")} AS {SqlNames.Quote(field.Name)}";
    }));

    private async Task<List<CdcFile>> WriteFeedAsync(TableScan scan, CancellationToken cancellationToken)
    {
        var from = $"FROM ({scan.SqlOfAll()}) target INNER JOIN {Table} source ON {SamePlace}";
        var old = string.Join(", ", _layout.State.Fields.Fields.Select(static f => $"target.{SqlNames.Quote(f.Name)}"));
        var before = Updates.Length == 0 ? "'delete'" : $"CASE WHEN source.{Action} IN ({Updates}) THEN 'update_preimage' ELSE 'delete' END";
        var parts = new List<string> { $"SELECT {old}, {before} AS {ChangeData.TypeColumn} {from}" };
        if (Updates.Length > 0)
        {
            parts.Add($"SELECT {NewValues(ofUpdates: true)}, 'update_postimage' AS {ChangeData.TypeColumn} {from} WHERE source.{Action} IN ({Updates})");
        }

        parts.AddRange(Inserts.Select(static i => $"SELECT *, 'insert' AS {ChangeData.TypeColumn} FROM ({i})"));
        var output = new FileOutput
        {
            Rows = string.Join(" UNION ALL ", parts),
            Parameters = _parameters,
            Also = ChangeData.TypeColumn,
            FileBytes = _table.Owner.Options.TargetFileBytes,
        };
        return await output.WriteChangesAsync(_table, _connection, _layout, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>What a change of rows wrote.</summary>
internal sealed class RowChangeResult
{
    /// <summary>The actions of the commit.</summary>
    public List<DeltaAction> Actions { get; } = [];

    /// <summary>In which files rows were looked for.</summary>
    public ReadSet Reads { get; set; } = ReadSet.Everything;

    /// <summary>The event times of the rows concerned; null where the table names none, or files tell them.</summary>
    public TouchedSet? Touched { get; set; }

    public long Deleted { get; init; }

    public long Updated { get; init; }

    /// <summary>Rows that stay and were written anew.</summary>
    public long Copied { get; set; }

    public long RowsWritten { get; set; }

    public long BytesAdded { get; set; }

    public int FilesAdded { get; set; }

    public int FilesRemoved { get; set; }

    public int DeletionVectors { get; set; }
}
