using System.Text.Json;
using System.Text.Json.Serialization;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What of a rollout is stored beside its plan, and changes as it goes on.</summary>
internal sealed record RolloutState(
    int Stage,
    DateTimeOffset StageStartedAt,
    DateTimeOffset? PausedAt,
    bool IsExpired,
    string Reason,
    TimeSpan? SlowerThan,
    long ControlRequests,
    long CanaryRequests,
    IReadOnlyList<MetricTest> Tests,
    long? ChampionVersion)
{
    public static RolloutState Of(Rollout rollout) => new(
        rollout.Stage,
        rollout.StageStartedAt,
        rollout.PausedAt,
        rollout.IsExpired,
        rollout.Reason,
        rollout.SlowerThan,
        rollout.ControlRequests,
        rollout.CanaryRequests,
        rollout.Tests,
        rollout.ChampionVersion);
}

/// <summary>A route as it is stored.</summary>
internal sealed record RouteData(IReadOnlyList<Variant> Variants, IReadOnlyList<Shadow> Shadows, string? StickyHeader, string Salt)
{
    public static string Write(Route route) => JsonSerializer.Serialize(new RouteData(route.Variants, route.Shadows, route.StickyHeader, route.Salt), RolloutJson.Default.RouteData);

    public static Route Read(string json)
    {
        var data = RolloutJson.Read(json, RolloutJson.Default.RouteData, "An endpoint's route");
        return new Route(data.Variants, data.Shadows, data.StickyHeader, data.Salt);
    }
}

/// <summary>The numbers by which a rollout was decided, as they stand in ledgers.</summary>
internal sealed record RolloutVerdict(
    long Rollout, string Decision, double FromPercent, double ToPercent, long ControlRequests, long CanaryRequests, double Alpha, double LogThreshold, IReadOnlyList<MetricVerdict> Metrics)
{
    /// <summary>The verdict of a step.</summary>
    /// <param name="before">The rollout with all that the decision knew: that of the stage that was tested.</param>
    /// <param name="after">As it is since.</param>
    /// <param name="decision">What was decided.</param>
    public static JsonElement Of(Rollout before, Rollout after, RolloutDecision decision) => JsonSerializer.SerializeToElement(
        new RolloutVerdict(
            before.Id,
            decision switch { RolloutDecision.Advance => "advance", RolloutDecision.RollBack => "roll_back", RolloutDecision.Finish => "finish", RolloutDecision.Expire => "expire", _ => "stay" },
            before.Plan.Stages[before.Status == RolloutStatus.Promoting ? before.Stage - 1 : before.Stage],
            after.Status is RolloutStatus.RolledBack or RolloutStatus.Aborted ? 0 : after.StagePercent,
            before.ControlRequests,
            before.CanaryRequests,
            before.Plan.Alpha,
            before.Plan.LogThreshold,
            [.. before.Evidence.Select(e => MetricVerdict.Of(e, before.SlowerThan))]),
        RolloutJson.Default.RolloutVerdict);
}

/// <summary>The numbers of one metric.</summary>
internal sealed record MetricVerdict(
    RolloutMetricKind Metric,
    double Margin,
    double? SlowerThanMilliseconds,
    long ControlCount,
    long ControlBad,
    double? ControlRate,
    long CanaryCount,
    long CanaryBad,
    double? CanaryRate,
    double LogHarm,
    double LogSafe)
{
    public static MetricVerdict Of(RolloutEvidence evidence, TimeSpan? slowerThan) => new(
        evidence.Metric.Kind,
        evidence.Metric.Margin,
        evidence.Metric.Kind == RolloutMetricKind.SlowAnswers ? slowerThan?.TotalMilliseconds : null,
        evidence.ControlCount,
        evidence.ControlBad,
        evidence.ControlRate,
        evidence.CanaryCount,
        evidence.CanaryBad,
        evidence.CanaryRate,
        evidence.LogHarm,
        evidence.LogSafe);
}

/// <summary>JSON that stands in the tables of endpoints.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RouteData))]
[JsonSerializable(typeof(RolloutPlan))]
[JsonSerializable(typeof(RolloutState))]
[JsonSerializable(typeof(RolloutVerdict))]
internal sealed partial class RolloutJson : JsonSerializerContext
{
    /// <summary>Reads what was stored.</summary>
    /// <exception cref="TarnException">It is damaged.</exception>
    public static T Read<T>(string json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string what)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
        }
        catch (JsonException error)
        {
            throw TarnException.Corrupt($"{what} in the metadata store is JSON of its kind.", ServingRules.Short(json), "Restore the metadata store from a copy.", error);
        }
    }
}
