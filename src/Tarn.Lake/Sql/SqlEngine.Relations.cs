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
                await AddAsync(relations, session, name, null, [], cancellationToken).ConfigureAwait(false);
            }

            return relations;
        },
        cancellationToken);

    /// <summary>Runs work on a connection that shows tables and views as they were found. It may be interrupted between two statements, and in one.</summary>
    internal Task<T> WorkAsync<T>(QueryRelations relations, Func<DuckDbConnection, T> work, CancellationToken cancellationToken) => WithSessionAsync(
        async (_, run) =>
        {
            await run.OpenAsync(relations, _lake.Files, cancellationToken).ConfigureAwait(false);
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

    private async Task AddAsync(
        QueryRelations relations, SqlSession session, string name, AsOf? asOf, IReadOnlyList<string> within, CancellationToken cancellationToken)
    {
        if (relations.Has(name))
        {
            return;
        }

        if (await FindAsync(name, asOf, cancellationToken).ConfigureAwait(false) is { } table)
        {
            relations.Add(table);
            return;
        }

        if (await _lake.FindViewAsync(name, cancellationToken).ConfigureAwait(false) is not { } view)
        {
            var there = await _lake.ListTablesAsync(cancellationToken).ConfigureAwait(false);
            var views = await _lake.ListViewsAsync(cancellationToken).ConfigureAwait(false);
            throw NearNames.NotFound(name, [.. there, .. views]);
        }

        if (within.Contains(name) || within.Count == DeepestView)
        {
            throw TarnException.InvalidInput($"Views do not read themselves, and are at most {DeepestView} deep.", string.Join(" → ", within.Append(name)), "Drop or change one of them.");
        }

        foreach (var read in (await InspectAsync(session, view.Sql, cancellationToken).ConfigureAwait(false)).Tables)
        {
            await AddAsync(relations, session, read.ToString(), asOf, [.. within, name], cancellationToken).ConfigureAwait(false);
        }

        relations.Add(view);
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
