using System.Globalization;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Finds what a query's relations stand for: versions of tables and their files, histories, changes.</summary>
internal sealed class RelationResolver(Lake lake)
{
    private const long VectorBytes = 64 << 20;

    private readonly TablesElsewhere _elsewhere = new(lake);
    private readonly DeletedRows _deleted = new(VectorBytes);

    /// <summary>Makes ready what a relation shows.</summary>
    /// <param name="queried">The relation.</param>
    /// <param name="options">The query's version and parameters.</param>
    /// <param name="run">The run that will show it.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="TarnException">There is no such table or version, or it cannot be read.</exception>
    /// <exception cref="UnknownTable">The name is one that no table can have.</exception>
    public async Task<RelationView> ResolveAsync(QueriedRelation queried, QueryOptions options, QueryRun run, CancellationToken cancellationToken)
    {
        switch (queried.Relation)
        {
            case TableRelation relation:
                var table = Find(relation.Table, options.Parameters);
                return await ScanAsync(queried, table, await StateAsync(table, relation.AsOf(options), cancellationToken).ConfigureAwait(false), options, run, cancellationToken).ConfigureAwait(false);
            case HistoryRelation history:
                var source = Find(history.Table, options.Parameters);
                var latest = await StateAsync(source, null, cancellationToken).ConfigureAwait(false);
                var versions = await TableHistory.ReadAsync(source.Log.Log, latest, int.MaxValue, cancellationToken).ConfigureAwait(false);
                return new RowsView(CatalogRows.History(versions));
            case ChangesRelation changes:
                return await new TableChanges(Find(changes.Table, options.Parameters), _deleted)
                    .ReadAsync(changes.From.VersionOrInstant(options.Parameters), changes.To?.VersionOrInstant(options.Parameters), cancellationToken).ConfigureAwait(false);
            case CatalogRelation catalog:
                return new RowsView(await CatalogAsync(catalog.Columns, cancellationToken).ConfigureAwait(false));
            default:
                throw new ArgumentOutOfRangeException(nameof(queried), queried.Relation.GetType().Name, "Not a relation.");
        }
    }

    /// <summary>Makes ready the files of a version that may hold the rows for which a query asks.</summary>
    public async Task<RelationView> ScanAsync(
        QueriedRelation queried, TableSource source, LogState state, QueryOptions options, QueryRun run, CancellationToken cancellationToken)
    {
        var chosen = await run.UseAsync(session => session.Choice.Choose(state, queried.Filters, options.Parameters)).ConfigureAwait(false);
        var all = state.OrderedFiles;
        var read = new TableRead(source.Name, state.Version, chosen?.Length ?? all.Length, all.Length);

        // Files that are here stay where they are: what is shown needs no preparation. Others have to be held while they are read.
        var key = source.Store.LocalRoot is null ? null : new ScanKey(state, source.Store.Location, source.Folder, chosen);
        if (await run.UseAsync(session => session.Shows(queried.Schema, queried.Name, key)).ConfigureAwait(false))
        {
            return new ScanView(key, null) { Read = read };
        }

        var files = chosen is null ? all : Array.ConvertAll(chosen, i => all[i]);
        var scan = await SnapshotScan.PrepareAsync(
            source.Files, source.Store, source.Folder, state, files, Columns(state, queried.Columns), cancellationToken, _deleted).ConfigureAwait(false);
        return new ScanView(key, scan) { Read = read };
    }

    /// <summary>The columns of files that a query can touch, by the names that it mentions.</summary>
    private static ColumnSet? Columns(LogState state, IReadOnlySet<string>? mentioned)
    {
        if (mentioned is null)
        {
            return null;
        }

        var fields = state.Fields.Fields.Where(f => mentioned.Contains(f.Name)).ToList();

        // A count of rows touches no column; a file without any cannot be read.
        fields = fields.Count > 0 ? fields : [.. state.Fields.Fields.Take(1)];
        return new ColumnSet(fields.Select(static f => f.PhysicalName), state.Mapping == ColumnMapping.Id ? fields.Select(static f => f.Id).OfType<int>() : null);
    }

    private TableSource Find(TableReference reference, IReadOnlyDictionary<string, object?> parameters) =>
        reference.NameIn(parameters) is { } name ? TableSource.Of(lake.Table(name.ToString())) : _elsewhere.Find(reference.Location!.Text("A table's place", parameters));

    private async ValueTask<LogState> StateAsync(TableSource source, AsOf? asOf, CancellationToken cancellationToken)
    {
        var state = asOf is { } then
            ? await source.Log.AtAsync(then, cancellationToken).ConfigureAwait(false)
            : await source.Log.LatestAsync(cancellationToken).ConfigureAwait(false);
        if (state is not null)
        {
            return state;
        }

        throw TableName.TryParse(source.Name, out _)
            ? NearNames.NotFound(source.Name, await lake.ListTablesAsync(cancellationToken).ConfigureAwait(false))
            : TablesElsewhere.NoTable(source.Name);
    }

    private async Task<string> CatalogAsync(bool columns, CancellationToken cancellationToken)
    {
        var names = await lake.ListTablesAsync(cancellationToken).ConfigureAwait(false);
        if (!columns)
        {
            return CatalogRows.Tables(names);
        }

        var tables = new List<(TableName, TableSchema)>(names.Count);
        foreach (var name in names)
        {
            if (await lake.Table(name.ToString()).Log.LatestAsync(cancellationToken).ConfigureAwait(false) is { } state)
            {
                tables.Add((name, state.Schema));
            }
        }

        return CatalogRows.Columns(tables);
    }
}
