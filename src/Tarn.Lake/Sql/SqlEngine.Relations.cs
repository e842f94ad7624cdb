using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

public sealed partial class SqlEngine
{
    private const int DeepestView = 32;

    /// <summary>Finds tables and views as they are now, with all that the views read.</summary>
    /// <exception cref="TarnException">One is not there, or a view cannot be read.</exception>
    internal Task<QueryRelations> ResolveAsync(IEnumerable<string> names, CancellationToken cancellationToken) => WithSessionAsync(
        async (session, _) =>
        {
            var relations = new QueryRelations();
            foreach (var name in names)
            {
                await AddAsync(relations, session, QueriedRelation.All(TableName.Parse(name)), null, [], cancellationToken).ConfigureAwait(false);
            }

            return relations;
        },
        cancellationToken);

    /// <summary>Runs work on a connection that shows tables and views as they were found. It may be interrupted between two statements, and in one.</summary>
    internal Task<T> WorkAsync<T>(QueryRelations relations, Func<DuckDbConnection, T> work, CancellationToken cancellationToken) => WithSessionAsync(
        async (_, run) =>
        {
            await OpenAsync(relations, new QueryOptions(), run, cancellationToken).ConfigureAwait(false);
            return await run.WorkAsync(work).ConfigureAwait(false);
        },
        cancellationToken);

    private async Task<T> WithSessionAsync<T>(Func<SqlSession, QueryRun, Task<T>> body, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        SqlSession session;
        try
        {
            session = await Task.Run(Rent, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            _places.Release();
            throw;
        }

        var run = new QueryRun(this, session, null, _lake.Time, cancellationToken);
        await using (run.ConfigureAwait(false))
        {
            return await body(session, run).ConfigureAwait(false);
        }
    }

    /// <summary>Lets the run's session show what was found. Its files are kept until the run is disposed.</summary>
    /// <returns>The tables that are read.</returns>
    private async Task<IReadOnlyList<TableRead>> OpenAsync(QueryRelations relations, QueryOptions options, QueryRun run, CancellationToken cancellationToken)
    {
        var shown = new List<(QueriedRelation Relation, RelationView View)>();
        foreach (var table in relations.Tables)
        {
            var asked = relations.Asked(table.Table);
            var source = TableSource.Of(_lake.Table(table.Table));
            shown.Add((asked, run.Keep(await _resolver.ScanAsync(asked, source, table.State, options, run, cancellationToken).ConfigureAwait(false))));
        }

        foreach (var other in relations.Others)
        {
            shown.Add((other, run.Keep(await _resolver.ResolveAsync(other, options, run, cancellationToken).ConfigureAwait(false))));
        }

        return await run.UseAsync(session =>
        {
            foreach (var (relation, view) in shown)
            {
                session.Show(relation.Schema, relation.Name, view);
            }

            foreach (var view in relations.Views)
            {
                session.Show(view);
            }

            return shown.Select(static s => s.View.Read).OfType<TableRead>().ToList();
        }).ConfigureAwait(false);
    }

    private async Task AddAsync(
        QueryRelations relations, SqlSession session, SqlInspection inspection, AsOf? asOf, IReadOnlyList<string> within, CancellationToken cancellationToken)
    {
        foreach (var relation in inspection.Relations)
        {
            await AddAsync(relations, session, relation, asOf, within, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task AddAsync(
        QueryRelations relations, SqlSession session, QueriedRelation relation, AsOf? asOf, IReadOnlyList<string> within, CancellationToken cancellationToken)
    {
        if (relation.TableName is not { } name)
        {
            relations.Add(relation);
            return;
        }

        relations.Ask(name, relation);
        if (relations.Has(name))
        {
            return;
        }

        if (await FindAsync(name, asOf, cancellationToken).ConfigureAwait(false) is { } table)
        {
            relations.Add(table);
            return;
        }

        var view = await _lake.FindViewAsync(name, cancellationToken).ConfigureAwait(false) ?? throw await NotFoundAsync(name, cancellationToken).ConfigureAwait(false);
        if (within.Contains(name) || within.Count == DeepestView)
        {
            throw TarnException.InvalidInput($"Views do not read themselves, and are at most {DeepestView} deep.", string.Join(" → ", within.Append(name)), "Drop or change one of them.");
        }

        var inspection = await InspectAsync(session, view.Sql, cancellationToken).ConfigureAwait(false);
        if (inspection.Sql.Relations.Count > 0)
        {
            throw TarnException.InvalidInput("A view reads tables as they are: it names no versions, and calls no functions over tables.", name, "Query them beside the view.");
        }

        await AddAsync(relations, session, inspection, asOf, [.. within, name], cancellationToken).ConfigureAwait(false);
        relations.Add(view);
    }

    private async Task<TarnException> NotFoundAsync(string name, CancellationToken cancellationToken)
    {
        var there = await _lake.ListTablesAsync(cancellationToken).ConfigureAwait(false);
        var views = await _lake.ListViewsAsync(cancellationToken).ConfigureAwait(false);
        return NearNames.NotFound(name, [.. there, .. views]);
    }

    /// <summary>The table's snapshot; null where there is no such table at all.</summary>
    private async ValueTask<TableSnapshot?> FindAsync(string name, AsOf? asOf, CancellationToken cancellationToken)
    {
        var table = _lake.Table(name);
        try
        {
            return await table.SnapshotAsync(asOf, cancellationToken).ConfigureAwait(false);
        }
        catch (TarnException error) when (error.Kind == ErrorKind.NotFound)
        {
            if (await table.ExistsAsync(cancellationToken).ConfigureAwait(false))
            {
                throw;
            }

            return null;
        }
    }
}
