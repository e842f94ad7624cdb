using System.Collections.Concurrent;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// SQL over the tables of a lake, in DuckDB's dialect. A query is one statement that reads; its tables are named <c>layer.table</c>, and all of it sees one
/// version of each. It reaches no file but those of the lake, no setting and no network. Safe for use from several threads.
/// </summary>
public sealed partial class SqlEngine
{
    private const int MostRunning = 16;
    private const int MostIdle = 4;
    private const int MostInspections = 512;

    private readonly Lake _lake;
    private readonly LakeDuckDb _duckDb;
    private readonly RelationResolver _resolver;
    private readonly ConcurrentBag<SqlSession> _idle = [];
    private readonly ConcurrentDictionary<string, SqlInspection> _inspections = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _places = new(MostRunning);
    private int _sessions;
    private volatile bool _disposed;

    internal SqlEngine(Lake lake, LakeDuckDb duckDb)
    {
        _lake = lake;
        _duckDb = duckDb;
        _resolver = new RelationResolver(lake);
        _duckDb.Closing += Close;
    }

    /// <summary>Starts a query; its first rows are computed when this returns, the others as they are read.</summary>
    /// <param name="sql">One statement: SELECT, WITH, FROM, VALUES, DESCRIBE, SUMMARIZE or EXPLAIN.</param>
    /// <param name="options">Which version, which parameters, which limits; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the query, also while its rows are read.</param>
    /// <returns>The result, to be disposed; at most 16 queries run at once, and a further one waits for a result to be disposed.</returns>
    /// <exception cref="TarnException">
    /// The statement is not valid, does more than read, or names a table that is not there (with near names); a parameter has no value; the time
    /// limit is over; memory or files are missing.
    /// </exception>
    public async Task<QueryResult> QueryAsync(string sql, QueryOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new QueryOptions();
        Check(options);
        return await RunAsync(sql, options, options.TimeLimit, cancellationToken, static async (run, inspection, options, reads) =>
        {
            await run.StartAsync(inspection.Sql, options.Parameters).ConfigureAwait(false);
            return new QueryResult(run, reads, options.MaxRows ?? long.MaxValue);
        }).ConfigureAwait(false);
    }

    /// <summary>Takes a session back, or lets it go where it is broken or not needed.</summary>
    internal async ValueTask ReturnAsync(SqlSession session, bool broken)
    {
        if (broken || _disposed || _idle.Count >= MostIdle)
        {
            await Task.Run(session.Dispose).ConfigureAwait(false);
        }
        else
        {
            _idle.Add(session);
        }

        if (broken)
        {
            _duckDb.Restart();
        }

        _places.Release();
    }

    private static void Check(QueryOptions options)
    {
        if (options.MaxRows < 0)
        {
            throw TarnException.InvalidInput("MaxRows is at least 0.", options.MaxRows.ToString());
        }

        if (options.TimeLimit is { } limit && (limit <= TimeSpan.Zero || limit > TimeSpan.FromDays(24)))
        {
            throw TarnException.InvalidInput("TimeLimit is more than zero and at most 24 days.", limit.ToString());
        }
    }

    private SqlSession Rent() => _idle.TryTake(out var session) ? session : new SqlSession(_duckDb.Connect(), Interlocked.Increment(ref _sessions));

    private void Close()
    {
        _disposed = true;
        while (_idle.TryTake(out var session))
        {
            session.Dispose();
        }
    }

    private async ValueTask<SqlInspection> InspectAsync(SqlSession session, string sql, CancellationToken cancellationToken)
    {
        if (_inspections.TryGetValue(sql, out var known))
        {
            return known;
        }

        var rewritten = SqlRewriter.Rewrite(sql);
        SqlInspection inspection;
        try
        {
            var readsFiles = _lake.Options.ReadableFolders.Count > 0;
            inspection = await Task.Run(() => SqlInspection.Of(session.Connection, rewritten, readsFiles), cancellationToken).ConfigureAwait(false);
        }
        catch (DuckDbException error)
        {
            throw QueryErrors.From(error, rewritten);
        }

        if (_inspections.Count >= MostInspections)
        {
            _inspections.Clear();
        }

        _inspections[sql] = inspection;
        return inspection;
    }
}
