using System.Text.Json.Serialization;

namespace Tarn;

/// <summary>A key, without its secret; its state is <c>active</c>, <c>expired</c> or <c>revoked</c>.</summary>
internal sealed record KeyView(
    string Id,
    string Name,
    string State,
    string Role,
    IReadOnlyList<string> Endpoints,
    IReadOnlyList<string> Verbs,
    double? RatePerSecond,
    long Burst,
    long? RequestsPerDay,
    long RequestsToday,
    DateTimeOffset CreatedAt,
    string CreatedBy,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RotatedAt,
    DateTimeOffset? PreviousUntil,
    DateTimeOffset? RevokedAt,
    DateTimeOffset? LastUsedAt)
{
    public static KeyView Of(ApiKey key, DateTimeOffset now) => new(
        key.Id,
        key.Name,
        key.RevokedAt is not null ? "revoked" : key.ExpiresAt <= now ? "expired" : "active",
        AccessNames.Of(key.Role),
        key.Endpoints,
        [.. key.Verbs.Select(AccessNames.Of)],
        key.RatePerSecond,
        key.Burst,
        key.RequestsPerDay,
        key.RequestsToday,
        key.CreatedAt,
        key.CreatedBy,
        key.ExpiresAt,
        key.RotatedAt,
        key.PreviousUntil > now ? key.PreviousUntil : null,
        key.RevokedAt,
        key.LastUsedAt);
}

/// <summary>A key that was just made or rotated, with its text, which is shown this once.</summary>
internal sealed record NewKeyView(string Key, KeyView Details);

/// <summary>What a new key is to be. <c>ExpiresIn</c> and a rotation's <c>Grace</c> are durations, as in <c>90d</c>.</summary>
internal sealed record NewKeyBody(
    string Name, string? Role, IReadOnlyList<string>? Endpoints, IReadOnlyList<string>? Verbs, double? RatePerSecond, long? Burst, long? RequestsPerDay, DateTimeOffset? ExpiresAt, string? ExpiresIn);

/// <summary>How a key is rotated.</summary>
internal sealed record RotateBody(string? Grace);

/// <summary>The key that begins a session.</summary>
internal sealed record SessionBody(string? Key);

/// <summary>Who one is. Authentication is <c>none</c> or <c>required</c>; via is <c>anybody</c>, <c>local</c>, <c>key</c>, <c>session</c> or <c>token</c>.</summary>
internal sealed record SessionView(string Authentication, string Subject, string Name, string Role, string Via, IReadOnlyList<string> Endpoints, IReadOnlyList<string> Verbs, DateTimeOffset? ExpiresAt);

/// <summary>The JSON of keys, sessions and the audit log, for both ends.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, PropertyNameCaseInsensitive = true, Converters = [typeof(InstantConverter)])]
[JsonSerializable(typeof(IReadOnlyList<KeyView>))]
[JsonSerializable(typeof(NewKeyView))]
[JsonSerializable(typeof(NewKeyBody))]
[JsonSerializable(typeof(RotateBody))]
[JsonSerializable(typeof(SessionBody))]
[JsonSerializable(typeof(SessionView))]
[JsonSerializable(typeof(IReadOnlyList<AuditEntry>))]
internal sealed partial class SecurityJson : JsonSerializerContext;
