using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tarn.Core;
using Tarn.Serving;

namespace Tarn;

/// <summary>What requests about endpoints ask for, as the gateway has it. The gateway's own rules find what is wrong with it, all at once.</summary>
internal static class EndpointBodies
{
    /// <summary>Who asks, and why.</summary>
    public static RouteChange Change(HttpContext http, string? reason, long? revision = null) => new(Who(http), reason ?? "") { ExpectedRevision = revision };

    /// <summary>The name of who asks; <c>local</c> where nobody had to say.</summary>
    public static string Who(HttpContext http) => http.User.FindFirst(ClaimTypes.Name)?.Value is { Length: > 0 } name ? name : Caller.Anybody.Name;

    public static IReadOnlyList<Variant> Variants(IReadOnlyList<VariantBody> variants) =>
        [.. variants.Select(static v => new Variant(Name(v.Name ?? v.Remote, v.Version, v.Alias), new VariantTarget { Version = v.Version, Alias = v.Alias, Remote = v.Remote }, v.Weight ?? throw Missing("weight", Name(v.Name ?? v.Remote, v.Version, v.Alias))))];

    public static IReadOnlyList<Shadow> Shadows(IReadOnlyList<ShadowBody> shadows) =>
        [.. shadows.Select(static s => new Shadow(Name(s.Name, s.Version, s.Alias), new VariantTarget { Version = s.Version, Alias = s.Alias }, s.Fraction ?? throw Missing("fraction", Name(s.Name, s.Version, s.Alias))))];

    /// <summary>What a route names, and for whom.</summary>
    public static IReadOnlyList<(string Name, VariantTarget Target)> Targets(Route route) =>
        [.. route.Variants.Select(static v => (v.Name, v.Target)), .. route.Shadows.Select(static s => (s.Name, s.Target))];

    /// <summary>A rollout's plan; what is left out has its default.</summary>
    public static RolloutPlan Plan(RolloutBody body)
    {
        var plan = new RolloutPlan { Canary = Target(body.Canary) };
        return plan with
        {
            CanaryName = body.CanaryName ?? plan.CanaryName,
            Control = body.Control ?? plan.Control,
            Stages = body.Stages ?? plan.Stages,
            MinimumSamples = body.MinSamplesPerStage ?? plan.MinimumSamples,
            MaximumStageDuration = body.MaxStageMinutes is { } minutes ? Minutes(minutes) : plan.MaximumStageDuration,
            Metrics = body.Metrics is null ? plan.Metrics : [.. body.Metrics.Select(Metric)],
            Alpha = body.Alpha ?? plan.Alpha,
            OnSuccess = body.OnSuccess is { } success ? EndpointNames.Parse<RolloutSuccess>("onSuccess", success) : plan.OnSuccess,
            OnExpiry = body.OnExpiry is { } expiry ? EndpointNames.Parse<RolloutExpiry>("onExpiry", expiry) : plan.OnExpiry,
        };
    }

    private static string Name(string? name, long? version, string? alias) =>
        name ?? alias ?? (version is { } number ? string.Create(CultureInfo.InvariantCulture, $"v{number}") : "");

    private static RolloutMetric Metric(RolloutMetricBody body)
    {
        var kind = EndpointNames.Parse<RolloutMetricKind>("metric", body.Metric ?? "");
        var plain = kind switch
        {
            RolloutMetricKind.Errors => RolloutMetric.Errors(),
            RolloutMetricKind.SlowAnswers => RolloutMetric.SlowAnswers(),
            RolloutMetricKind.NegativeFeedback => RolloutMetric.NegativeFeedback(),
            _ => RolloutMetric.Agreement(),
        };
        return plain with
        {
            Margin = body.Margin ?? plain.Margin,
            SlowerThan = body.SlowerThanMs is { } ms ? Minutes(ms / 60_000) : null,
            IsGuardOnly = body.IsGuardOnly ?? plain.IsGuardOnly,
        };
    }

    private static VariantTarget Target(JsonElement? canary) => canary switch
    {
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt64(out var version) => VariantTarget.OfVersion(version),
        { ValueKind: JsonValueKind.String } text when long.TryParse(text.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var version) => VariantTarget.OfVersion(version),
        { ValueKind: JsonValueKind.String } text => VariantTarget.OfAlias(text.GetString()!),
        { ValueKind: JsonValueKind.Object } of when of.TryGetProperty("version", out var v) && v.ValueKind == JsonValueKind.Number && v.TryGetInt64(out var version) => VariantTarget.OfVersion(version),
        { ValueKind: JsonValueKind.Object } of when of.TryGetProperty("alias", out var a) && a.ValueKind == JsonValueKind.String => VariantTarget.OfAlias(a.GetString()!),
        _ => throw TarnException.InvalidInput("canary is a version's number, or an alias.", canary?.GetRawText() ?? "nothing", "As in {\"canary\": 7} or {\"canary\": \"challenger\"}."),
    };

    // Times that no clock has become times that the rules refuse.
    private static TimeSpan Minutes(double minutes) => double.IsFinite(minutes) && Math.Abs(minutes) < 1e9 ? TimeSpan.FromMinutes(minutes) : TimeSpan.MaxValue;

    private static TarnException Missing(string field, string name) => TarnException.InvalidInput($"{field} has to be given, of each.", name.Length == 0 ? null : name, $"Add {field}.");
}
