namespace Tarn.Serving;

/// <summary>
/// The two tests of one metric in one stage: of the hypothesis that the canary keeps its margin (evidence against it is harm) and of that it does not (evidence against it shows that it is
/// safe). Immutable; what is seen makes another one.
/// </summary>
/// <param name="Seen">All outcomes of the stage.</param>
/// <param name="Waiting">Those of them that are in no block yet: one needs outcomes of both groups.</param>
/// <param name="Past">The control's outcomes in earlier blocks, also of earlier stages: what the reference is made of.</param>
/// <param name="Harm">Wealth against: it keeps its margin.</param>
/// <param name="Safe">Wealth against: it does not.</param>
/// <param name="MostSafe">The most that <paramref name="Safe"/> has been: evidence that was enough once is enough.</param>
internal sealed record MetricTest(TestBlock Seen, TestBlock Waiting, TestBlock Past, BetWealth Harm, BetWealth Safe, double MostSafe)
{
    /// <summary>The control's outcomes that only serve to know its share before the first bet.</summary>
    private const long LeastPast = 50;

    /// <summary>Before anything was seen.</summary>
    public static MetricTest Fresh { get; } = new(default, default, default, BetWealth.Unit, BetWealth.Unit, 0);

    /// <summary>For the next stage: without evidence, but knowing the control.</summary>
    public MetricTest ForNextStage() => Fresh with { Past = Past };

    /// <summary>After a look at what came since the last one.</summary>
    public MetricTest After(RolloutMetric metric, in TestBlock outcomes)
    {
        var (seen, block) = (Seen + outcomes, Waiting + outcomes);
        if (block.Canary == 0 || (metric.HasControl && block.Control == 0))
        {
            return this with { Seen = seen, Waiting = block };
        }

        if (metric.HasControl && Past.Control < LeastPast)
        {
            return this with { Seen = seen, Waiting = default, Past = Past + block };
        }

        var reference = metric.HasControl ? (Past.ControlBad + 0.5) / (Past.Control + 1) : 0;
        Span<double> factors = stackalloc double[BetWealth.Stakes];
        BlockBet.Factors(block, reference, metric.Margin, false, factors);
        var harm = Harm.After(factors);
        BlockBet.Factors(block, reference, metric.Margin, true, factors);
        var safe = Safe.After(factors);
        return new MetricTest(seen, default, Past + block, harm, safe, Math.Max(MostSafe, safe.LogValue));
    }

    /// <summary>The metric's outcomes in what was counted.</summary>
    public static TestBlock Outcomes(RolloutMetric metric, in RolloutCounts counts)
    {
        var canary = metric.Of(counts.Canary);
        var control = metric.HasControl ? metric.Of(counts.Control) : default;
        return new TestBlock(control.Count, control.Bad, canary.Count, canary.Bad);
    }
}
