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
        SqlSession session;
        try
        {
            session = Rent();
        }
        catch
        {
            _places.Release();
            throw;
        }

        var open = new OpenQuery(this, session);
        try
        {
            var inspection = await InspectAsync(session, sql, cancellationToken).ConfigureAwait(false);
            foreach (var name in inspection.Tables)
            {
                var table = await FindAsync(name.ToString(), asOf, cancellationToken).ConfigureAwait(false);
                session.Show(table, open.Keep(await table.ScanAsync(_lake.Files, cancellationToken).ConfigureAwait(false)));
            }

            return open;
        }
        catch (DuckDbException error)
        {
            await open.DisposeAsync().ConfigureAwait(false);
            throw QueryErrors.From(error);
        }
        catch
        {
            await open.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A query made ready; dispose it to give its connection and its files back.</summary>
    internal sealed class OpenQuery(SqlEngine engine, SqlSession session) : IAsyncDisposable
    {
        private readonly List<SnapshotScan> _scans = [];

        public DuckDbConnection Connection => session.Connection;

        public SnapshotScan Keep(SnapshotScan scan)
        {
            _scans.Add(scan);
            return scan;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var scan in _scans)
            {
                scan.Dispose();
            }

            await engine.ReturnAsync(session, broken: false).ConfigureAwait(false);
        }
    }
}
