using System.Globalization;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>
/// Decides whether a challenger takes the champion's place, on test rows that neither has seen. Every condition must hold: the minimum gain, a gain that is not chance (bootstrap,
/// McNemar), and the guards. Where there is no champion yet, the model must be surely better than guessing the most frequent class (the lower end of its accuracy's interval lies above
/// that class' share), and the guards that need no champion hold. A guard whose number was not measured does not hold.
/// </summary>
public sealed class PromotionGate
{
    private readonly GateOptions _options;

    /// <summary>A gate with these conditions.</summary>
    /// <exception cref="TarnException">An option is out of range; all such are named.</exception>
    public PromotionGate(GateOptions? options = null)
    {
        _options = options ?? new GateOptions();
        _options.Check();
    }

    /// <summary>Decides.</summary>
    /// <param name="challenger">The new model.</param>
    /// <param name="champion">The model in its place; null where there is none.</param>
    /// <exception cref="TarnException">The models predicted different rows.</exception>
    public GateVerdict Judge(GateCandidate challenger, GateCandidate? champion)
    {
        var set = challenger.Predictions;
        var interval = Bootstrap.Intervals(set, [_options.Metric], _options.Bootstrap)[0];
        var checks = new List<GateCheck>();
        ConfidenceInterval? gain = null;
        McNemarResult? test = null;
        if (champion is null)
        {
            checks.Add(FirstModel(set));
        }
        else
        {
            gain = Bootstrap.Gain(set, champion.Predictions, _options.Metric, _options.Bootstrap);
            test = McNemarResult.Test(set, champion.Predictions);
            checks.AddRange(Better(gain, test));
        }

        checks.AddRange(GateGuards.Check(_options, challenger, champion));
        var failed = checks.Where(static c => !c.Holds).Select(static c => c.Words).ToList();
        var reason = failed.Count > 0 ? string.Join(" ", failed)
            : champion is null ? $"There is no champion yet, and {(checks.Count == 1 ? "the condition for a first model holds" : $"all {checks.Count} conditions for a first model hold")}. {checks[0].Words}"
            : $"All {checks.Count} conditions hold. {checks[0].Words}";
        return new GateVerdict(
            failed.Count == 0, reason, challenger.Version, champion?.Version, set.Count, _options.Metric, set.Value(_options.Metric), champion?.Predictions.Value(_options.Metric), interval, gain, test, checks);
    }

    private GateCheck FirstModel(PredictionSet set)
    {
        var common = set.Labels.GroupBy(static l => l).OrderByDescending(static g => g.Count()).ThenBy(static g => g.Key).First();
        var share = (double)common.Count() / set.Count;
        var accuracy = Bootstrap.Intervals(set, [Metric.Accuracy], _options.Bootstrap)[0]!;
        return Of("better than guessing", accuracy.Lower > share, accuracy.Lower, share, $"The accuracy of {Text(accuracy.Estimate)}, surely {Text(accuracy.Lower)}, {{0}} above the {Text(share)} of guessing {set.Classes[common.Key].Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal)} always.");
    }

    private IEnumerable<GateCheck> Better(ConfidenceInterval? gain, McNemarResult test)
    {
        if (gain is null)
        {
            yield return new GateCheck("gain", false, null, _options.MinimumGain, $"{_options.Metric} is not defined on these test rows.");
        }
        else
        {
            yield return Of("gain", gain.Estimate >= _options.MinimumGain, gain.Estimate, _options.MinimumGain, $"The gain in {_options.Metric} of {Text(gain.Estimate)} {{0}} at least {Text(_options.MinimumGain)}.");
            if (_options.RequireInterval)
            {
                yield return Of("interval", gain.Lower > 0, gain.Lower, 0, $"The gain's interval at level {Text(gain.Level)}, {Text(gain.Lower)} to {Text(gain.Upper)}, {{0}} above 0.");
            }
        }

        if (_options.RequireMcNemar)
        {
            var words = $"Only the challenger is right on {test.OnlyChallengerRight} rows, only the champion on {test.OnlyChampionRight}; McNemar's p of {Text(test.PValue)}";
            yield return test.OnlyChallengerRight > test.OnlyChampionRight
                ? Of("mcnemar", test.PValue <= _options.Significance, test.PValue, _options.Significance, $"{words} {{0}} at most {Text(_options.Significance)}.")
                : new GateCheck("mcnemar", false, test.PValue, _options.Significance, $"{words} does not speak for the challenger.");
        }
    }

    internal static GateCheck Of(string name, bool holds, double? value, double? limit, string words) => new(name, holds, value, limit, string.Format(CultureInfo.InvariantCulture, words, holds ? "is" : "is not"));

    internal static string Text(double value) => value.ToString(Math.Abs(value) is > 0 and < 0.0001 ? "0.0e+0" : "0.####", CultureInfo.InvariantCulture);
}
