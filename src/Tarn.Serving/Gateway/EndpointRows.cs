using System.Data.Common;
using System.Text.Json;
using Dapper;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>A row of an endpoint.</summary>
internal sealed class EndpointRow
{
    public const string Columns = "name AS Name, model AS Model, route AS Route, revision AS Revision, created_at AS CreatedAt, changed_at AS ChangedAt";

    public string Name { get; set; } = "";

    public string Model { get; set; } = "";

    public string Route { get; set; } = "";

    public long Revision { get; set; }

    public long CreatedAt { get; set; }

    public long ChangedAt { get; set; }

    public static Task<EndpointRow?> FindAsync(DbConnection connection, string name, DbTransaction? transaction) =>
        connection.QuerySingleOrDefaultAsync<EndpointRow?>($"SELECT {Columns} FROM endpoint WHERE name = @name", new { name = StoredText.Clean(name) }, transaction);

    public static async Task<EndpointRow> GetAsync(DbConnection connection, string name, DbTransaction? transaction) =>
        await FindAsync(connection, name, transaction) ?? throw TarnException.NotFound("There is no endpoint of that name.", ServingRules.Short(name), "See the list of endpoints.");

    public Endpoint ToEndpoint(Rollout? rollout) => new(Name, Model, RouteData.Read(Route), Revision, Instant.FromMicroseconds(CreatedAt), Instant.FromMicroseconds(ChangedAt), rollout);
}

/// <summary>A row of a rollout.</summary>
internal sealed class RolloutRow
{
    public const string Columns = "id AS Id, endpoint AS Endpoint, plan AS Plan, state AS State, status AS Status, revision AS Revision, started_at AS StartedAt, ended_at AS EndedAt";

    public long Id { get; set; }

    public string Endpoint { get; set; } = "";

    public string Plan { get; set; } = "";

    public string State { get; set; } = "";

    public string Status { get; set; } = "";

    public long Revision { get; set; }

    public long StartedAt { get; set; }

    public long? EndedAt { get; set; }

    public static async Task<Rollout?> FindActiveAsync(DbConnection connection, string endpoint, DbTransaction? transaction) =>
        (await connection.QuerySingleOrDefaultAsync<RolloutRow?>($"SELECT {Columns} FROM endpoint_rollout WHERE endpoint = @endpoint AND ended_at IS NULL", new { endpoint }, transaction))?.ToRollout();

    public Rollout ToRollout()
    {
        var state = RolloutJson.Read(State, RolloutJson.Default.RolloutState, "A rollout's state");
        return new Rollout
        {
            Id = Id,
            Endpoint = Endpoint,
            Plan = RolloutJson.Read(Plan, RolloutJson.Default.RolloutPlan, "A rollout's plan"),
            Status = StoredNames.Read<RolloutStatus>(Status),
            Stage = state.Stage,
            StartedAt = Instant.FromMicroseconds(StartedAt),
            StageStartedAt = state.StageStartedAt,
            PausedAt = state.PausedAt,
            EndedAt = EndedAt is { } ended ? Instant.FromMicroseconds(ended) : null,
            IsExpired = state.IsExpired,
            Reason = state.Reason,
            SlowerThan = state.SlowerThan,
            ControlRequests = state.ControlRequests,
            CanaryRequests = state.CanaryRequests,
            Tests = state.Tests,
            ChampionVersion = state.ChampionVersion,
            Revision = Revision,
        };
    }
}

/// <summary>A row of the ledger.</summary>
internal sealed class EndpointLedgerRow
{
    public const string Columns =
        "seq AS Seq, endpoint AS Endpoint, model AS Model, kind AS Kind, from_route AS FromRoute, to_route AS ToRoute, at AS At, who AS Who, reason AS Reason, verdict AS Verdict";

    public long Seq { get; set; }

    public string Endpoint { get; set; } = "";

    public string Model { get; set; } = "";

    public string Kind { get; set; } = "";

    public string? FromRoute { get; set; }

    public string? ToRoute { get; set; }

    public long At { get; set; }

    public string Who { get; set; } = "";

    public string Reason { get; set; } = "";

    public string? Verdict { get; set; }

    public EndpointLedgerEntry Entry() => new(
        Seq,
        Endpoint,
        Model,
        StoredNames.Read<RouteChangeKind>(Kind),
        FromRoute is null ? null : RouteData.Read(FromRoute),
        ToRoute is null ? null : RouteData.Read(ToRoute),
        Instant.FromMicroseconds(At),
        Who,
        Reason,
        Verdict is null ? null : JsonSerializer.Deserialize<JsonElement>(Verdict));
}

/// <summary>How states stand in the tables: their names in lower case, with underscores between the words.</summary>
internal static class StoredNames
{
    public static string Write<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    public static T Read<T>(string name)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (Write(value) == name)
            {
                return value;
            }
        }

        throw TarnException.Corrupt($"A {typeof(T).Name} in the metadata store is one of {string.Join(", ", Enum.GetValues<T>().Select(Write))}.", ServingRules.Short(name));
    }
}
