using System.Globalization;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>MERGE: the source becomes a temporary table; one pass over the table's columns that the conditions need finds who matches, a second writes what follows from it.</summary>
internal sealed class TableMerge
{
    private const string Source = "temp.main.merge_source";
    private const string Matches = "temp.main.merge_matches";

    private readonly LakeTable _table;
    private readonly DuckDbConnection _connection;
    private readonly string _on;
    private readonly MergeClauses _clauses;
    private readonly WriteOptions _options;
    private IReadOnlyList<DuckDbColumn> _columns = [];
    private long _sourceRows;

    private TableMerge(LakeTable table, DuckDbConnection connection, string on, MergeClauses clauses, WriteOptions options)
    {
        _table = table;
        _connection = connection;
        _on = on;
        _clauses = clauses;
        _options = options;
    }

    public static async Task<ChangeResult> RunAsync(
        LakeTable table, RowSource source, string on, MergeClauses clauses, WriteOptions options, CancellationToken cancellationToken)
    {
        if (await table.Log.LatestAsync(cancellationToken).ConfigureAwait(false) is { } there && table.Log.IsApplied(there, options.Stored))
        {
            return TableChange.Applied(there);
        }

        await using var rows = await source.OpenAsync(table.Owner, cancellationToken).ConfigureAwait(false);
        var connection = rows.Connection;
        var merge = new TableMerge(table, connection, on, clauses, options);
        try
        {
            await DuckDbWork.RunAsync(connection, () => merge.TakeSource(rows), cancellationToken).ConfigureAwait(false);
            return await TableChange.RunAsync(table, options, state => merge.PlanAsync(state, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            connection.Execute($"DROP TABLE IF EXISTS {Source}; DROP TABLE IF EXISTS {Matches}");
        }
    }

    private void TakeSource(OpenRows rows)
    {
        _columns = rows.Columns();

        // What is inserted by which clause is settled once for each attempt: conditions need not give the same answer twice.
        DuckDbWork.Execute(_connection, $"CREATE OR REPLACE TEMP TABLE merge_source AS SELECT *, CAST(NULL AS INTEGER) AS __merge_clause FROM ({rows.Sql}\n)", rows.Parameters);
        _sourceRows = (long)_connection.Scalar($"SELECT count(*) FROM {Source}")!;
    }

    private async Task<TableChangePlan> PlanAsync(LogState state, CancellationToken cancellationToken)
    {
        TableProtocol.RequireMayAdd(_table.Name, state);
        var change = new SchemaChange(_table, state);
        if (_options.MergeSchema)
        {
            SchemaMerge.Run(change, _columns);
        }

        var evolution = change.Actions();
        state = change.Apply(evolution);
        var layout = new WriteLayout(state);
        var all = _clauses.NotMatchedBySource.Count > 0;
        var on = await DuckDbWork.RunAsync(_connection, () => SqlExpression.Check(_connection, _on, "A merge's condition"), cancellationToken).ConfigureAwait(false);
        var candidates = await FileCandidates.OfJoinAsync(_table, state, _connection, all ? null : on, Source, _options.Parameters, cancellationToken).ConfigureAwait(false);
        RowChangeResult result;
        long inserted;
        using (var scan = await TableScan.OpenAsync(_table, _connection, state, candidates.Files, "found", cancellationToken).ConfigureAwait(false))
        {
            var target = $"({scan.Sql(positions: true)}) target";
            var actions = await DuckDbWork.RunAsync(_connection, () => Actions(state, target), cancellationToken).ConfigureAwait(false);
            await DuckDbWork.RunAsync(_connection, () => Match(state, scan, on), cancellationToken).ConfigureAwait(false);
            var inserts = await DuckDbWork.RunAsync(_connection, () => Inserts(state), cancellationToken).ConfigureAwait(false);
            inserted = inserts.Sum(static i => i.Rows);
            using var rows = new RowChange(_table, _connection, layout, _options.Parameters, actions) { Inserts = [.. inserts.Select(static i => i.Select)] };
            await rows.FillAsync(Changes(state, target), cancellationToken).ConfigureAwait(false);
            result = await rows.WriteAsync(candidates.Files, cancellationToken).ConfigureAwait(false);
        }

        result.Reads = candidates.Reads;
        result.Actions.InsertRange(0, evolution);
        return new TableChangePlan("MERGE", result, inserted)
        {
            Parameters = new Dictionary<string, string> { ["predicate"] = System.Text.Json.JsonSerializer.Serialize(new[] { _on }) },
            Metrics = Metrics.Of(
                ("numSourceRows", _sourceRows), ("numTargetRowsInserted", inserted), ("numTargetRowsUpdated", result.Updated), ("numTargetRowsDeleted", result.Deleted),
                ("numTargetRowsCopied", result.Copied), ("numOutputRows", result.RowsWritten), ("numTargetFilesAdded", result.FilesAdded),
                ("numTargetFilesRemoved", result.FilesRemoved), ("numTargetDeletionVectorsAdded", result.DeletionVectors)),
        };
    }

    /// <summary>The actions by their numbers: those of the clauses for matched rows, then those for rows that no row of the source matches.</summary>
    private List<RowAction> Actions(LogState state, string target)
    {
        var both = $"{target}, {Source} source";
        var actions = new List<RowAction>();
        foreach (var (clause, from) in _clauses.Matched.Select(c => (c, both)).Concat(_clauses.NotMatchedBySource.Select(c => (c, target))))
        {
            actions.Add(clause.Kind == MergeKind.Delete ? RowAction.Delete : new RowAction(clause.Values is { } values
                ? SetValues.Of(_table.Name, state, _connection, values, from, _options.Parameters)
                : SourceValues(state).ToDictionary(static v => v.Name, static v => v.Value, StringComparer.Ordinal))
            { IsOverSource = clause.Values is null });
        }

        return actions;
    }

    private IEnumerable<(string Name, string Value)> SourceValues(LogState state) => _columns.Select(column =>
    {
        var field = state.Fields.Find(column.Name) ?? throw TarnException.InvalidInput(
            $"The source has a column that table {_table.Name} lacks.", column.Name, "Leave it out, or let the write add it by WriteOptions.MergeSchema.");
        return (field.Name, ColumnMatch.Value(_table.Name, field, _columns, "source"));
    });

    /// <summary>Finds who matches, and refuses where several rows of the source would change one row.</summary>
    private void Match(LogState state, TableScan scan, string on)
    {
        DuckDbWork.Execute(
            _connection,
            $"CREATE OR REPLACE TEMP TABLE merge_matches AS SELECT target.{TableView.FileColumn} AS file, target.{TableView.RowColumn} AS row, source.rowid AS source_row, {Choice(_clauses.Matched, 0)} AS action{RowChange.TimeOf(state, static f => $"target.{SqlNames.Quote(f.Name)}")} FROM ({scan.SqlOfAll()}) target INNER JOIN {Source} source ON {on}{scan.WhereLive("target")}",
            _options.Parameters);
        if (_clauses.Matched is [{ Kind: MergeKind.Delete, Condition: null }])
        {
            return;
        }

        using var result = _connection.Query($"SELECT file, row FROM {Matches} WHERE action IS NOT NULL GROUP BY file, row HAVING count(*) > 1 LIMIT 1");
        using var chunk = result.Fetch();
        if (chunk is not null)
        {
            throw Ambiguous(chunk.Column(0).Values<long>()[0], chunk.Column(1).Values<long>()[0]);
        }
    }

    private TarnException Ambiguous(long file, long row)
    {
        var keys = _columns.Where(c => _on.Contains(c.Name, StringComparison.OrdinalIgnoreCase)).Select(static c => $"source.{SqlNames.Quote(c.Name)}").ToList();
        var shown = string.Join(", ", (keys.Count > 0 ? keys : [.. _columns.Take(4).Select(static c => $"source.{SqlNames.Quote(c.Name)}")]).Select(static k => $"{k[(k.IndexOf('.', StringComparison.Ordinal) + 1)..]} := {k}"));
        using var result = _connection.Query(string.Create(
            CultureInfo.InvariantCulture, $"SELECT CAST(to_json(struct_pack({shown})) AS VARCHAR) FROM {Source} source WHERE rowid IN (SELECT source_row FROM {Matches} WHERE file = {file} AND row = {row}) LIMIT 2"));
        using var chunk = result.Fetch()!;
        var rows = string.Join(" and ", Enumerable.Range(0, chunk.Count).Select(i => chunk.Column(0).GetString(i)));
        return TarnException.InvalidInput(
            $"One row of the source at most changes a row of table {_table.Name}; here several match the same one.", rows, "Keep one row a key in the source.");
    }

    /// <summary>The number of the clause that acts on a row; null where none does.</summary>
    private string Choice(List<MergeClause> clauses, int first)
    {
        if (clauses.Count == 0)
        {
            return "CAST(NULL AS INTEGER)";
        }

        var cases = clauses.Select((c, i) => string.Create(
            CultureInfo.InvariantCulture, $"WHEN {(c.Condition is { } condition ? SqlExpression.Check(_connection, condition, "A clause's condition") : "true")} THEN {first + i}"));
        return $"CAST(CASE {string.Join(' ', cases)} END AS INTEGER)";
    }

    private List<(string Select, long Rows)> Inserts(LogState state)
    {
        var inserts = new List<(string, long)>();
        if (_clauses.NotMatched.Count == 0)
        {
            return inserts;
        }

        DuckDbWork.Execute(
            _connection,
            $"UPDATE {Source} AS source SET __merge_clause = CASE WHEN rowid NOT IN (SELECT source_row FROM {Matches}) THEN {Choice(_clauses.NotMatched, 0)} END",
            _options.Parameters);
        for (var i = 0; i < _clauses.NotMatched.Count; i++)
        {
            var values = _clauses.NotMatched[i].Values is { } given
                ? SetValues.Of(_table.Name, state, _connection, given, $"{Source} source", _options.Parameters)
                : SourceValues(state).ToDictionary(static v => v.Name, static v => v.Value, StringComparer.Ordinal);
            var columns = state.Fields.Fields.Select(f => $"{values.GetValueOrDefault(f.Name) ?? $"CAST(NULL AS {SqlNames.Type(f.Type.Logical)})"} AS {SqlNames.Quote(f.Name)}");
            var from = string.Create(CultureInfo.InvariantCulture, $"FROM {Source} source WHERE source.__merge_clause = {i}");
            if ((long)_connection.Scalar($"SELECT count(*) {from}")! is > 0 and var rows)
            {
                inserts.Add(($"SELECT {string.Join(", ", columns)} {from}", rows));
            }
        }

        return inserts;
    }

    /// <summary>The rows that change, each with the row of the source that it follows from.</summary>
    private string Changes(LogState state, string target)
    {
        var source = string.Concat(_columns.Select(static c => $", source.{SqlNames.Quote(c.Name)}"));
        var distinct = _clauses.Matched is [{ Kind: MergeKind.Delete, Condition: null }] ? $" QUALIFY row_number() OVER (PARTITION BY matched.file, matched.row) = 1" : "";
        var (old, time) = (RowChange.TimeOf(state, static f => $"target.{SqlNames.Quote(f.Name)}"), RowChange.TimeOf(state, static _ => $"matched.{RowChange.Time}"));
        var matched = $"SELECT matched.file AS {RowChange.File}, matched.row AS {RowChange.Row}, matched.action AS {RowChange.Action}{time}{source} FROM {Matches} matched INNER JOIN {Source} source ON source.rowid = matched.source_row WHERE matched.action IS NOT NULL{distinct}";
        if (_clauses.NotMatchedBySource.Count == 0)
        {
            return matched;
        }

        var none = string.Concat(_columns.Select(static c => $", NULL AS {SqlNames.Quote(c.Name)}"));
        var rest = $"SELECT target.{TableView.FileColumn} AS {RowChange.File}, target.{TableView.RowColumn} AS {RowChange.Row}, {Choice(_clauses.NotMatchedBySource, _clauses.Matched.Count)} AS {RowChange.Action}{old}{none} FROM {target} ANTI JOIN (SELECT DISTINCT file, row FROM {Matches}) matched ON matched.file = target.{TableView.FileColumn} AND matched.row = target.{TableView.RowColumn}";
        return $"{matched} UNION ALL SELECT * FROM ({rest}) WHERE {RowChange.Action} IS NOT NULL";
    }
}
