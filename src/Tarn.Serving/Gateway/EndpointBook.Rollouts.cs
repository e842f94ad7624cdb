using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn.Serving;

/// <content>Rollouts, as they are stored.</content>
public sealed partial class EndpointBook
{
    /// <summary>The kind of the alert that a rollout went back to the control.</summary>
    public const string RolledBackAlert = "rollout_rolled_back";

    /// <summary>The kind of the alert that a stage of a rollout takes longer than it may.</summary>
    public const string ExpiredAlert = "rollout_expired";

    /// <summary>The rollouts of an endpoint, newest first, with those that ended, also where the endpoint was deleted.</summary>
    /// <param name="endpoint">The endpoint's name.</param>
    /// <param name="before">Only those of smaller ids; null for all.</param>
    /// <param name="limit">The most; 1 to 1,000.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="TarnException">The limit is out of its range.</exception>
    public Task<IReadOnlyList<Rollout>> ListRolloutsAsync(string endpoint, long? before = null, int limit = 100, CancellationToken cancellation = default)
    {
        CheckLimit(limit);
        return _store.ReadAsync<IReadOnlyList<Rollout>>(
            async connection =>
            {
                var rows = await connection.QueryAsync<RolloutRow>(
                    $"SELECT {RolloutRow.Columns} FROM endpoint_rollout WHERE endpoint = @endpoint AND id < @before ORDER BY id DESC LIMIT @limit",
                    new { endpoint = StoredText.Clean(endpoint), before = before ?? long.MaxValue, limit });
                return [.. rows.Select(static r => r.ToRollout())];
            },
            cancellation);
    }

    /// <summary>Begins a rollout whose plan was looked at: the canary gets its first share.</summary>
    internal async Task<Endpoint> BeginRolloutAsync(string name, RolloutPlan plan, long? champion, RouteChange change, CancellationToken cancellation)
    {
        await WriteAsync(
            async (connection, transaction) =>
            {
                var row = await EndpointRow.GetAsync(connection, name, transaction);
                change.CheckRevision(name, row.Revision);
                await RefuseDuringRolloutAsync(connection, transaction, name);
                var route = RouteData.Read(row.Route);
                CheckRoute(name, route, plan);
                var rollout = RolloutAdvance.Begin(0, name, plan, Instant.Truncate(_time.GetUtcNow()), champion);
                await connection.ExecuteAsync(
                    "INSERT INTO endpoint_rollout(endpoint, plan, state, status, revision, started_at) VALUES (@name, @plan, @state, @status, 1, @at)",
                    new { name, plan = Json(plan), state = Json(rollout), status = StoredNames.Write(rollout.Status), at = Instant.ToMicroseconds(rollout.StartedAt) },
                    transaction);
                await ChangeAsync(connection, transaction, row, RolloutAdvance.Apply(rollout, route), RouteChangeKind.RolloutStarted, change);
            },
            cancellation);
        return await SeenAsync(name, cancellation);
    }

    /// <summary>Changes a rollout that goes on as an operator asks: whatever was stored meanwhile is kept.</summary>
    /// <exception cref="TarnException">There is none, or it cannot be changed so.</exception>
    internal async Task<Endpoint> ChangeRolloutAsync(string name, RouteChangeKind kind, RouteChange change, Func<Rollout, DateTimeOffset, Rollout> decide, CancellationToken cancellation)
    {
        change.Check();
        await WriteAsync(
            async (connection, transaction) =>
            {
                var row = await EndpointRow.GetAsync(connection, name, transaction);
                change.CheckRevision(name, row.Revision);
                var rollout = await RolloutRow.FindActiveAsync(connection, name, transaction)
                    ?? throw TarnException.Conflict("The endpoint has no rollout that goes on.", name, "Start one.");
                var next = decide(rollout, Instant.Truncate(_time.GetUtcNow()));
                await UpdateAsync(connection, transaction, rollout.Revision, next);
                await ChangeAsync(connection, transaction, row, RolloutAdvance.Apply(next, RouteData.Read(row.Route)), kind, change);
            },
            cancellation);
        return await SeenAsync(name, cancellation);
    }

    /// <summary>Stores a rollout as it is after a look: what was counted, and, where something was decided, the endpoint's new route and the ledger's entry in the same transaction.</summary>
    /// <returns>Whether it was stored. False: somebody else stored it since, or it is over; nothing was done.</returns>
    internal async Task<bool> StoreRolloutAsync(Rollout next, RouteChangeKind? kind, RouteChange change, CancellationToken cancellation)
    {
        var stored = await _store.WriteAsync(
            async (connection, transaction) =>
            {
                if (!await UpdateAsync(connection, transaction, next.Revision, next))
                {
                    return false;
                }

                if (kind is { } decided)
                {
                    var row = await EndpointRow.GetAsync(connection, next.Endpoint, transaction);
                    await ChangeAsync(connection, transaction, row, RolloutAdvance.Apply(next, RouteData.Read(row.Route)), decided, change);
                    await AlertAsync(connection, transaction, next, decided);
                }

                return true;
            },
            kind is null ? WriteDurability.Process : WriteDurability.Power,
            cancellation);
        await RefreshAsync(cancellation);
        return stored;
    }

    private static string Json(Rollout rollout) => System.Text.Json.JsonSerializer.Serialize(RolloutState.Of(rollout), RolloutJson.Default.RolloutState);

    private static string Json(RolloutPlan plan) => System.Text.Json.JsonSerializer.Serialize(plan, RolloutJson.Default.RolloutPlan);

    private static void CheckRoute(string name, Route route, RolloutPlan plan)
    {
        List<string> broken = [];
        RouteRules.Add(broken, route.Find(plan.Control) is { Weight: > 0 }, $"control = {plan.Control}: a variant of the endpoint with a weight over 0");
        foreach (var variant in route.Variants.Where(v => v.Weight > 0 && v.Name != plan.Control))
        {
            broken.Add($"{variant.Name}: only the control has a weight over 0 before a rollout");
        }

        RouteRules.Add(broken, route.Shadows.All(s => s.Name != plan.CanaryName), $"canary = {plan.CanaryName}: another name than those of the shadows");
        ServingRules.Check(broken, $"The endpoint {name} is ready for the rollout.");
    }

    private static async Task<bool> UpdateAsync(DbConnection connection, DbTransaction transaction, long expected, Rollout next) => await connection.ExecuteAsync(
        "UPDATE endpoint_rollout SET state = @state, status = @status, revision = revision + 1, ended_at = @ended WHERE id = @Id AND revision = @expected AND ended_at IS NULL",
        new { next.Id, state = Json(next), status = StoredNames.Write(next.Status), ended = next.EndedAt is { } at ? Instant.ToMicroseconds(at) : (long?)null, expected },
        transaction) == 1;

    private async Task AlertAsync(DbConnection connection, DbTransaction transaction, Rollout rollout, RouteChangeKind kind)
    {
        if (_alerts is null || kind is not (RouteChangeKind.RolledBack or RouteChangeKind.RolloutExpired))
        {
            return;
        }

        var isBack = kind == RouteChangeKind.RolledBack;
        await _alerts.AddAsync(
            connection,
            transaction,
            new Alert
            {
                Kind = isBack ? RolledBackAlert : ExpiredAlert,
                Severity = isBack ? AlertSeverity.Error : AlertSeverity.Warning,
                Subject = rollout.Endpoint,
                Title = isBack ? $"The canary of {rollout.Endpoint} was rolled back" : $"The canary of {rollout.Endpoint} stays at {RolloutAdvance.Percent(rollout.StagePercent)}",
                Text = rollout.Reason,
                OccurredAt = _time.GetUtcNow(),
            },
            []);
    }
}
