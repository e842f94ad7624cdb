using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>The rules by which a rollout goes on, without any store.</summary>
public sealed class RolloutAdvanceTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly RolloutPlan Plan = new() { Canary = VariantTarget.OfVersion(2), Metrics = [RolloutMetric.Errors(0.05)], MinimumSamples = 200, Stages = [10, 50, 100] };

    [Fact]
    public void A_good_canary_passes_stage_after_stage_and_skips_none()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var (steps, _) = Run(Plan, seed, 0.01, 0.01);
            Assert.True(
                steps.SequenceEqual([(RolloutDecision.Advance, 1, RolloutStatus.Running), (RolloutDecision.Finish, 2, RolloutStatus.Promoting)]), $"seed {seed}: {string.Join(", ", steps)}");
        }
    }

    [Fact]
    public void A_bad_canary_goes_back_with_numbers_in_the_reason()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var (steps, last) = Run(Plan, seed, 0.01, 0.2);
            Assert.True(steps is [(RolloutDecision.RollBack, 0, RolloutStatus.RolledBack)], $"seed {seed}: {string.Join(", ", steps)}");
            Assert.Matches(@"too many of errors: [1-9][0-9.]* % of \d+; the control has [0-9.]+ % of \d+", last.Reason);
            Assert.Contains("5 points more are allowed", last.Reason, StringComparison.Ordinal);
            Assert.NotNull(last.EndedAt);
        }
    }

    [Fact]
    public void A_stage_waits_for_its_samples_and_a_bad_canary_for_nothing()
    {
        var plan = Plan with { MinimumSamples = 5_000 };
        var rollout = RolloutAdvance.Begin(1, "pizza", plan, Start, 1);
        while (rollout.CanaryRequests < 4_999)
        {
            var step = RolloutAdvance.Advance(rollout, Start, new RolloutCounts(new ArmCounts(100, 1), new ArmCounts(99, 1)));
            if (step.Decision != RolloutDecision.Stay)
            {
                Assert.True(step.Seen.CanaryRequests >= 5_000);
                return;
            }

            rollout = step.Next;
        }

        Assert.Fail("It never went on.");
    }

    [Theory]
    [InlineData(RolloutExpiry.Hold, RolloutDecision.Expire, RolloutStatus.Running)]
    [InlineData(RolloutExpiry.RollBack, RolloutDecision.RollBack, RolloutStatus.RolledBack)]
    public void A_stage_that_takes_too_long_is_told_once(RolloutExpiry expiry, object decision, RolloutStatus status)
    {
        var plan = Plan with { MaximumStageDuration = TimeSpan.FromHours(1), OnExpiry = expiry };
        var rollout = RolloutAdvance.Begin(1, "pizza", plan, Start, 1);
        Assert.Equal(RolloutDecision.Stay, RolloutAdvance.Advance(rollout, Start.AddMinutes(59), default).Decision);
        var step = RolloutAdvance.Advance(rollout, Start.AddMinutes(60), default);
        Assert.Equal((decision, status), (step.Decision, step.Next.Status));
        Assert.Contains("the canary answered 0 of 200 requests", step.Next.Reason, StringComparison.Ordinal);
        Assert.Equal(RolloutDecision.Stay, RolloutAdvance.Advance(step.Next, Start.AddMinutes(61), default).Decision);
    }

    [Fact]
    public void A_stage_that_took_too_long_still_goes_on_where_there_is_enough()
    {
        var held = RolloutAdvance.Begin(1, "pizza", Plan, Start, 1) with { IsExpired = true };
        var (steps, last) = Run(held, 3, 0.01, 0.01);
        Assert.Equal(RolloutDecision.Advance, steps[0].Decision);
        Assert.False(last.IsExpired);
    }

    [Fact]
    public void A_guard_alone_holds_nobody_up_and_rolls_back()
    {
        var plan = Plan with { Metrics = [RolloutMetric.Errors(0.05), RolloutMetric.NegativeFeedback(0.1)] };
        Assert.Equal(RolloutDecision.Advance, Run(plan, 1, 0.01, 0.01).Steps[0].Decision);
        var rollout = RolloutAdvance.Begin(1, "pizza", plan, Start, 1);
        for (var look = 0; look < 200; look++)
        {
            var step = RolloutAdvance.Advance(rollout, Start, new RolloutCounts(new ArmCounts(10, 0, Positive: 9, Negative: 1), new ArmCounts(0, 0, Positive: 4, Negative: 6)));
            if (step.Decision == RolloutDecision.RollBack)
            {
                Assert.Contains("negative feedback", step.Next.Reason, StringComparison.Ordinal);
                return;
            }

            rollout = step.Next;
        }

        Assert.Fail("It was never rolled back.");
    }

    [Theory]
    [InlineData(RolloutStatus.Paused)]
    [InlineData(RolloutStatus.Promoting)]
    [InlineData(RolloutStatus.Finished)]
    public void Only_a_running_rollout_is_decided(RolloutStatus status)
    {
        var rollout = RolloutAdvance.Begin(1, "pizza", Plan, Start, 1) with { Status = status };
        var step = RolloutAdvance.Advance(rollout, Start.AddYears(1), new RolloutCounts(new ArmCounts(1000, 0), new ArmCounts(1000, 1000)));
        Assert.Equal((RolloutDecision.Stay, rollout), (step.Decision, step.Next));
    }

    [Fact]
    public void The_state_comes_back_from_the_store_as_it_was()
    {
        var (_, last) = Run(Plan, 5, 0.01, 0.01);
        var state = RolloutState.Of(last);
        var json = System.Text.Json.JsonSerializer.Serialize(state, RolloutJson.Default.RolloutState);
        var read = RolloutJson.Read(json, RolloutJson.Default.RolloutState, "A state");
        Assert.Equal(json, System.Text.Json.JsonSerializer.Serialize(read, RolloutJson.Default.RolloutState));
        Assert.Equal(last.Tests[0].Harm.LogValue, read.Tests[0].Harm.LogValue);
        Assert.Equal(last.Tests[0].Seen, read.Tests[0].Seen);
    }

    [Fact]
    public void All_that_is_wrong_with_a_plan_is_told_at_once()
    {
        var plan = new RolloutPlan
        {
            Canary = new VariantTarget(),
            CanaryName = "champion",
            Stages = [50, 10, 90],
            MinimumSamples = 0,
            MaximumStageDuration = TimeSpan.Zero,
            Metrics = [RolloutMetric.Errors(0), RolloutMetric.Errors() with { SlowerThan = TimeSpan.FromSeconds(1) }],
            Alpha = 1,
        };
        var error = Assert.Throws<TarnException>(plan.Check);
        foreach (var told in (string[])["target of champion", "canary = champion", "stages = 50, 10, 90", "minimum samples = 0", "maximum stage duration", "each kind once", "margin of errors = 0", "slower than", "alpha = 1"])
        {
            Assert.Contains(told, error.Value, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_threshold_shares_alpha_among_stages_and_metrics() =>
        Assert.Equal(Math.Log(4 * 2 / 0.05), new RolloutPlan { Canary = VariantTarget.OfVersion(2) }.LogThreshold, 12);

    private static (List<(RolloutDecision Decision, int Stage, RolloutStatus Status)> Steps, Rollout Last) Run(RolloutPlan plan, int seed, double control, double canary) =>
        Run(RolloutAdvance.Begin(1, "pizza", plan, Start, 1), seed, control, canary);

    private static (List<(RolloutDecision Decision, int Stage, RolloutStatus Status)> Steps, Rollout Last) Run(Rollout rollout, int seed, double control, double canary)
    {
        List<(RolloutDecision, int, RolloutStatus)> steps = [];
        var traffic = new Traffic(seed);
        for (var second = 0; second < 1000 && rollout.Status == RolloutStatus.Running; second++)
        {
            var step = RolloutAdvance.Advance(rollout, Start.AddSeconds(second), traffic.Look(300, rollout.StagePercent / 100, control, canary));
            rollout = step.Next;
            if (step.Decision != RolloutDecision.Stay)
            {
                steps.Add((step.Decision, rollout.Stage, rollout.Status));
            }
        }

        return (steps, rollout);
    }
}
