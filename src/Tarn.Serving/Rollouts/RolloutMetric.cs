using System.Globalization;
using System.Text.Json.Serialization;

namespace Tarn.Serving;

/// <summary>What a rollout compares.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RolloutMetricKind>))]
public enum RolloutMetricKind
{
    /// <summary>The share of requests that are answered with an error.</summary>
    Errors,

    /// <summary>The share of requests that take longer than a threshold.</summary>
    SlowAnswers,

    /// <summary>The share of feedback that is negative.</summary>
    NegativeFeedback,

    /// <summary>The share of answers that differ from the champion's to the same request.</summary>
    Disagreement,
}

/// <summary>A share that the canary must keep low.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Margin">
/// By how much the canary's share may be above the control's, over 0 up to 0.5: 0.01 is one request in a hundred. Of disagreement: how large the share itself may be.
/// </param>
public sealed record RolloutMetric(RolloutMetricKind Kind, double Margin)
{
    /// <summary>Of slow answers: what counts as slow; over 0, up to an hour. Null, the default: the control's 95th percentile, measured when the rollout begins.</summary>
    public TimeSpan? SlowerThan { get; init; }

    /// <summary>
    /// Whether the canary goes on without evidence that it keeps this one; evidence that it does not still rolls it back. Default false. For what is seldom heard of, as feedback may be.
    /// </summary>
    public bool IsGuardOnly { get; init; }

    /// <summary>Errors may be more frequent by this much.</summary>
    public static RolloutMetric Errors(double margin = 0.01) => new(RolloutMetricKind.Errors, margin);

    /// <summary>Slow answers may be more frequent by this much; without a threshold those over the control's 95th percentile are slow.</summary>
    public static RolloutMetric SlowAnswers(double margin = 0.05, TimeSpan? slowerThan = null) => new(RolloutMetricKind.SlowAnswers, margin) { SlowerThan = slowerThan };

    /// <summary>Negative feedback may be more frequent by this much. A guard only.</summary>
    public static RolloutMetric NegativeFeedback(double margin = 0.1) => new(RolloutMetricKind.NegativeFeedback, margin) { IsGuardOnly = true };

    /// <summary>The canary agrees with the champion at least so often.</summary>
    /// <param name="required">The share of agreement, 0.5 to below 1.</param>
    public static RolloutMetric Agreement(double required = 0.95) => new(RolloutMetricKind.Disagreement, 1 - required);

    /// <summary>How many cases, and how many of them are bad, are in these counts.</summary>
    internal (long Count, long Bad) Of(ArmCounts counts) => Kind switch
    {
        RolloutMetricKind.Errors => (counts.Requests, counts.Errors),
        RolloutMetricKind.SlowAnswers => (counts.Timed, counts.Slow),
        RolloutMetricKind.NegativeFeedback => (counts.Positive + counts.Negative, counts.Negative),
        _ => (counts.Agreed + counts.Disagreed, counts.Disagreed),
    };

    /// <summary>Whether it is compared with the control's, not with a fixed share.</summary>
    internal bool HasControl => Kind != RolloutMetricKind.Disagreement;

    /// <summary>As it stands in reasons.</summary>
    internal string Words => Kind switch
    {
        RolloutMetricKind.Errors => "errors",
        RolloutMetricKind.SlowAnswers => "slow answers",
        RolloutMetricKind.NegativeFeedback => "negative feedback",
        _ => "disagreement with the champion",
    };

    internal IEnumerable<string> Broken()
    {
        List<string> broken = [];
        RouteRules.Add(broken, Margin is > 0 and <= 0.5, $"margin of {Words} = {Margin.ToString(CultureInfo.InvariantCulture)}: over 0, up to 0.5");
        RouteRules.Add(
            broken,
            SlowerThan is null || (Kind == RolloutMetricKind.SlowAnswers && SlowerThan > TimeSpan.Zero && SlowerThan <= TimeSpan.FromHours(1)),
            $"slower than = {SlowerThan}: over 0, up to an hour, and of slow answers only");
        RouteRules.Add(broken, Enum.IsDefined(Kind), $"metric = {Kind}: errors, slow answers, negative feedback or disagreement");
        return broken;
    }
}
