using System.Collections.Frozen;
using System.Data.Common;
using System.Threading.Channels;
using Dapper;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// The endpoints, in the metadata store and, for those who look them up with every request, in memory. Every change is one transaction with its entry in the ledger; it can be seen here
/// when its task has ended, and in other processes that share the store as soon as they hear of it. Safe for use from several threads and processes.
/// </summary>
public sealed partial class EndpointBook : IAsyncDisposable
{
    /// <summary>The channel of the store's signals, with an endpoint's name, that it changed.</summary>
    internal const string Signal = "serving.endpoints";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly MetadataStore _store;
    private readonly TimeProvider _time;
    private readonly AlertOutbox? _alerts;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private readonly Channel<bool> _heard = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private volatile Snapshot _snapshot = new([]);
    private FrozenDictionary<string, string> _remedies = FrozenDictionary<string, string>.Empty;
    private IDisposable? _listening;
    private Task _following = Task.CompletedTask;

    /// <summary>A book over a store; <see cref="OpenAsync"/> comes before its first use.</summary>
    /// <param name="store">Where endpoints are kept.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it reports what it does.</param>
    /// <param name="alerts">Who is told of rollouts that go back or take too long; null: nobody.</param>
    public EndpointBook(MetadataStore store, TimeProvider time, ILoggerFactory loggers, AlertOutbox? alerts = null) =>
        (_store, _time, _alerts, _logger) = (store, time, alerts, loggers.CreateLogger<EndpointBook>());

    /// <summary>All endpoints, by name.</summary>
    public IReadOnlyList<Endpoint> Endpoints => _snapshot.All;

    /// <summary>
    /// Raised after an endpoint was made, changed or deleted, wherever, when it can be seen here; changes of one endpoint that follow each other quickly may come as one. Handlers return at
    /// once, and what they throw is logged. Raised on any thread.
    /// </summary>
    public event Action<EndpointChanged>? Changed;

    /// <summary>The endpoint of a name, or null. Takes no lock and allocates nothing.</summary>
    public Endpoint? Find(ReadOnlySpan<char> name) => _snapshot.Find(name);

    /// <summary>The endpoint of a name.</summary>
    /// <exception cref="TarnException">There is none.</exception>
    public Endpoint Get(string name) => Find(name) ?? throw TarnException.NotFound("There is no endpoint of that name.", ServingRules.Short(name), "See the list of endpoints.");

    /// <summary>What is to be done where nothing answers for an endpoint yet, as its declaration says; null where none says it.</summary>
    internal string? RemedyOf(string name) => _remedies.GetValueOrDefault(name);

    /// <summary>Makes the tables, or brings them to their newest form, makes the declared endpoints that there are not, and begins to follow changes. Endpoints that there are stay as they are.</summary>
    /// <param name="declared">Endpoints that the program declares; null for none.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="TarnException">A declaration breaks a rule, or the store cannot be used.</exception>
    public async Task OpenAsync(IReadOnlyList<EndpointDefinition>? declared = null, CancellationToken cancellation = default)
    {
        _remedies = (declared ?? []).Where(static d => d.Remedy is not null).ToFrozenDictionary(static d => d.Name, static d => d.Remedy!, StringComparer.Ordinal);
        var routes = (declared ?? []).Select(static d => (Definition: d, Route: d.Check())).ToList();
        await _store.MigrateAsync(EndpointTables.Component, EndpointTables.Scripts, cancellation);
        if (routes.Count > 0)
        {
            await WriteAsync(
                async (connection, transaction) =>
                {
                    foreach (var (definition, route) in routes)
                    {
                        if (await EndpointRow.FindAsync(connection, definition.Name, transaction) is null)
                        {
                            await InsertAsync(connection, transaction, definition, route, new RouteChange("program", "Declared by the program."));
                        }
                    }
                },
                cancellation);
        }

        _listening = _store.Listen(Signal, _ => Hear());
        _following = FollowAsync(_stop.Token);
        await RefreshAsync(cancellation);
    }

    /// <summary>Makes an endpoint.</summary>
    /// <exception cref="TarnException">The definition breaks rules, or the name is taken.</exception>
    public async Task<Endpoint> CreateAsync(EndpointDefinition definition, RouteChange change, CancellationToken cancellation = default)
    {
        var route = definition.Check();
        change.Check();
        await WriteAsync(
            async (connection, transaction) =>
            {
                if (await EndpointRow.FindAsync(connection, definition.Name, transaction) is not null)
                {
                    throw TarnException.Conflict("An endpoint of that name already exists.", definition.Name, "Choose another name, or change that one.");
                }

                await InsertAsync(connection, transaction, definition, route, change);
            },
            cancellation);
        return await SeenAsync(definition.Name, cancellation);
    }

    /// <summary>Sets how an endpoint's requests are split. Nothing happens, and the ledger is silent, where they are split so already.</summary>
    /// <param name="name">The endpoint's name.</param>
    /// <param name="route">The new route. Without a salt it keeps the one that there is: users keep their variants as far as the weights let them.</param>
    /// <param name="change">Who does it, why, and the revision that is expected.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="TarnException">There is no such endpoint, it is not at the expected revision, or a rollout goes on there.</exception>
    public async Task<Endpoint> SetRouteAsync(string name, Route route, RouteChange change, CancellationToken cancellation = default)
    {
        change.Check();
        await WriteAsync(
            async (connection, transaction) =>
            {
                var row = await EndpointRow.GetAsync(connection, name, transaction);
                change.CheckRevision(name, row.Revision);
                var before = RouteData.Read(row.Route);
                var after = route.Salt.Length == 0 ? route.WithSalt(before.Salt) : route;
                if (before.Equals(after))
                {
                    return;
                }

                await RefuseDuringRolloutAsync(connection, transaction, name);
                await ChangeAsync(connection, transaction, row, after, RouteChangeKind.RouteSet, change);
            },
            cancellation);
        return await SeenAsync(name, cancellation);
    }

    /// <summary>Deletes an endpoint. Its ledger stays.</summary>
    /// <exception cref="TarnException">There is no such endpoint, it is not at the expected revision, or a rollout goes on there.</exception>
    public async Task DeleteAsync(string name, RouteChange change, CancellationToken cancellation = default)
    {
        change.Check();
        await WriteAsync(
            async (connection, transaction) =>
            {
                var row = await EndpointRow.GetAsync(connection, name, transaction);
                change.CheckRevision(name, row.Revision);
                await RefuseDuringRolloutAsync(connection, transaction, name);
                await ChangeAsync(connection, transaction, row, null, RouteChangeKind.Deleted, change);
                await connection.ExecuteAsync("DELETE FROM endpoint WHERE name = @Name", row, transaction);
            },
            cancellation);
        await RefreshAsync(cancellation);
    }

    /// <summary>The ledger, newest first, also of endpoints that were deleted.</summary>
    /// <param name="endpoint">Only this one's entries; null for all.</param>
    /// <param name="before">Only entries of smaller numbers; null for all.</param>
    /// <param name="limit">The most; 1 to 1,000.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="TarnException">The limit is out of its range.</exception>
    public Task<IReadOnlyList<EndpointLedgerEntry>> ListLedgerAsync(string? endpoint = null, long? before = null, int limit = 100, CancellationToken cancellation = default)
    {
        CheckLimit(limit);
        return _store.ReadAsync<IReadOnlyList<EndpointLedgerEntry>>(
            async connection =>
            {
                var rows = await connection.QueryAsync<EndpointLedgerRow>(
                    $"SELECT {EndpointLedgerRow.Columns} FROM endpoint_ledger WHERE seq < @before{(endpoint is null ? "" : " AND endpoint = @endpoint")} ORDER BY seq DESC LIMIT @limit",
                    new { before = before ?? long.MaxValue, endpoint = StoredText.Clean(endpoint), limit });
                return [.. rows.Select(static r => r.Entry())];
            },
            cancellation);
    }

    /// <summary>Stops following changes.</summary>
    public async ValueTask DisposeAsync()
    {
        _listening?.Dispose();
        await _stop.CancelAsync();
        await _following;
    }

    private static void CheckLimit(int limit)
    {
        if (limit is < 1 or > 1000)
        {
            throw TarnException.InvalidInput("A page has 1 to 1,000 entries.", limit.ToString(System.Globalization.CultureInfo.InvariantCulture), "Ask for further pages.");
        }
    }

    private static async Task RefuseDuringRolloutAsync(DbConnection connection, DbTransaction transaction, string name)
    {
        if (await RolloutRow.FindActiveAsync(connection, name, transaction) is { } rollout)
        {
            throw TarnException.Conflict(
                $"The endpoint {name} has a rollout that goes on.", $"rollout {rollout.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)}", "Abort it first, or let it come to its end.");
        }
    }

    private Task WriteAsync(Func<DbConnection, DbTransaction, Task> write, CancellationToken cancellation) => _store.WriteAsync(
        async (connection, transaction) =>
        {
            await write(connection, transaction);
            return 0;
        },
        cancellation: cancellation);

    private async Task InsertAsync(DbConnection connection, DbTransaction transaction, EndpointDefinition definition, Route route, RouteChange change)
    {
        var row = new EndpointRow { Name = definition.Name, Model = definition.Model };
        var (revision, at) = await AddEntryAsync(connection, transaction, row, RouteChangeKind.Created, null, RouteData.Write(route), change);
        await connection.ExecuteAsync(
            "INSERT INTO endpoint(name, model, route, revision, created_at, changed_at) VALUES (@Name, @Model, @route, @revision, @at, @at)",
            new { row.Name, row.Model, route = RouteData.Write(route), revision, at },
            transaction);
    }

    /// <summary>Gives an endpoint another route, or notes what happened to it; in both cases it has another revision.</summary>
    private async Task ChangeAsync(DbConnection connection, DbTransaction transaction, EndpointRow row, Route? route, RouteChangeKind kind, RouteChange change)
    {
        var to = route is null ? null : RouteData.Write(route);
        var (revision, at) = await AddEntryAsync(connection, transaction, row, kind, row.Route, to, change);
        if (to is not null)
        {
            await connection.ExecuteAsync("UPDATE endpoint SET route = @to, revision = @revision, changed_at = @at WHERE name = @Name", new { to, revision, at, row.Name }, transaction);
        }
    }

    private async Task<(long Revision, long At)> AddEntryAsync(
        DbConnection connection, DbTransaction transaction, EndpointRow row, RouteChangeKind kind, string? from, string? to, RouteChange change)
    {
        // A clock that is set back does not change what was.
        var last = await connection.QuerySingleOrDefaultAsync<long?>("SELECT max(at) FROM endpoint_ledger WHERE endpoint = @Name", row, transaction) ?? 0;
        var at = Math.Max(last, Instant.ToMicroseconds(_time.GetUtcNow()));
        var revision = await connection.QuerySingleAsync<long>(
            """
            INSERT INTO endpoint_ledger(endpoint, model, kind, from_route, to_route, at, who, reason, verdict)
            VALUES (@Name, @Model, @kind, @from, @to, @at, @who, @reason, @verdict) RETURNING seq
            """,
            new
            {
                row.Name,
                row.Model,
                kind = StoredNames.Write(kind),
                from,
                to,
                at,
                who = StoredText.Clean(change.Who),
                reason = StoredText.Clean(change.Reason),
                verdict = StoredText.Clean(change.Verdict?.GetRawText()),
            },
            transaction);
        await _store.SignalAsync(connection, transaction, Signal, row.Name);
        return (revision, at);
    }

    private async Task<Endpoint> SeenAsync(string name, CancellationToken cancellation)
    {
        await RefreshAsync(cancellation);
        return Get(name);
    }

    private sealed class Snapshot
    {
        private readonly FrozenDictionary<string, Endpoint> _byName;
        private readonly FrozenDictionary<string, Endpoint>.AlternateLookup<ReadOnlySpan<char>> _lookup;

        public Snapshot(IReadOnlyList<Endpoint> all)
        {
            All = all;
            _byName = all.ToFrozenDictionary(static e => e.Name, StringComparer.Ordinal);
            _lookup = _byName.GetAlternateLookup<ReadOnlySpan<char>>();
        }

        public IReadOnlyList<Endpoint> All { get; }

        public Endpoint? Find(ReadOnlySpan<char> name) => _lookup.TryGetValue(name, out var endpoint) ? endpoint : null;

        public Endpoint? Find(string name) => _byName.GetValueOrDefault(name);
    }
}
