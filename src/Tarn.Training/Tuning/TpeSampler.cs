namespace Tarn.Training;

/// <summary>
/// The tree-structured Parzen estimator (Bergstra et al., 2011; the estimators as in Bergstra, Yamins and Cox, 2013): good and bad trials each have a density over every parameter; of
/// some values drawn from the good one's, that with the greatest ratio of both is taken. Parameters are modelled one by one, those that depend on a choice by the trials that have them.
/// </summary>
internal sealed class TpeSampler(SearchSpace space, TunerOptions options) : TrialSampler(space, options.Seed)
{
    public override TrialParameters Suggest(int number, IReadOnlyList<(TrialParameters Parameters, double Value)> before)
    {
        if (before.Count < options.StartupTrials)
        {
            return Random(number);
        }

        var random = RandomOf(number);
        var ranked = before.Select(static (t, i) => (t.Parameters, t.Value, i)).OrderByDescending(static t => t.Value).ThenBy(static t => t.i).Select(static t => t.Parameters).ToList();
        var good = Math.Max(2, (int)Math.Ceiling(options.GoodShare * ranked.Count));
        return Space.Fill(parameter =>
        {
            var (better, worse) = (Values(ranked.Take(good), parameter), Values(ranked.Skip(good), parameter));
            return parameter.Kind == SearchKind.Choice ? Choose(parameter, better, worse, random) : Number(parameter, better, worse, random);
        });
    }

    private static List<object> Values(IEnumerable<TrialParameters> trials, SearchParameter parameter) => [.. trials.Select(t => t.Find(parameter.Name)).OfType<object>()];

    private object Choose(SearchParameter parameter, List<object> better, List<object> worse, SeededRandom random)
    {
        double[] Weights(List<object> values)
        {
            // The prior: each text once, together as much as one trial.
            var weights = parameter.Choices.Select(c => (1.0 / parameter.Choices.Count) + values.Count(v => (string)v == c)).ToArray();
            var sum = weights.Sum();
            return [.. weights.Select(w => w / sum)];
        }

        var (good, bad) = (Weights(better), Weights(worse));
        var best = -1;
        for (var i = 0; i < options.Candidates; i++)
        {
            var drawn = Draw(good, random);
            best = best < 0 || good[drawn] / bad[drawn] > good[best] / bad[best] ? drawn : best;
        }

        return parameter.Choices[best];
    }

    private object Number(SearchParameter parameter, List<object> better, List<object> worse, SeededRandom random)
    {
        if (parameter.Low == parameter.High)
        {
            return parameter.FromLine(parameter.LineLow);
        }

        ParzenEstimator Of(List<object> values) =>
            new([.. values.Select(v => parameter.ToLine(Convert.ToDouble(v, System.Globalization.CultureInfo.InvariantCulture)))], parameter.LineLow, parameter.LineHigh);
        var (good, bad) = (Of(better), Of(worse));
        var (best, bestScore) = (0.0, double.NegativeInfinity);
        for (var i = 0; i < options.Candidates; i++)
        {
            var at = good.Draw(random);
            var score = good.LogDensity(at) - bad.LogDensity(at);
            if (score > bestScore)
            {
                (best, bestScore) = (at, score);
            }
        }

        return parameter.FromLine(best);
    }

    private static int Draw(double[] shares, SeededRandom random)
    {
        var at = random.NextDouble();
        var i = 0;
        while (i < shares.Length - 1 && at >= shares[i])
        {
            at -= shares[i++];
        }

        return i;
    }
}
