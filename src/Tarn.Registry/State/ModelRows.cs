using System.Data.Common;
using System.Text.Json;
using Dapper;
using Tarn.Core;

namespace Tarn.Registry;

/// <summary>A row of a registered model.</summary>
internal sealed class ModelRow
{
    public const string Columns =
        "r.id AS Id, r.name AS Name, r.folder AS Folder, r.description AS Description, r.created_at AS CreatedAt, r.updated_at AS UpdatedAt, r.last_version AS LastVersion";

    public long Id { get; set; }

    public string Name { get; set; } = "";

    public string Folder { get; set; } = "";

    public string Description { get; set; } = "";

    public long CreatedAt { get; set; }

    public long UpdatedAt { get; set; }

    public long LastVersion { get; set; }

    public static async Task<ModelRow?> FindAsync(DbConnection connection, string name, DbTransaction? transaction = null) =>
        await connection.QuerySingleOrDefaultAsync<ModelRow>($"SELECT {Columns} FROM registered_model r WHERE r.name = @name", new { name = StoredText.Clean(name) }, transaction);

    public static async Task<ModelRow> GetAsync(DbConnection connection, string name, DbTransaction? transaction = null) =>
        await FindAsync(connection, name, transaction) ?? throw TarnException.NotFound("There is no registered model of that name.", TrackingRules.Short(name), "See the list of models.");
}

/// <summary>A row of a model version, with its model's name.</summary>
internal sealed class VersionRow
{
    public const string Columns =
        """
        r.model AS ModelId, m.name AS Model, r.version AS Version, r.source AS Source, r.run AS Run, r.run_link AS RunLink, r.description AS Description, r.user_id AS UserId, r.stage AS Stage,
        r.folder AS Folder, r.files AS Files, r.created_at AS CreatedAt, r.updated_at AS UpdatedAt
        """;

    public const string From = "model_version r JOIN registered_model m ON m.id = r.model";

    public long ModelId { get; set; }

    public string Model { get; set; } = "";

    public long Version { get; set; }

    public string Source { get; set; } = "";

    public string? Run { get; set; }

    public string? RunLink { get; set; }

    public string Description { get; set; } = "";

    public string UserId { get; set; } = "";

    public string Stage { get; set; } = "";

    public string? Folder { get; set; }

    public string Files { get; set; } = "[]";

    public long CreatedAt { get; set; }

    public long UpdatedAt { get; set; }

    public ModelVersion ToVersion() => new(
        Model,
        Version,
        Source,
        Run,
        RunLink,
        Description,
        UserId,
        Stage,
        Folder,
        JsonSerializer.Deserialize(Files, RegistryJson.Default.IReadOnlyListModelFile) ?? [],
        Instant.FromMicroseconds(CreatedAt),
        Instant.FromMicroseconds(UpdatedAt));
}

/// <summary>A row of an alias.</summary>
internal sealed class AliasRow
{
    public long Model { get; set; }

    public string Alias { get; set; } = "";

    public long Version { get; set; }
}

/// <summary>A row of a version's tag.</summary>
internal sealed class VersionTagRow
{
    public long Model { get; set; }

    public long Version { get; set; }

    public string Name { get; set; } = "";

    public string Value { get; set; } = "";
}

/// <summary>A row of the ledger.</summary>
internal sealed class LedgerRow
{
    public const string Columns =
        "seq AS Seq, model AS ModelId, model_name AS Model, alias AS Alias, kind AS Kind, from_version AS FromVersion, to_version AS ToVersion, candidate AS Candidate, at AS At, who AS Who, reason AS Reason, verdict AS Verdict";

    public long Seq { get; set; }

    public long ModelId { get; set; }

    public string Model { get; set; } = "";

    public string Alias { get; set; } = "";

    public string Kind { get; set; } = "";

    public long? FromVersion { get; set; }

    public long? ToVersion { get; set; }

    public long? Candidate { get; set; }

    public long At { get; set; }

    public string Who { get; set; } = "";

    public string Reason { get; set; } = "";

    public string? Verdict { get; set; }

    public LedgerEntry Entry() => new(
        Seq,
        Model,
        Alias,
        Kind switch { "set" => LedgerKind.Set, "rolled_back" => LedgerKind.RolledBack, "removed" => LedgerKind.Removed, _ => LedgerKind.Kept },
        FromVersion,
        ToVersion,
        Candidate,
        Instant.FromMicroseconds(At),
        Who,
        Reason,
        Verdict is null ? null : JsonSerializer.Deserialize<JsonElement>(Verdict));

    public static string KindName(LedgerKind kind) => kind switch { LedgerKind.Set => "set", LedgerKind.RolledBack => "rolled_back", LedgerKind.Removed => "removed", _ => "kept" };
}
