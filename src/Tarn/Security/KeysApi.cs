using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tarn.Core;

namespace Tarn;

/// <summary>The keys, for admins. A key's text is in the answer that makes it, and nowhere else.</summary>
internal static class KeysApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/keys").WithTags("keys");
        group.MapGet("/", static async (bool? all, ApiKeys keys, TimeProvider time, CancellationToken cancellation) =>
            TypedResults.Ok<IReadOnlyList<KeyView>>([.. (await keys.ListAsync(all ?? false, cancellation)).Select(k => KeyView.Of(k, time.GetUtcNow()))]))
            .WithSummary("The keys, oldest first, without their secrets; with all=true also those that were revoked.");
        group.MapPost("/", static async (NewKeyBody body, HttpContext http, ApiKeys keys, TimeProvider time, CancellationToken cancellation) =>
        {
            var (key, text) = await keys.CreateAsync(Read(body, http, time), cancellation);
            return TypedResults.Created($"/api/v1/keys/{key.Id}", new NewKeyView(text, KeyView.Of(key, time.GetUtcNow())));
        })
            .WithSummary("Makes a key; its text is shown this once.").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapPost("/{id}/rotate", static async (string id, RotateBody? body, ApiKeys keys, SecurityPlan plan, TimeProvider time, CancellationToken cancellation) =>
        {
            var (key, text) = await keys.RotateAsync(id, Duration("grace", body?.Grace) ?? plan.Options.RotationGrace, cancellation);
            return TypedResults.Ok(new NewKeyView(text, KeyView.Of(key, time.GetUtcNow())));
        })
            .WithSummary("Gives a key a new secret, shown this once; the old one goes on for the time of grace, by default a day.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapDelete("/{id}", static async (string id, ApiKeys keys, TimeProvider time, CancellationToken cancellation) =>
            TypedResults.Ok(KeyView.Of(await keys.RevokeAsync(id, cancellation), time.GetUtcNow())))
            .WithSummary("Revokes a key at once, and ends its sessions.").ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static ApiKey Read(NewKeyBody body, HttpContext http, TimeProvider time)
    {
        var verbs = (body.Verbs ?? []).Select(static v => AccessNames.Verb(v) ?? throw TarnException.InvalidInput(AccessNames.VerbRule, v)).Distinct().ToList();
        var isNarrowed = verbs.Count > 0 || body.Endpoints is { Count: > 0 };
        var role = body.Role is { Length: > 0 } text ? AccessNames.Role(text) ?? throw TarnException.InvalidInput(AccessNames.RoleRule, text)
            : isNarrowed ? verbs.TrueForAll(static v => v == RequestKind.Read) && verbs.Count > 0 ? AccessRole.Viewer : AccessRole.Operator
            : throw TarnException.InvalidInput($"A key has a role, or endpoints or verbs that narrow it. {AccessNames.RoleRule}", null, "Give --role, --endpoint or --verb.");
        var caller = Caller.Of(http);
        return new ApiKey
        {
            Id = "",
            Name = body.Name,
            Role = role,
            Endpoints = [.. (body.Endpoints ?? []).Distinct(StringComparer.Ordinal)],
            Verbs = verbs,
            RatePerSecond = body.RatePerSecond,
            Burst = body.Burst ?? Math.Max(1, (long)Math.Ceiling(Math.Min(body.RatePerSecond ?? 1, ApiKeys.MostRate))),
            RequestsPerDay = body.RequestsPerDay,
            CreatedAt = default,
            CreatedBy = caller is null ? "" : $"{caller.Name} ({caller.Subject})",
            ExpiresAt = body.ExpiresAt ?? (Duration("expiresIn", body.ExpiresIn) is { } duration ? time.GetUtcNow() + duration : null),
        };
    }

    private static TimeSpan? Duration(string name, string? text) => string.IsNullOrEmpty(text) ? null
        : Durations.TryParse(text, out var duration) && duration <= TimeSpan.FromDays(36_500) ? duration
        : throw TarnException.InvalidInput($"{name} is a duration of at most 36500d. {Durations.Rule}", text);
}
