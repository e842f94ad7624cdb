using Tarn.Native;

namespace Tarn.Lake;

public sealed partial class SqlEngine
{
    /// <summary>Makes ready what a query reads, and hands out the connection on which it can be run, as part of another statement and several times.</summary>
    /// <exception cref="Core.TarnException">The statement is not valid, does more than read, or names a table that is not there.</exception>
    internal async Task<OpenQuery> OpenAsync(string sql, AsOf? asOf, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        QueryRun? run = null;
        try
        {
            var session = await Task.Run(Rent, CancellationToken.None).ConfigureAwait(false);
            run = new QueryRun(this, session, null, _lake.Time, cancellationToken);
            var inspection = await InspectAsync(session, sql, cancellationToken).ConfigureAwait(false);
            var relations = new QueryRelations();
            foreach (var name in inspection.Tables)
            {
                await AddAsync(relations, session, name.ToString(), asOf, [], cancellationToken).ConfigureAwait(false);
            }

            await run.OpenAsync(relations, _lake.Files, cancellationToken).ConfigureAwait(false);
            return new OpenQuery(run, sql);
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
    internal sealed class OpenQuery(QueryRun run, string sql) : IAsyncDisposable
    {
        public DuckDbConnection Connection => run.Connection;

        /// <summary>The query as it can be run there.</summary>
        public string Sql => sql;

        public ValueTask DisposeAsync() => run.DisposeAsync();
    }
}
