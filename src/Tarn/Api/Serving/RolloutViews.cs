using System.Text.Json;

namespace Tarn;

/// <summary>
/// A rollout. Status is <c>running</c>, <c>paused</c>, <c>promoting</c>, <c>finished</c>, <c>rolled_back</c> or <c>aborted</c>; stage counts from 0; stages are the canary's shares in percent; onSuccess is
/// <c>promote_champion</c> or <c>keep_canary</c>, onExpiry <c>hold</c> or <c>roll_back</c>.
/// </summary>
internal sealed record RolloutView(
    long Id,
    string Endpoint,
    string Status,
    string Canary,
    long? CanaryVersion,
    string Control,
    int Stage,
    IReadOnlyList<double> Stages,
    DateTimeOffset StartedAt,
    DateTimeOffset StageStartedAt,
    DateTimeOffset? PausedAt,
    DateTimeOffset? EndedAt,
    bool IsExpired,
    string? Reason,
    long MinSamplesPerStage,
    double MaxStageMinutes,
    double Alpha,
    string OnSuccess,
    string OnExpiry,
    long ControlRequests,
    long CanaryRequests,
    IReadOnlyList<RolloutTestView> Tests);

/// <summary>
/// What the stage has shown of a metric: <c>errors</c>, <c>slow_answers</c>, <c>negative_feedback</c> or <c>disagreement</c>. <c>eRollback</c> is the e-value against "the canary keeps the margin", <c>eAdvance</c> the
/// greatest so far against "it does not"; each decides at <c>needed</c>. Verdict is <c>harm</c>, <c>safe</c> or <c>open</c>; of one that is a guard only it need not be safe.
/// </summary>
internal sealed record RolloutTestView(
    string Metric, ArmView Control, ArmView Canary, double Margin, double? SlowerThanMs, bool IsGuardOnly, double ERollback, double EAdvance, double Needed, string Verdict);

/// <summary>Cases (n), the bad ones of them (k), and their share; null where there are no cases.</summary>
internal sealed record ArmView(long N, long K, double? Rate);

/// <summary>A rollout to start. <c>canary</c> is a version's number, an alias, or <c>{"version"}</c> or <c>{"alias"}</c>. What is left out is as the documentation says: 1, 5, 25, 50, 100 %, 500 samples, a day.</summary>
internal sealed record RolloutBody(
    JsonElement? Canary,
    IReadOnlyList<double>? Stages,
    long? MinSamplesPerStage,
    double? MaxStageMinutes,
    IReadOnlyList<RolloutMetricBody>? Metrics,
    double? Alpha,
    string? CanaryName,
    string? Control,
    string? OnSuccess,
    string? OnExpiry,
    long? Revision,
    string? Reason);

/// <summary>A metric: <c>errors</c>, <c>slow_answers</c>, <c>negative_feedback</c> or <c>disagreement</c>. Margin 0.01 is one request in a hundred.</summary>
internal sealed record RolloutMetricBody(string? Metric, double? Margin, double? SlowerThanMs, bool? IsGuardOnly);

/// <summary>Why something is done.</summary>
internal sealed record ReasonBody(string? Reason);
