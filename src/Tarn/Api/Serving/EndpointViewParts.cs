using Tarn.Serving;

namespace Tarn;

/// <summary>Splits, counts, ledgers and rollouts, as the API says them.</summary>
internal static class EndpointViewParts
{
    // e^700 is about the greatest number that JSON's readers have.
    private const double MostLog = 700;

    public static TargetView Of(VariantTarget target) => new(target.Version, target.Alias, target.Remote);

    public static VariantCountsView Of(VariantCounts c) =>
        new(c.Requests, c.Errors, c.Positive, c.Negative, c.Agreed, c.Disagreed, Milliseconds(c.Latency?.P50), Milliseconds(c.Latency?.P95), Milliseconds(c.Latency?.P99));

    public static WindowView Of(VariantWindow window)
    {
        var c = window.Counts;
        return new WindowView(
            window.Start, c.Requests, c.Errors, Milliseconds(c.Latency?.P50), Milliseconds(c.Latency?.P95), Milliseconds(c.Latency?.P99), c.Positive, c.Negative, c.Agreed, c.Disagreed);
    }

    public static EndpointLedgerView Of(EndpointLedgerEntry e) => new(e.Number, e.At, e.Who, EndpointNames.Of(e.Kind), e.Reason, e.Model, OfRoute(e.From), OfRoute(e.To), e.Verdict);

    public static RolloutView Of(Rollout r) => new(
        r.Id,
        r.Endpoint,
        EndpointNames.Of(r.Status),
        r.Plan.CanaryName,
        r.Plan.Canary.Version,
        r.Plan.Control,
        r.Stage,
        r.Plan.Stages,
        r.StartedAt,
        r.StageStartedAt,
        r.PausedAt,
        r.EndedAt,
        r.IsExpired,
        r.Reason.Length == 0 ? null : r.Reason,
        r.Plan.MinimumSamples,
        r.Plan.MaximumStageDuration.TotalMinutes,
        r.Plan.Alpha,
        EndpointNames.Of(r.Plan.OnSuccess),
        EndpointNames.Of(r.Plan.OnExpiry),
        r.ControlRequests,
        r.CanaryRequests,
        [.. r.Evidence.Select(e => Of(e, r))]);

    private static RolloutTestView Of(RolloutEvidence e, Rollout r) => new(
        EndpointNames.Of(e.Metric.Kind),
        new ArmView(e.ControlCount, e.ControlBad, e.ControlRate),
        new ArmView(e.CanaryCount, e.CanaryBad, e.CanaryRate),
        e.Metric.Margin,
        e.Metric.Kind == RolloutMetricKind.SlowAnswers ? r.SlowerThan?.TotalMilliseconds : null,
        e.Metric.IsGuardOnly,
        Exp(e.LogHarm),
        Exp(e.LogSafe),
        Exp(r.Plan.LogThreshold),
        e.LogHarm >= r.Plan.LogThreshold ? "harm" : e.LogSafe >= r.Plan.LogThreshold ? "safe" : "open");

    private static RouteView? OfRoute(Route? route) => route is null ? null : new RouteView(
        [.. route.Variants.Select(static v => new RouteVariantView(v.Name, Of(v.Target), v.Weight))],
        [.. route.Shadows.Select(static s => new RouteShadowView(s.Name, Of(s.Target), s.Fraction))],
        route.StickyHeader);

    private static double Exp(double log) => Math.Exp(Math.Min(log, MostLog));

    private static double? Milliseconds(TimeSpan? time) => time?.TotalMilliseconds;
}
