using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn;

/// <summary>A row of a key.</summary>
internal sealed class KeyRow
{
    private const string Select =
        """
        SELECT k.id AS Id, k.name AS Name, k.role AS Role, k.endpoints AS Endpoints, k.verbs AS Verbs, k.hash AS Hash, k.previous_hash AS PreviousHash, k.previous_until AS PreviousUntil,
        k.rate AS Rate, k.burst AS Burst, k.quota AS Quota, k.created_at AS CreatedAt, k.created_by AS CreatedBy, k.expires_at AS ExpiresAt, k.rotated_at AS RotatedAt, k.revoked_at AS RevokedAt,
        k.last_used_at AS LastUsedAt, u.requests AS Used
        FROM security_key k LEFT JOIN security_use u ON u.key = k.id AND u.day = @day
        """;

    public string Id { get; set; } = "";

    public string Name { get; set; } = "";

    public string Role { get; set; } = "";

    public string Endpoints { get; set; } = "";

    public string Verbs { get; set; } = "";

    public string Hash { get; set; } = "";

    public string? PreviousHash { get; set; }

    public long? PreviousUntil { get; set; }

    public double? Rate { get; set; }

    public long Burst { get; set; }

    public long? Quota { get; set; }

    public long CreatedAt { get; set; }

    public string CreatedBy { get; set; } = "";

    public long? ExpiresAt { get; set; }

    public long? RotatedAt { get; set; }

    public long? RevokedAt { get; set; }

    public long? LastUsedAt { get; set; }

    public long? Used { get; set; }

    public static async Task<IReadOnlyList<KeyRow>> ListAsync(DbConnection connection, long day, bool revoked) =>
        (await connection.QueryAsync<KeyRow>($"{Select}{(revoked ? "" : " WHERE k.revoked_at IS NULL")} ORDER BY k.created_at, k.id", new { day })).AsList();

    public static async Task<KeyRow> GetAsync(DbConnection connection, DbTransaction transaction, string id, long day) =>
        await connection.QuerySingleOrDefaultAsync<KeyRow>($"{Select} WHERE k.id = @id", new { id = StoredText.Clean(id), day }, transaction)
        ?? throw TarnException.NotFound("There is no key of that id.", id.Length > 40 ? id[..40] : id, "See the list of keys; an id is what stands between tarn_ and the next underscore.");

    public ApiKey ToKey() => new()
    {
        Id = Id,
        Name = Name,
        Role = AccessNames.Role(Role) ?? AccessRole.None,
        Endpoints = Endpoints.Split('\n', StringSplitOptions.RemoveEmptyEntries),
        Verbs = [.. Verbs.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static v => AccessNames.Verb(v) ?? RequestKind.Read)],
        RatePerSecond = Rate,
        Burst = Burst,
        RequestsPerDay = Quota,
        CreatedAt = Instant.FromMicroseconds(CreatedAt),
        CreatedBy = CreatedBy,
        ExpiresAt = Time(ExpiresAt),
        RotatedAt = Time(RotatedAt),
        PreviousUntil = Time(PreviousUntil),
        RevokedAt = Time(RevokedAt),
        LastUsedAt = Time(LastUsedAt),
        RequestsToday = Used ?? 0,
    };

    private static DateTimeOffset? Time(long? microseconds) => microseconds is { } m ? Instant.FromMicroseconds(m) : null;
}
