using System.Text.Json.Serialization;

namespace Tarn.Serving;

/// <summary>How a canary gets more and more of an endpoint's requests, and what stops it.</summary>
public sealed record RolloutPlan
{
    /// <summary>What is to take over. An alias is replaced by the version that it means when the rollout begins.</summary>
    public required VariantTarget Canary { get; init; }

    /// <summary>The canary's name in the route; default <c>canary</c>.</summary>
    public string CanaryName { get; init; } = "canary";

    /// <summary>The variant that it is compared with, which has all requests before; default <c>champion</c>.</summary>
    public string Control { get; init; } = "champion";

    /// <summary>The canary's shares in percent, ascending, 2 to 20 of them; the last is 100. Default 1, 5, 25, 50, 100.</summary>
    public IReadOnlyList<double> Stages { get; init; } = [1, 5, 25, 50, 100];

    /// <summary>How many requests the canary answers in a stage before it may go on; from 1, default 500. It can be rolled back earlier.</summary>
    public long MinimumSamples { get; init; } = 500;

    /// <summary>How long a stage may take; over 0, up to 90 days, default a day.</summary>
    public TimeSpan MaximumStageDuration { get; init; } = TimeSpan.FromDays(1);

    /// <summary>What is compared, at least one, each kind once. Default errors and slow answers.</summary>
    public IReadOnlyList<RolloutMetric> Metrics { get; init; } = [RolloutMetric.Errors(), RolloutMetric.SlowAnswers()];

    /// <summary>The chance that may be taken, in the whole rollout, of rolling back a canary that keeps all margins, and of letting one pass a stage that breaks one; over 0, up to 0.5, default 0.05.</summary>
    public double Alpha { get; init; } = 0.05;

    /// <summary>What a canary becomes that passes all stages. Default: the model's champion.</summary>
    public RolloutSuccess OnSuccess { get; init; } = RolloutSuccess.PromoteChampion;

    /// <summary>What becomes of a stage that takes too long. Default: it stays as it is, and an alert is raised.</summary>
    public RolloutExpiry OnExpiry { get; init; } = RolloutExpiry.Hold;

    /// <summary>The stages that test: all but the last, in which there is no control left.</summary>
    [JsonIgnore]
    internal int TestedStages => Stages.Count - 1;

    /// <summary>
    /// The natural logarithm of the e-value at which a test decides: ln(stages × metrics / alpha). Each test's chance of a false alarm is at most alpha / (stages × metrics), and so that of any of
    /// them at most alpha (Bonferroni).
    /// </summary>
    [JsonIgnore]
    public double LogThreshold => Math.Log(TestedStages * Metrics.Count / Alpha);

    /// <summary>Looks at all of its rules.</summary>
    /// <exception cref="Tarn.Core.TarnException">Rules are broken; the message has all of them.</exception>
    internal void Check()
    {
        List<string> broken = [];
        RouteRules.Target(broken, CanaryName, Canary);
        RouteRules.Named(broken, "canary", CanaryName);
        RouteRules.Named(broken, "control", Control);
        RouteRules.Add(broken, CanaryName != Control, $"canary = {ServingRules.Short(CanaryName)}: another name than the control's");
        RouteRules.Add(
            broken,
            Stages.Count is >= 2 and <= 20 && Stages.All(static s => s is >= 0.01 and <= 100) && Stages.Zip(Stages.Skip(1)).All(static p => p.First < p.Second) && Stages[^1] == 100,
            $"stages = {string.Join(", ", Stages)}: 2 to 20 ascending percentages from 0.01, the last 100");
        RouteRules.Add(broken, MinimumSamples >= 1, $"minimum samples = {MinimumSamples}: from 1");
        RouteRules.Add(broken, MaximumStageDuration > TimeSpan.Zero && MaximumStageDuration <= TimeSpan.FromDays(90), $"maximum stage duration = {MaximumStageDuration}: over 0, up to 90 days");
        RouteRules.Add(broken, Metrics.Count >= 1 && Metrics.Select(static m => m.Kind).Distinct().Count() == Metrics.Count, $"metrics = {Metrics.Count}: at least one, each kind once");
        broken.AddRange(Metrics.SelectMany(static m => m.Broken()));
        RouteRules.Add(broken, Alpha is > 0 and <= 0.5, $"alpha = {Alpha}: over 0, up to 0.5");
        RouteRules.Add(broken, Enum.IsDefined(OnSuccess), $"on success = {OnSuccess}: promote the champion or keep the canary");
        RouteRules.Add(broken, Enum.IsDefined(OnExpiry), $"on expiry = {OnExpiry}: hold or roll back");
        ServingRules.Check(broken, "A rollout's plan keeps its rules.");
    }
}

/// <summary>What becomes of a canary that passed all stages.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RolloutSuccess>))]
public enum RolloutSuccess
{
    /// <summary>Its version gets the model's alias <c>champion</c>, and the endpoint goes back to a control that is the champion.</summary>
    PromoteChampion,

    /// <summary>It gets all requests under its own name; no alias changes.</summary>
    KeepCanary,
}

/// <summary>What becomes of a stage that takes longer than it may.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RolloutExpiry>))]
public enum RolloutExpiry
{
    /// <summary>The split stays, an alert is raised once; evidence is still gathered, and the rollout goes on or back where there is enough.</summary>
    Hold,

    /// <summary>Everything goes back to the control.</summary>
    RollBack,
}
