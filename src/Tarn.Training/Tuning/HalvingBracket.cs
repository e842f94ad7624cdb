namespace Tarn.Training;

/// <summary>A level of successive halving.</summary>
/// <param name="Trials">Trials at most.</param>
/// <param name="Budget">What each has in all.</param>
public sealed record HalvingRung(int Trials, double Budget);

/// <summary>A bracket: trials that begin together, fewer and fewer with more and more budget.</summary>
/// <param name="Number">Hyperband's s, how often the bracket is halved at most.</param>
/// <param name="Rungs">Its levels, first to last.</param>
public sealed record HalvingBracket(int Number, IReadOnlyList<HalvingRung> Rungs)
{
    /// <summary>
    /// Hyperband's brackets (Li et al., 2018, algorithm 1): with R the greatest budget in units of the least, s_max = ⌊log_η R⌋, and for s = s_max … 0
    /// n = ⌈(s_max + 1) ηˢ ÷ (s + 1)⌉ trials begin with R η⁻ˢ; at level i there are ⌊n η⁻ⁱ⌋ with ηⁱ times as much.
    /// </summary>
    public static IReadOnlyList<HalvingBracket> Hyperband(double minimumBudget, double maximumBudget, int factor)
    {
        var most = Levels(minimumBudget, maximumBudget, factor);
        return [.. Enumerable.Range(0, most + 1).Select(i => most - i).Select(s => Of(s, (int)Math.Ceiling(((most + 1) * Power(factor, s) / (s + 1)) - 1e-9), maximumBudget / Power(factor, s), factor, s))];
    }

    /// <summary>One bracket of <paramref name="trials"/> trials that begin with the least budget, down to one trial or up to the greatest budget.</summary>
    public static HalvingBracket Halving(int trials, double minimumBudget, double maximumBudget, int factor) =>
        Of(0, trials, minimumBudget, factor, Math.Min(Levels(minimumBudget, maximumBudget, factor), Levels(1, trials, factor)));

    private static HalvingBracket Of(int number, int trials, double budget, int factor, int levels) => new(
        number, [.. Enumerable.Range(0, levels + 1).Select(i => new HalvingRung(Math.Max(1, (int)((trials / Power(factor, i)) + 1e-9)), budget * Power(factor, i)))]);

    // Whole powers, not logarithms: log₃ 243 is a little under 5.
    private static int Levels(double least, double most, int factor)
    {
        var levels = 0;
        while (least * Power(factor, levels + 1) <= most * (1 + 1e-12))
        {
            levels++;
        }

        return levels;
    }

    private static double Power(int factor, int exponent) => Math.Round(Math.Pow(factor, exponent));
}
