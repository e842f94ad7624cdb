using System.Globalization;

namespace Tarn.Serving;

/// <summary>What a look at a rollout led to.</summary>
internal enum RolloutDecision
{
    Stay,
    Advance,
    RollBack,
    Finish,
    Expire,
}

/// <summary>What a look came to.</summary>
/// <param name="Seen">The rollout with all that was counted: what the decision was made by.</param>
/// <param name="Next">The rollout as it is to be.</param>
/// <param name="Decision">What was decided.</param>
internal readonly record struct RolloutStep(Rollout Seen, Rollout Next, RolloutDecision Decision);

/// <summary>The rules by which a rollout goes from stage to stage: a function of the rollout, the time and what was counted, and of nothing else.</summary>
internal static class RolloutAdvance
{
    /// <summary>A rollout that begins.</summary>
    public static Rollout Begin(long id, string endpoint, RolloutPlan plan, DateTimeOffset now, long? champion) => new()
    {
        Id = id,
        Endpoint = endpoint,
        Plan = plan,
        StartedAt = now,
        StageStartedAt = now,
        SlowerThan = plan.Metrics.FirstOrDefault(static m => m.SlowerThan is not null)?.SlowerThan,
        Tests = [.. plan.Metrics.Select(static _ => MetricTest.Fresh)],
        ChampionVersion = champion,
        Revision = 1,
    };

    /// <summary>Whether it waits for the threshold of slow answers.</summary>
    public static bool IsToCalibrate(Rollout rollout) => rollout.SlowerThan is null && rollout.Plan.Metrics.Any(static m => m.Kind == RolloutMetricKind.SlowAnswers);

    /// <summary>Looks at a rollout. One that is not running stays as it is.</summary>
    /// <param name="rollout">As it is.</param>
    /// <param name="now">The time.</param>
    /// <param name="counts">What was counted since the last look.</param>
    public static RolloutStep Advance(Rollout rollout, DateTimeOffset now, in RolloutCounts counts)
    {
        if (rollout.Status != RolloutStatus.Running)
        {
            return new RolloutStep(rollout, rollout, RolloutDecision.Stay);
        }

        var next = Observe(rollout, counts);
        var (plan, threshold) = (next.Plan, next.Plan.LogThreshold);
        for (var i = 0; i < plan.Metrics.Count; i++)
        {
            if (next.Tests[i].Harm.LogValue >= threshold)
            {
                return RollBack(next, now, Harm(plan.Metrics[i], next.Tests[i], threshold));
            }
        }

        if (next.CanaryRequests >= plan.MinimumSamples && IsSafe(next, threshold))
        {
            return Pass(next, now);
        }

        if (!next.IsExpired && now - next.StageStartedAt >= plan.MaximumStageDuration)
        {
            var reason = $"The stage of {Percent(next.StagePercent)} has not shown enough within {plan.MaximumStageDuration}: {Missing(next, threshold)}.";
            return plan.OnExpiry == RolloutExpiry.RollBack ? RollBack(next, now, reason) : new RolloutStep(next, next with { IsExpired = true, Reason = reason }, RolloutDecision.Expire);
        }

        return new RolloutStep(next, next, RolloutDecision.Stay);
    }

    /// <summary>Ends it: everything goes back to the control.</summary>
    public static RolloutStep RollBack(Rollout rollout, DateTimeOffset now, string reason) =>
        new(rollout, rollout with { Status = RolloutStatus.RolledBack, Reason = reason, EndedAt = now, PausedAt = null }, RolloutDecision.RollBack);

    /// <summary>The endpoint's route as the rollout wants it.</summary>
    public static Route Apply(Rollout rollout, Route route)
    {
        var plan = rollout.Plan;
        var control = route.Find(plan.Control) ?? new Variant(plan.Control, VariantTarget.OfAlias(Registry.RegisteredModels.Champion), 100);
        return rollout.Status switch
        {
            RolloutStatus.Finished when plan.OnSuccess == RolloutSuccess.PromoteChampion =>
                route.WithVariants(new Variant(plan.Control, VariantTarget.OfAlias(Registry.RegisteredModels.Champion), 100)),
            RolloutStatus.Finished => route.WithVariants(new Variant(plan.CanaryName, plan.Canary, 100)),
            RolloutStatus.RolledBack or RolloutStatus.Aborted => route.WithVariants(control with { Weight = 100 }),
            _ => route.WithVariants(control with { Weight = 100 - rollout.StagePercent }, new Variant(plan.CanaryName, plan.Canary, rollout.StagePercent)),
        };
    }

    /// <summary>A share in percent, as it stands in reasons.</summary>
    public static string Percent(double percent) => percent.ToString("0.##", CultureInfo.InvariantCulture) + " %";

    private static Rollout Observe(Rollout rollout, in RolloutCounts counts)
    {
        var tests = new MetricTest[rollout.Tests.Count];
        for (var i = 0; i < tests.Length; i++)
        {
            tests[i] = rollout.Tests[i].After(rollout.Plan.Metrics[i], MetricTest.Outcomes(rollout.Plan.Metrics[i], counts));
        }

        return rollout with
        {
            Tests = tests,
            SlowerThan = rollout.SlowerThan ?? (counts.SlowerThan is { } ticks ? new TimeSpan(ticks) : null),
            ControlRequests = rollout.ControlRequests + counts.Control.Requests,
            CanaryRequests = rollout.CanaryRequests + counts.Canary.Requests,
        };
    }

    private static RolloutStep Pass(Rollout rollout, DateTimeOffset now)
    {
        var stage = rollout.Stage + 1;
        var isLast = stage == rollout.Plan.Stages.Count - 1;
        var reason = string.Create(
            CultureInfo.InvariantCulture,
            $"The canary kept its margins at {Percent(rollout.StagePercent)} of the requests, {rollout.CanaryRequests} of them answered by it.");
        var next = rollout with
        {
            Stage = stage,
            StageStartedAt = now,
            IsExpired = false,
            Reason = reason,
            Status = isLast ? RolloutStatus.Promoting : RolloutStatus.Running,
            ControlRequests = isLast ? rollout.ControlRequests : 0,
            CanaryRequests = isLast ? rollout.CanaryRequests : 0,
            Tests = isLast ? rollout.Tests : [.. rollout.Tests.Select(static t => t.ForNextStage())],
        };
        return new RolloutStep(rollout, next, isLast ? RolloutDecision.Finish : RolloutDecision.Advance);
    }

    private static bool IsSafe(Rollout rollout, double threshold)
    {
        for (var i = 0; i < rollout.Tests.Count; i++)
        {
            if (!rollout.Plan.Metrics[i].IsGuardOnly && rollout.Tests[i].MostSafe < threshold)
            {
                return false;
            }
        }

        return true;
    }

    private static string Harm(RolloutMetric metric, MetricTest test, double threshold)
    {
        var evidence = new RolloutEvidence(metric, test);
        var against = metric.HasControl
            ? string.Create(CultureInfo.InvariantCulture, $"the control has {Share(evidence.ControlRate)} of {evidence.ControlCount}, and {100 * metric.Margin:0.##} points more are allowed")
            : string.Create(CultureInfo.InvariantCulture, $"{Share(metric.Margin)} is allowed");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"The canary has too many of {metric.Words}: {Share(evidence.CanaryRate)} of {evidence.CanaryCount}; {against}. The e-value is e^{evidence.LogHarm:0.##}, over the threshold e^{threshold:0.##}.");
    }

    private static string Share(double? rate) => rate is { } share ? Percent(100 * share) : "none";

    private static string Missing(Rollout rollout, double threshold)
    {
        List<string> missing = [];
        RouteRules.Add(missing, rollout.CanaryRequests >= rollout.Plan.MinimumSamples, $"the canary answered {rollout.CanaryRequests} of {rollout.Plan.MinimumSamples} requests");
        for (var i = 0; i < rollout.Tests.Count; i++)
        {
            var (metric, test) = (rollout.Plan.Metrics[i], rollout.Tests[i]);
            RouteRules.Add(missing, metric.IsGuardOnly || test.MostSafe >= threshold, $"the e-value for {metric.Words} is e^{test.MostSafe:0.##} of e^{threshold:0.##}");
        }

        return string.Join(", ", missing);
    }
}
