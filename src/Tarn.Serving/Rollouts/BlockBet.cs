namespace Tarn.Serving;

/// <summary>
/// The bets on a block of yes-or-no outcomes in two groups, against the hypothesis that the canary's share of bad ones is above the control's by at most a margin: p₁ − p₀ ≤ δ.
/// </summary>
/// <remarks>
/// With n₀ and n₁ outcomes in the groups, a reference r for the control's share that is fixed before, ρ = r + δ, and a stake b ≥ 0, the block's factor is the product of 1 + b(y − ρ) over the
/// canary's outcomes y and of 1 − b(n₁/n₀)(x − r) over the control's outcomes x. It is an e-variable: where the means are p₁ and p₀ its expectation is
/// (1 + b(p₁ − ρ))^n₁ · (1 − b(n₁/n₀)(p₀ − r))^n₀, by the inequality of the means at most (1 + b·n₁(p₁ − p₀ − δ)/(n₀ + n₁))^(n₀ + n₁), and so at most 1 where p₁ − p₀ ≤ δ. It is the family of
/// the e-variables of Turner, Ly and Grünwald, "Generic e-variables for exact sequential k-sample tests that allow for optional stopping" (2024), where r is the projection of the alternative;
/// here any r will do, it only decides how fast evidence grows. As each block stands for itself, the shares may change from block to block (a bad hour for both groups is no evidence against
/// the canary), and the groups' sizes may, as long as they do not follow from the outcomes.
/// </remarks>
internal static class BlockBet
{
    private const double Edge = 1e-6;

    // No stake may lose everything at once: rounding would make of 0 less than 0, and it would never come back.
    private const double Most = 0.9;

    /// <summary>The logarithms of the factors of the stakes, each for a difference half of the one before, from the greatest that can be.</summary>
    /// <param name="block">The outcomes; the canary has some, and so has the control unless it is compared with a fixed share.</param>
    /// <param name="reference">r; of a fixed share 0.</param>
    /// <param name="margin">δ; of a fixed share that share.</param>
    /// <param name="isReversed">Against the hypothesis that it is above by at least the margin, p₁ − p₀ ≥ δ: good and bad change places.</param>
    /// <param name="logFactors">Where they go.</param>
    public static void Factors(in TestBlock block, double reference, double margin, bool isReversed, Span<double> logFactors)
    {
        var r = Math.Clamp(reference, 0, 1 - margin - Edge);
        var rho = r + margin;
        var (bad, controlBad) = (block.CanaryBad, block.ControlBad);
        if (isReversed)
        {
            (r, rho, bad, controlBad) = (1 - r, 1 - rho, block.Canary - bad, block.Control - controlBad);
        }

        var ratio = block.Control == 0 ? 0 : (double)block.Canary / block.Control;
        var variance = (rho * (1 - rho)) + (ratio * r * (1 - r));
        var most = Most * Math.Min(1 / rho, ratio > 0 ? 1 / (ratio * Math.Max(1 - r, Edge)) : double.MaxValue);
        var difference = 1 - rho;
        for (var i = 0; i < logFactors.Length; i++)
        {
            // The stake at which wealth grows fastest where the difference is this one, to the second order.
            var b = Math.Min(difference / variance, most);
            logFactors[i] = Part(bad, b * (1 - rho)) + Part(block.Canary - bad, -b * rho) + Part(controlBad, -b * ratio * (1 - r)) + Part(block.Control - controlBad, b * ratio * r);
            difference /= 2;
        }
    }

    private static double Part(long count, double gain) => count == 0 ? 0 : count * Math.Log(1 + gain);
}

/// <summary>Outcomes in both groups.</summary>
/// <param name="Control">Outcomes of the control.</param>
/// <param name="ControlBad">The bad ones of them.</param>
/// <param name="Canary">Outcomes of the canary.</param>
/// <param name="CanaryBad">The bad ones of them.</param>
internal readonly record struct TestBlock(long Control, long ControlBad, long Canary, long CanaryBad)
{
    public static TestBlock operator +(TestBlock a, TestBlock b) => new(a.Control + b.Control, a.ControlBad + b.ControlBad, a.Canary + b.Canary, a.CanaryBad + b.CanaryBad);
}
