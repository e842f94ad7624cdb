using Tarn.Native;

namespace Tarn.Lake;

public sealed partial class SqlEngine
{
    /// <summary>Makes ready what a query reads, and hands out the connection on which it can be run, as part of another statement and several times.</summary>
    /// <exception cref="Core.TarnException">The statement is not valid, does more than read, or names a table that is not there.</exception>
    internal Task<OpenQuery> OpenAsync(string sql, QueryOptions options, CancellationToken cancellationToken) => RunAsync(
        sql, options, limit: null, cancellationToken, static (run, inspection, options, _) => Task.FromResult(new OpenQuery(run, inspection.Sql, options.Parameters)));

    /// <summary>Takes a place and a session, makes ready what a query reads, and goes on with it; gives both back where anything of that fails.</summary>
    private async Task<T> RunAsync<T>(
        string sql, QueryOptions options, TimeSpan? limit, CancellationToken cancellationToken, Func<QueryRun, SqlInspection, QueryOptions, IReadOnlyList<TableRead>, Task<T>> go)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        QueryRun? run = null;
        try
        {
            var session = await Task.Run(Rent, CancellationToken.None).ConfigureAwait(false);
            run = new QueryRun(this, session, limit, _lake.Time, cancellationToken);
            var inspection = await InspectAsync(session, sql, cancellationToken).ConfigureAwait(false);
            var relations = new QueryRelations();
            await AddAsync(relations, session, inspection, options.AsOf, [], cancellationToken).ConfigureAwait(false);
            var reads = await OpenAsync(relations, options, run, cancellationToken).ConfigureAwait(false);
            return await go(run, inspection, options, reads).ConfigureAwait(false);
        }
        catch (UnknownTable unknown) when (run is not null)
        {
            await run.DisposeAsync().ConfigureAwait(false);
            throw await NotFoundAsync(unknown.Name, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            if (run is null)
            {
                _places.Release();
            }
            else
            {
                await run.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    /// <summary>A query made ready; dispose it to give its connection and its files back.</summary>
    internal sealed class OpenQuery(QueryRun run, RewrittenSql sql, IReadOnlyDictionary<string, object?> parameters) : IAsyncDisposable
    {
        public DuckDbConnection Connection => run.Connection;

        /// <summary>The query as it can be run there.</summary>
        public string Sql => sql.Text;

        /// <summary>The parameters that it has there.</summary>
        public IReadOnlyDictionary<string, object?> Parameters { get; } = parameters.Where(p => !sql.UsedParameters.Contains(p.Key)).ToDictionary();

        public ValueTask DisposeAsync() => run.DisposeAsync();
    }
}
