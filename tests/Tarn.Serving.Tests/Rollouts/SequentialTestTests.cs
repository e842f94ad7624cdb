using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>What the tests of rollouts promise, by simulation: how often they are wrong though they look all the time, and how soon they are right.</summary>
public sealed class SequentialTestTests
{
    private const int Runs = 1500;
    private static readonly double Threshold = Math.Log(1 / 0.05);
    private static readonly RolloutMetric Errors = RolloutMetric.Errors(0.01);

    [Theory]
    [InlineData(0.02, 0.03, 0.5)] // At the margin, where a false alarm is likeliest.
    [InlineData(0.02, 0.03, 0.05)]
    [InlineData(0.02, 0.02, 0.25)]
    [InlineData(0.2, 0.21, 0.5)]
    [InlineData(0, 0.01, 0.5)]
    [InlineData(0.5, 0.51, 0.1)]
    public void A_canary_that_keeps_its_margin_is_seldom_accused_however_often_one_looks(double control, double canary, double share) =>
        AssertSeldom(RunsThatReach(static t => t.Harm.LogValue, share, _ => (control, canary)), $"harm, {control} and {canary}");

    [Theory]
    [InlineData(0.02, 0.03, 0.5)]
    [InlineData(0.02, 0.03, 0.05)]
    [InlineData(0.02, 0.06, 0.25)]
    [InlineData(0.2, 0.21, 0.5)]
    public void A_canary_that_breaks_its_margin_is_seldom_called_safe_however_often_one_looks(double control, double canary, double share) =>
        AssertSeldom(RunsThatReach(static t => t.Safe.LogValue, share, _ => (control, canary)), $"safe, {control} and {canary}");

    [Fact]
    public void A_bad_hour_for_both_is_no_evidence_against_the_canary() =>
        AssertSeldom(RunsThatReach(static t => t.Harm.LogValue, 0.25, static look => look % 40 < 10 ? (0.3, 0.31) : (0.01, 0.02)), "harm, errors in bursts");

    [Fact]
    public void A_bad_hour_that_comes_with_the_canarys_greater_share_is_no_evidence_against_it()
    {
        // Counted together the canary would have twice the control's errors.
        var alarms = 0;
        for (var seed = 0; seed < Runs; seed++)
        {
            var traffic = new Traffic(seed);
            var test = MetricTest.Fresh;
            var reached = false;
            for (var look = 0; look < 60 && !reached; look++)
            {
                test = test.After(Errors, MetricTest.Outcomes(Errors, look < 40 ? traffic.Look(60, 0.05, 0.01, 0.02) : traffic.Look(60, 0.7, 0.2, 0.21)));
                reached = test.Harm.LogValue >= Threshold;
            }

            alarms += reached ? 1 : 0;
        }

        AssertSeldom(alarms, "harm, a burst at a greater share");
    }

    [Theory]
    [InlineData(0.5, 6_000)]
    [InlineData(0.05, 30_000)]
    public void Three_times_the_errors_are_found_soon(double share, int requests)
    {
        var found = 0;
        const int Tries = 300;
        for (var seed = 0; seed < Tries; seed++)
        {
            found += Sooner(seed, share, 0.02, 0.06, requests, static t => t.Harm.LogValue) ? 1 : 0;
        }

        Assert.True(found >= 0.9 * Tries, $"seeds 0 to {Tries - 1}: {found} of {Tries} were found within {requests} requests");
    }

    [Fact]
    public void A_canary_like_the_control_is_shown_to_be_safe_soon()
    {
        var found = 0;
        const int Tries = 200;
        for (var seed = 0; seed < Tries; seed++)
        {
            found += Sooner(seed, 0.5, 0.02, 0.02, 40_000, static t => t.Safe.LogValue) ? 1 : 0;
        }

        Assert.True(found >= 0.9 * Tries, $"seeds 0 to {Tries - 1}: {found} of {Tries} were shown");
    }

    [Fact]
    public void A_canary_that_falls_ill_after_a_long_time_is_found()
    {
        var found = 0;
        const int Tries = 50;
        for (var seed = 0; seed < Tries; seed++)
        {
            var traffic = new Traffic(seed);
            var test = MetricTest.Fresh;
            for (var look = 0; look < 1000; look++)
            {
                test = test.After(Errors, MetricTest.Outcomes(Errors, traffic.Look(100, 0.5, 0.02, 0.02)));
            }

            for (var look = 0; look < 120 && test.Harm.LogValue < Threshold; look++)
            {
                test = test.After(Errors, MetricTest.Outcomes(Errors, traffic.Look(100, 0.5, 0.02, 0.08)));
            }

            found += test.Harm.LogValue >= Threshold ? 1 : 0;
        }

        Assert.True(found >= 0.9 * Tries, $"seeds 0 to {Tries - 1}: {found} of {Tries} were found");
    }

    [Theory]
    [InlineData(0.95, false, 0.1)]
    [InlineData(0.95, true, 0.1)]
    public void Agreement_at_the_limit_decides_seldom(double agreement, bool isSafe, double share)
    {
        var metric = RolloutMetric.Agreement(0.95);
        var alarms = 0;
        for (var seed = 0; seed < Runs; seed++)
        {
            var traffic = new Traffic(seed);
            var test = MetricTest.Fresh;
            var reached = false;
            for (var look = 0; look < 150 && !reached; look++)
            {
                test = test.After(metric, Agreement(traffic, (int)(traffic.Size(1, 200) * share) + 1, agreement));
                reached = (isSafe ? test.Safe : test.Harm).LogValue >= Threshold;
            }

            alarms += reached ? 1 : 0;
        }

        AssertSeldom(alarms, $"agreement of {agreement}");
    }

    [Theory]
    [InlineData(0.88, false)]
    [InlineData(0.99, true)]
    public void Agreement_beyond_the_limit_is_found_soon(double agreement, bool isSafe)
    {
        var metric = RolloutMetric.Agreement(0.95);
        var found = 0;
        const int Tries = 200;
        for (var seed = 0; seed < Tries; seed++)
        {
            var traffic = new Traffic(seed);
            var test = MetricTest.Fresh;
            for (var look = 0; look < 60; look++)
            {
                test = test.After(metric, Agreement(traffic, 10, agreement));
            }

            found += (isSafe ? test.MostSafe : test.Harm.LogValue) >= Threshold ? 1 : 0;
        }

        Assert.True(found >= 0.9 * Tries, $"seeds 0 to {Tries - 1}: {found} of {Tries} were found");
    }

    [Fact]
    public void No_bet_is_at_favourable_odds()
    {
        // The expectation itself, exactly, for small blocks and at the worst case: the margin.
        Span<double> factors = stackalloc double[BetWealth.Stakes];
        foreach (var (control, canary) in ((int, int)[])[(1, 1), (3, 1), (1, 4), (5, 2)])
        {
            foreach (var (rate, margin, reference) in ((double, double, double)[])[(0.02, 0.01, 0.02), (0.3, 0.05, 0.1), (0.01, 0.2, 0.5), (0.6, 0.01, 0.9)])
            {
                foreach (var isReversed in (bool[])[false, true])
                {
                    var expected = new double[BetWealth.Stakes];
                    for (var bad = 0; bad <= canary; bad++)
                    {
                        for (var controlBad = 0; controlBad <= control; controlBad++)
                        {
                            BlockBet.Factors(new TestBlock(control, controlBad, canary, bad), reference, margin, isReversed, factors);
                            var chance = Binomial(canary, bad, rate + margin) * Binomial(control, controlBad, rate);
                            for (var i = 0; i < expected.Length; i++)
                            {
                                expected[i] += chance * Math.Exp(factors[i]);
                            }
                        }
                    }

                    Assert.All(expected, e => Assert.True(e <= 1 + 1e-12, $"{e} with {control}, {canary}, {rate}, {margin}, {reference}, {isReversed}"));
                }
            }
        }
    }

    [Fact]
    public void Wealth_neither_appears_nor_vanishes_where_nothing_is_won_or_lost()
    {
        var wealth = BetWealth.Unit;
        for (var round = 0; round < 10_000; round++)
        {
            wealth = wealth.After(new double[BetWealth.Stakes]);
        }

        Assert.Equal(0, wealth.LogValue, 9);
    }

    private static int RunsThatReach(Func<MetricTest, double> evidence, double share, Func<int, (double Control, double Canary)> rates)
    {
        var alarms = 0;
        for (var seed = 0; seed < Runs; seed++)
        {
            var traffic = new Traffic(seed);
            var test = MetricTest.Fresh;
            var reached = false;
            for (var look = 0; look < 80 && !reached; look++)
            {
                var (control, canary) = rates(look);
                test = test.After(Errors, MetricTest.Outcomes(Errors, traffic.Look(traffic.Size(1, 120), share, control, canary)));
                reached = evidence(test) >= Threshold;
            }

            alarms += reached ? 1 : 0;
        }

        return alarms;
    }

    private static bool Sooner(int seed, double share, double control, double canary, int requests, Func<MetricTest, double> evidence)
    {
        // As strict as a test of a rollout of five stages and two metrics.
        var threshold = Math.Log(4 * 2 / 0.05);
        var traffic = new Traffic(seed);
        var test = MetricTest.Fresh;
        for (var sent = 0; sent < requests; sent += 100)
        {
            test = test.After(Errors, MetricTest.Outcomes(Errors, traffic.Look(100, share, control, canary)));
            if (evidence(test) >= threshold)
            {
                return true;
            }
        }

        return false;
    }

    private static TestBlock Agreement(Traffic traffic, int count, double agreement) => new(0, 0, count, count - traffic.Draw(count, agreement));

    // Three deviations above what is promised: a right test fails here once in a thousand, a wrong one always.
    private static void AssertSeldom(int alarms, string what) =>
        Assert.True(alarms <= (0.05 * Runs) + (3 * Math.Sqrt(0.05 * 0.95 * Runs)), $"{what}, seeds 0 to {Runs - 1}: {alarms} of {Runs} runs were decided wrongly; 5 % are allowed");

    private static double Binomial(int n, int k, double p)
    {
        var ways = 1.0;
        for (var i = 1; i <= k; i++)
        {
            ways *= (double)(n - k + i) / i;
        }

        return ways * Math.Pow(p, k) * Math.Pow(1 - p, n - k);
    }
}
