using Tarn.Core;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class BootstrapTests
{
    [Fact]
    public void The_interval_of_accuracy_is_that_of_a_binomial_share()
    {
        // 80 of 100 right: the binomial's deviation is 0.04.
        var set = Made.Binary([.. Enumerable.Range(0, 100).Select(static i => i < 80 ? 0.9 : 0.1)], [.. Enumerable.Repeat(1, 100)]);
        var interval = Assert.Single(Bootstrap.Intervals(set, [Metric.Accuracy], new BootstrapOptions { Resamples = 20_000, Seed = 3 }))!;
        Assert.Equal(0.8, interval.Estimate);
        Assert.InRange(interval.Lower, 0.71, 0.73);
        Assert.InRange(interval.Upper, 0.87, 0.89);
    }

    [Fact]
    public void Intervals_hold_the_truth_about_as_often_as_they_say()
    {
        // True accuracy 0.7, 200 rows, 200 experiments: 95 % of intervals hold it; 90 to 98.5 % passes (four deviations).
        var held = 0;
        for (var i = 0; i < 200; i++)
        {
            var random = new SeededRandom(i, 77);
            var set = Made.Binary([.. Enumerable.Range(0, 200).Select(_ => random.NextDouble() < 0.7 ? 0.9 : 0.1)], [.. Enumerable.Repeat(1, 200)]);
            var interval = Bootstrap.Intervals(set, [Metric.Accuracy], new BootstrapOptions { Resamples = 400, Seed = i })[0]!;
            held += interval.Lower <= 0.7 && 0.7 <= interval.Upper ? 1 : 0;
        }

        Assert.InRange(held, 180, 197);
    }

    [Fact]
    public void The_seed_decides_and_strata_keep_their_rows()
    {
        var set = Made.Random(150, 3, 4);
        Metric[] metrics = [Metric.Accuracy, Metric.RocAuc, Metric.LogLoss];
        var options = new BootstrapOptions { Resamples = 300, Seed = 9 };
        Assert.Equal(Bootstrap.Intervals(set, metrics, options), Bootstrap.Intervals(set, metrics, options));
        Assert.NotEqual(Bootstrap.Intervals(set, metrics, options), Bootstrap.Intervals(set, metrics, options with { Seed = 10 }));

        // One row of a class: without strata a third of resamples lack it and its curve.
        var rare = Made.Binary([0.1, 0.2, 0.3, 0.9], [0, 0, 0, 1]);
        Assert.InRange(Bootstrap.Intervals(rare, [Metric.RocAuc], new BootstrapOptions { Resamples = 1000 })[0]!.Resamples, 600, 750);
        Assert.Equal(1000, Bootstrap.Intervals(rare, [Metric.RocAuc], new BootstrapOptions { Resamples = 1000, Stratified = true })[0]!.Resamples);
        Assert.Throws<TarnException>(() => Bootstrap.Intervals(set, metrics, new BootstrapOptions { Resamples = 5 }));
    }

    [Fact]
    public void A_gain_is_paired_and_positive_where_the_challenger_is_better()
    {
        var (good, bad) = (Made.Random(400, 2, 6, skill: 3), Made.Random(400, 2, 6, skill: 1));
        Assert.Equal(good.Labels, bad.Labels);
        foreach (var metric in new[] { Metric.Accuracy, Metric.LogLoss, Metric.RocAuc })
        {
            var gain = Bootstrap.Gain(good, bad, metric, new BootstrapOptions { Resamples = 500 })!;
            Assert.True(gain.Lower > 0, $"{metric}: {gain}");
            Assert.Equal(-gain.Estimate, Bootstrap.Gain(bad, good, metric, new BootstrapOptions { Resamples = 500 })!.Estimate, 1e-12);
        }

        var none = Bootstrap.Gain(good, good, Metric.Accuracy)!;
        Assert.Equal((0.0, 0.0, 0.0), (none.Estimate, none.Lower, none.Upper));
        Assert.Throws<TarnException>(() => Bootstrap.Gain(good, Made.Random(400, 2, 7), Metric.Accuracy));
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(5, 5, 1)]
    [InlineData(0, 5, 0.0625)]
    [InlineData(1, 9, 0.021484375)]
    [InlineData(10, 2, 0.03857421875)]
    public void McNemars_p_value_is_the_binomials(int one, int other, double expected) => Assert.Equal(expected, McNemarResult.TwoSided(one, other), 1e-12);

    [Fact]
    public void McNemars_p_value_of_many_rows_is_near_the_normal_one()
    {
        // 5200 against 4800: z = (400 − 1) ÷ 100 with continuity correction.
        Assert.Equal(2 * (1 - Normal.Share(3.99)), McNemarResult.TwoSided(5200, 4800), 2e-6);
        Assert.True(McNemarResult.TwoSided(100_000, 1) is >= 0 and < 1e-100);
    }

    [Fact]
    public void McNemar_counts_the_rows_that_only_one_gets_right()
    {
        var (one, other) = (Made.Binary([0.9, 0.9, 0.9, 0.1], [1, 1, 1, 1]), Made.Binary([0.9, 0.1, 0.1, 0.9], [1, 1, 1, 1]));
        Assert.Equal(new McNemarResult(2, 1, 1), McNemarResult.Test(one, other));
    }

    [Fact]
    public void Wilson_and_normal_are_those_of_tables()
    {
        Assert.Equal(0.975, Normal.Share(1.959963984540054), 1e-10);
        Assert.Equal(1.6448536269514722, Normal.Quantile(0.95), 1e-9);
        var interval = Bootstrap.Wilson(8, 10, 0.95);
        Assert.Equal((0.4901625, 0.9433178), (Math.Round(interval.Lower, 7), Math.Round(interval.Upper, 7)));
    }
}
