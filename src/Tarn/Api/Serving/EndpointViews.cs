using System.Text.Json;

namespace Tarn;

/// <summary>An endpoint with its split and what was counted in this process. <c>Synthetic</c> says of the version that answers most whether it was trained on drawn pictures; null where that is not known.</summary>
internal sealed record EndpointView(
    string Name,
    string Model,
    long Revision,
    DateTimeOffset CreatedAt,
    DateTimeOffset ChangedAt,
    bool TakesImages,
    IReadOnlyList<string>? Labels,
    IReadOnlyList<VariantView> Variants,
    IReadOnlyList<ShadowView> Shadows,
    string? StickyHeader,
    RolloutView? Rollout,
    string Url,
    bool? Synthetic);

/// <summary>What a variant or shadow means: a version by its number, or an alias; one of both.</summary>
internal sealed record TargetView(long? Version, string? Alias, string? Remote = null);

/// <summary>
/// A variant. <c>Version</c> is what its target means now, null for nothing; <c>Share</c> is the part of the requests that it gets, 0 to 1. <c>State</c> is <c>loaded</c>, <c>loading</c>, <c>failed</c> (then
/// <c>problem</c> says why it could not be loaded), <c>not_loaded</c> (nothing asks for it to be), <c>none</c> (its target means no version), or, of a cluster that no instance of answers, <c>unreachable</c>.
/// <c>Next</c> is the version that its alias was given to, where that does not answer yet and <c>version</c> does until then.
/// </summary>
internal sealed record VariantView(
    string Name, long? Version, TargetView Target, double Weight, double Share, bool IsLoaded, VariantCountsView Counts, string State, string? Problem = null, NextVersionView? Next = null);

/// <summary>A version that is to take over from another: its state and problem are as a variant's.</summary>
internal sealed record NextVersionView(long Version, string State, string? Problem);

/// <summary>A shadow, which gets copies of a part of the requests; the rest is as a variant's.</summary>
internal sealed record ShadowView(string Name, long? Version, TargetView Target, double Fraction, bool IsLoaded, VariantCountsView Counts, string State, string? Problem = null, NextVersionView? Next = null);

/// <summary>What was counted since the program started.</summary>
internal sealed record VariantCountsView(long Requests, long Errors, long Positive, long Negative, long Agreed, long Disagreed, double? P50Ms, double? P95Ms, double? P99Ms);

/// <summary>The last hour of an endpoint's variants and shadows.</summary>
internal sealed record EndpointWindowsView(IReadOnlyList<VariantWindowsView> Variants);

/// <summary>The windows of ten seconds in which something happened, oldest first.</summary>
internal sealed record VariantWindowsView(string Name, IReadOnlyList<WindowView> Windows);

/// <summary>What was counted in ten seconds.</summary>
internal sealed record WindowView(DateTimeOffset Start, long Requests, long Errors, double? P50Ms, double? P95Ms, double? P99Ms, long Positive, long Negative, long Agreed, long Disagreed);

/// <summary>A split as the ledger keeps it.</summary>
internal sealed record RouteView(IReadOnlyList<RouteVariantView> Variants, IReadOnlyList<RouteShadowView> Shadows, string? StickyHeader);

/// <summary>A variant of such a split.</summary>
internal sealed record RouteVariantView(string Name, TargetView Target, double Weight);

/// <summary>A shadow of such a split.</summary>
internal sealed record RouteShadowView(string Name, TargetView Target, double Fraction);

/// <summary>
/// An entry of an endpoint's ledger; its number is the endpoint's revision since. Kinds are <c>created</c>, <c>route_set</c>, <c>deleted</c>, <c>rollout_started</c>, <c>rollout_advanced</c>, <c>rollout_expired</c>,
/// <c>rollout_paused</c>, <c>rollout_resumed</c>, <c>rolled_back</c>, <c>rollout_aborted</c> and <c>rollout_finished</c>.
/// </summary>
internal sealed record EndpointLedgerView(
    long Number, DateTimeOffset At, string Who, string Kind, string Reason, string Model, RouteView? From, RouteView? To, JsonElement? Verdict);

/// <summary>A prediction of an endpoint. Label and probability are those of the first row, where the model says such; outputs are left out where they are large.</summary>
internal sealed record EndpointPredictionView(
    string PredictionId,
    DateTimeOffset At,
    string? Variant,
    long? Version,
    string? Protocol,
    string? Caller,
    double LatencyMs,
    double QueueMs,
    int BatchSize,
    int Status,
    string? Error,
    string? Label,
    double? Probability,
    JsonElement? Outputs,
    bool IsShadow,
    string? ShadowOf,
    string? TraceId);

/// <summary>A variant as it is asked for; <c>version</c>, <c>alias</c> or <c>remote</c>, a configured cluster. Without a name it is called as the alias or the cluster, or <c>v</c> and the version's number.</summary>
internal sealed record VariantBody(string? Name, long? Version, string? Alias, double? Weight, string? Remote = null);

/// <summary>A shadow as it is asked for, as a variant with a fraction of 0 to 1 in place of a weight.</summary>
internal sealed record ShadowBody(string? Name, long? Version, string? Alias, double? Fraction);

/// <summary>An endpoint to make. Without variants everything goes to the model's champion.</summary>
internal sealed record EndpointBody(string? Name, string? Model, IReadOnlyList<VariantBody>? Variants, IReadOnlyList<ShadowBody>? Shadows, string? StickyHeader, string? Reason);

/// <summary>
/// A split. Shadows and sticky header stay as they are where they are left out; an empty list or text takes them away. Where <c>revision</c> is given, the split is refused unless the endpoint has it.
/// </summary>
internal sealed record SplitBody(IReadOnlyList<VariantBody>? Variants, IReadOnlyList<ShadowBody>? Shadows, string? StickyHeader, long? Revision, string? Reason);
