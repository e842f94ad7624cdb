namespace Tarn.Training;

/// <summary>McNemar's exact test of whether two models err equally often on the same rows (McNemar, 1947; binomial form).</summary>
/// <param name="OnlyChallengerRight">Rows that only the challenger gets right.</param>
/// <param name="OnlyChampionRight">Rows that only the champion gets right.</param>
/// <param name="PValue">
/// How likely a split of those rows at least as uneven would be if each model were as likely to be the right one: two-sided, 2 × P(X ≤ the smaller count), X binomial with ½, at most 1.
/// </param>
public sealed record McNemarResult(long OnlyChallengerRight, long OnlyChampionRight, double PValue)
{
    /// <summary>Compares two models.</summary>
    /// <exception cref="Tarn.Core.TarnException">The predictions are not of the same rows.</exception>
    public static McNemarResult Test(PredictionSet challenger, PredictionSet champion)
    {
        Bootstrap.CheckPaired(challenger, champion);
        var (ours, theirs) = (0L, 0L);
        for (var r = 0; r < challenger.Count; r++)
        {
            var (one, other) = (challenger.Predicted[r] == challenger.Labels[r], champion.Predicted[r] == champion.Labels[r]);
            ours += one && !other ? 1 : 0;
            theirs += other && !one ? 1 : 0;
        }

        return new McNemarResult(ours, theirs, TwoSided(ours, theirs));
    }

    internal static double TwoSided(long one, long other)
    {
        var (n, least) = (one + other, Math.Min(one, other));

        // Each term from the one before, in logarithms: 2⁻ⁿ is no double for large n.
        double log = -n * Math.Log(2), sum = 0;
        for (var i = 0L; i <= least; i++)
        {
            sum += Math.Exp(log);
            log += Math.Log((double)(n - i) / (i + 1));
        }

        return Math.Min(1, 2 * sum);
    }
}
