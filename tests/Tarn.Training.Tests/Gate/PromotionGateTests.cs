using Tarn.Core;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class PromotionGateTests
{
    private static readonly GateOptions Plain = new() { Bootstrap = new BootstrapOptions { Resamples = 500 }, MaximumCalibrationLoss = null };

    [Fact]
    public void A_better_challenger_is_promoted_with_all_its_numbers()
    {
        // 500 rows: both right on 400, only the challenger on 60, only the champion on 20.
        var verdict = new PromotionGate(Plain).Judge(Of("b", 460, 0), Of("a", 400, 20));
        Assert.True(verdict.Promote, verdict.Reason);
        Assert.Equal(("b", "a", 500L), (verdict.Challenger, verdict.Champion, verdict.Rows));
        Assert.Equal((0.92, 0.84), (verdict.ChallengerValue, verdict.ChampionValue));
        Assert.Equal(0.08, verdict.Gain!.Estimate, 1e-12);
        Assert.True(verdict.Gain.Lower > 0);
        Assert.Equal((60L, 20L), (verdict.McNemar!.OnlyChallengerRight, verdict.McNemar.OnlyChampionRight));
        Assert.Equal(["gain", "interval", "mcnemar"], verdict.Checks.Select(static c => c.Name));
        Assert.Equal("All 3 conditions hold. The gain in Accuracy of 0.08 is at least 0.005.", verdict.Reason);
        Assert.Equal(verdict.ToJson(), GateVerdict.FromJson(verdict.ToJson()).ToJson());
    }

    [Fact]
    public void A_gain_that_may_be_chance_is_not_enough()
    {
        // Only the challenger on 6 rows, only the champion on 3: a gain of 0.006 that says nothing.
        var verdict = new PromotionGate(Plain).Judge(Of("b", 406, 0), Of("a", 400, 3));
        Assert.False(verdict.Promote);
        Assert.Equal([true, false, false], verdict.Checks.Select(static c => c.Holds));
        Assert.Contains("McNemar's p of 0.5078 is not at most 0.05", verdict.Reason, StringComparison.Ordinal);
        Assert.True(new PromotionGate(Plain with { RequireInterval = false, RequireMcNemar = false }).Judge(Of("b", 406, 0), Of("a", 400, 3)).Promote);
        Assert.False(new PromotionGate(Plain with { RequireInterval = false, RequireMcNemar = false, MinimumGain = 0.01 }).Judge(Of("b", 406, 0), Of("a", 400, 3)).Promote);
    }

    [Fact]
    public void A_worse_challenger_is_not_promoted_however_sure_that_is()
    {
        var verdict = new PromotionGate(Plain).Judge(Of("b", 400, 20), Of("a", 460, 0));
        Assert.False(verdict.Promote);
        Assert.All(verdict.Checks, static c => Assert.False(c.Holds));
        Assert.Contains("does not speak for the challenger", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_model_must_be_surely_better_than_guessing()
    {
        var gate = new PromotionGate(Plain);
        var good = gate.Judge(Of("a", 400, 0), null);
        Assert.True(good.Promote, good.Reason);
        Assert.Contains("no champion yet", good.Reason, StringComparison.Ordinal);
        Assert.Null(good.Champion);

        // Half of the rows are of each class; 260 of 500 right may be chance.
        var poor = gate.Judge(Of("a", 260, 0), null);
        Assert.False(poor.Promote);
        Assert.Equal(0.5, Assert.Single(poor.Checks).Limit);
    }

    [Fact]
    public void Guards_stop_what_the_metric_would_let_pass()
    {
        var options = Plain with { MaximumCalibrationLoss = 0.02, SliceFloor = 0.5, MaximumSliceLoss = 0.05, MaximumLatency = 20, MaximumLatencyRatio = 1.5 };
        var (champion, challenger) = (Of("a", 400, 20), Of("b", 460, 0));

        // All the challenger's 40 mistakes and 60 others are in the slice "old": 0.6 there, where the champion has at least as much.
        var old = Enumerable.Range(0, 500).Select(static r => r >= 400 ? "old" : "new").ToArray();
        GateCandidate Sliced(GateCandidate of, double? latency) => new(
            of.Version, new PredictionSet(of.Predictions.Probabilities, of.Predictions.Labels, of.Predictions.Classes, new Dictionary<string, IReadOnlyList<string>> { ["camera"] = old }), latency);
        var passes = new PromotionGate(options).Judge(Sliced(challenger, 14), Sliced(champion, 10));
        Assert.True(passes.Promote, passes.Reason);
        Assert.Equal(10, passes.Checks.Count);

        var slow = new PromotionGate(options).Judge(Sliced(challenger, 16), Sliced(champion, 10));
        Assert.Equal("The latency of 16 ms is not at most 1.5 × the champion's 10 ms.", slow.Reason);
        Assert.False(new PromotionGate(options).Judge(Sliced(challenger, null), Sliced(champion, 10)).Promote);
        var floor = new PromotionGate(options with { SliceFloor = 0.7 }).Judge(Sliced(challenger, 14), Sliced(champion, 10));
        Assert.Equal("The accuracy of 0.6 on 100 rows of camera=old is not at least 0.7.", floor.Reason);
        var calibration = new PromotionGate(options with { MaximumCalibrationError = 0.01 }).Judge(Sliced(challenger, 14), Sliced(champion, 10));
        Assert.Contains("The calibration error of", calibration.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Metrics_that_are_better_lower_gain_by_falling()
    {
        var verdict = new PromotionGate(Plain with { Metric = Metric.LogLoss, MinimumGain = 0.01 }).Judge(Of("b", 460, 0), Of("a", 400, 20));
        Assert.True(verdict.Promote, verdict.Reason);
        Assert.True(verdict.Gain!.Estimate > 0 && verdict.ChallengerValue < verdict.ChampionValue);
    }

    [Fact]
    public void Different_rows_and_ranges_are_refused()
    {
        Assert.Throws<TarnException>(() => new PromotionGate(Plain).Judge(new GateCandidate("b", Made.Random(50, 2, 1)), new GateCandidate("a", Made.Random(50, 2, 2))));
        var error = Assert.Throws<TarnException>(() => new PromotionGate(new GateOptions { MinimumGain = -1, Significance = 1, MinimumSliceRows = 0 }));
        Assert.All(new[] { "MinimumGain = -1", "Significance = 1", "MinimumSliceRows = 0" }, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    /// <summary>500 rows of two classes in turn; right on the first <paramref name="first"/> and on the last <paramref name="last"/>.</summary>
    private static GateCandidate Of(string version, int first, int last)
    {
        var labels = Enumerable.Range(0, 500).Select(static r => r % 2).ToArray();
        var positive = labels.Select((label, r) => (r < first || r >= 500 - last) == (label == 1) ? 0.9 : 0.1).ToArray();
        return new GateCandidate(version, Made.Binary(positive, labels));
    }
}
