namespace Tarn.Serving;

/// <summary>
/// The wealth of somebody who bets against a hypothesis, one unit at first, in several stakes at once. Each bet is at odds that are not favourable where the hypothesis is true, so wealth
/// is then a non-negative supermartingale, and by Ville's inequality (1939) the chance that it ever reaches 1/α is at most α, however often one looks and whatever one stops for: wealth is an
/// e-process. Immutable. All values are natural logarithms.
/// </summary>
/// <remarks>
/// How large a difference there is nobody knows before, so wealth is spread over <see cref="Stakes"/> stakes, each the best one for a difference of half the size of the one before, and a
/// half is kept as cash. In each round a part of the cash, 1/(2(t + 1)) in round t, is dealt to the stakes (the fixed-share rule of Herbster and Warmuth, 1998): so a canary that is well for a long time, which costs
/// all stakes dearly, and then falls ill is found out by what was dealt since. Both are decided before the round's outcome, which is all that the promise needs.
/// </remarks>
/// <param name="Cash">What is not at stake.</param>
/// <param name="Bets">What is at each stake.</param>
/// <param name="Rounds">Rounds so far.</param>
internal sealed record BetWealth(double Cash, IReadOnlyList<double> Bets, long Rounds)
{
    /// <summary>How many stakes there are.</summary>
    public const int Stakes = 10;

    /// <summary>One unit.</summary>
    public static BetWealth Unit { get; } = new(Math.Log(0.5), [.. Enumerable.Repeat(Math.Log(0.5 / Stakes), Stakes)], 0);

    /// <summary>The logarithm of the wealth: of the e-value.</summary>
    public double LogValue => Sum(Cash, Bets);

    /// <summary>After a round in which each stake was multiplied.</summary>
    /// <param name="logFactors">The logarithms of the factors, one for each stake.</param>
    public BetWealth After(ReadOnlySpan<double> logFactors)
    {
        var share = 1 / (2.0 * (Rounds + 2));
        var dealt = Cash + Math.Log(share / Stakes);
        var bets = new double[Stakes];
        for (var i = 0; i < Stakes; i++)
        {
            bets[i] = Add(Bets[i], dealt) + logFactors[i];
        }

        return new BetWealth(Cash + Math.Log(1 - share), bets, Rounds + 1);
    }

    private static double Sum(double first, IReadOnlyList<double> others)
    {
        var sum = first;
        for (var i = 0; i < others.Count; i++)
        {
            sum = Add(sum, others[i]);
        }

        return sum;
    }

    // ln(eᵃ + eᵇ) without overflow.
    private static double Add(double a, double b) => a > b ? a + Math.Log(1 + Math.Exp(b - a)) : b + Math.Log(1 + Math.Exp(a - b));
}
