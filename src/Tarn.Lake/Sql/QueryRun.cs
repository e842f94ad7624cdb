using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>A running query: its session, its statement, what stops it. DuckDB's calls block, so each runs on the thread pool.</summary>
internal sealed class QueryRun : IAsyncDisposable
{
    private readonly SqlEngine _engine;
    private readonly SqlSession _session;
    private readonly TimeSpan? _limit;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource? _expiry;
    private readonly CancellationTokenSource _stop;
    private RewrittenSql? _sql;
    private DuckDbStatement? _statement;
    private DuckDbResult? _result;
    private DuckDbChunk? _first;
    private bool _ended;
    private bool _broken;
    private bool _disposed;
    private readonly List<RelationView> _views = [];

    internal QueryRun(SqlEngine engine, SqlSession session, TimeSpan? limit, TimeProvider time, CancellationToken caller)
    {
        _engine = engine;
        _session = session;
        _limit = limit;
        _caller = caller;
        _expiry = limit is { } span ? new CancellationTokenSource(span, time) : null;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(caller, _expiry?.Token ?? CancellationToken.None);
    }

    /// <summary>Keeps what a relation shows until the run is disposed.</summary>
    internal RelationView Keep(RelationView view)
    {
        _views.Add(view);
        return view;
    }

    /// <summary>Works with the session, before the query starts.</summary>
    internal Task<T> UseAsync<T>(Func<SqlSession, T> work) => RunAsync(() => work(_session), CancellationToken.None);

    /// <summary>Runs work of one's own on the session's connection, on the thread pool; it is interrupted as a query is.</summary>
    internal Task<T> WorkAsync<T>(Func<DuckDbConnection, T> work) => UseAsync(session => work(session.Connection));

    /// <summary>The connection on which it runs.</summary>
    internal DuckDbConnection Connection => _session.Connection;

    internal IReadOnlyList<DuckDbColumn> Columns => _result!.Columns;

    /// <summary>Prepares, binds, and computes the first rows.</summary>
    internal Task StartAsync(RewrittenSql sql, IReadOnlyDictionary<string, object?> parameters) => RunAsync(
        () =>
        {
            _sql = sql;
            _statement = _session.Connection.Prepare(sql.Text);
            if (_statement.Type is not (DuckDbStatementType.Select or DuckDbStatementType.Explain))
            {
                throw QueryErrors.NotReading(sql.Original);
            }

            QueryParameters.Bind(_statement, parameters, sql.UsedParameters);
            _result = _statement.Stream();
            _first = _result.Fetch();
            _ended = _first is null;
            return true;
        },
        CancellationToken.None);

    /// <summary>Reads the next chunk; null after the last.</summary>
    internal async ValueTask<T?> FetchAsync<T>(Func<DuckDbChunk, T> read, CancellationToken cancellationToken)
        where T : class
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_ended)
        {
            return null;
        }

        return await RunAsync(
            () =>
            {
                using var chunk = Interlocked.Exchange(ref _first, null) ?? _result!.Fetch();
                _ended = chunk is null;
                return chunk is null ? null : read(chunk);
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _first?.Dispose();
        _result?.Dispose();
        _statement?.Dispose();
        foreach (var view in _views)
        {
            view.Dispose();
        }

        await _engine.ReturnAsync(_session, _broken).ConfigureAwait(false);
        _stop.Dispose();
        _expiry?.Dispose();
    }

    private async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        using var stop = cancellationToken.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, cancellationToken) : null;
        var token = stop?.Token ?? _stop.Token;
        try
        {
            return await Task.Run(() => Interruptible.Run(_session.Connection, work, token), CancellationToken.None).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw Stopped(cancellationToken);
        }
        catch (DuckDbException error) when (error.IsInterrupt && token.IsCancellationRequested)
        {
            throw Stopped(cancellationToken);
        }
        catch (DuckDbException error)
        {
            _broken = error.Type is DuckDbErrorType.Fatal or DuckDbErrorType.Internal;
            throw QueryErrors.From(error, _sql);
        }
    }

    private Exception Stopped(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? new OperationCanceledException(cancellationToken)
        : _caller.IsCancellationRequested ? new OperationCanceledException(_caller)
        : new TarnException(
            ErrorKind.Unavailable,
            "The query took longer than its time limit.",
            _limit?.ToString("c", System.Globalization.CultureInfo.InvariantCulture),
            "Ask for less (fewer rows or columns, a narrower range of time), or raise the limit.");
}
