namespace Tarn.Training;

/// <summary>What must not become worse while the metric becomes better.</summary>
internal static class GateGuards
{
    public static IEnumerable<GateCheck> Check(GateOptions options, GateCandidate challenger, GateCandidate? champion) =>
        [.. Calibration(options, challenger, champion), .. Slices(options, challenger, champion), .. Latency(options, challenger, champion)];

    private static IEnumerable<GateCheck> Calibration(GateOptions options, GateCandidate challenger, GateCandidate? champion)
    {
        var error = challenger.Predictions.Value(Metric.CalibrationError)!.Value;
        if (options.MaximumCalibrationError is { } most)
        {
            yield return PromotionGate.Of("calibration", error <= most, error, most, $"The calibration error of {PromotionGate.Text(error)} {{0}} at most {PromotionGate.Text(most)}.");
        }

        if (options.MaximumCalibrationLoss is { } loss && champion is not null)
        {
            var theirs = champion.Predictions.Value(Metric.CalibrationError)!.Value;
            var limit = theirs + loss;
            yield return PromotionGate.Of(
                "calibration against champion", error <= limit, error, limit, $"The calibration error of {PromotionGate.Text(error)} {{0}} at most the champion's {PromotionGate.Text(theirs)} + {PromotionGate.Text(loss)}.");
        }
    }

    private static IEnumerable<GateCheck> Slices(GateOptions options, GateCandidate challenger, GateCandidate? champion)
    {
        var (ours, theirs) = (challenger.Predictions, champion?.Predictions);
        foreach (var (dimension, values) in ours.Slices.OrderBy(static s => s.Key, StringComparer.Ordinal))
        {
            foreach (var slice in Enumerable.Range(0, ours.Count).GroupBy(r => values[r], StringComparer.Ordinal).OrderBy(static g => g.Key, StringComparer.Ordinal))
            {
                var rows = slice.ToList();
                if (rows.Count < options.MinimumSliceRows)
                {
                    continue;
                }

                var (name, accuracy) = ($"slice {dimension}={slice.Key}", Accuracy(ours, rows));
                var words = $"The accuracy of {PromotionGate.Text(accuracy)} on {rows.Count} rows of {Escape(dimension)}={Escape(slice.Key)} {{0}} at least";
                if (options.SliceFloor is { } floor)
                {
                    yield return PromotionGate.Of(name, accuracy >= floor, accuracy, floor, $"{words} {PromotionGate.Text(floor)}.");
                }

                if (options.MaximumSliceLoss is { } loss && theirs is not null)
                {
                    var before = Accuracy(theirs, rows);
                    yield return PromotionGate.Of(
                        name + " against champion", accuracy >= before - loss, accuracy, before - loss, $"{words} the champion's {PromotionGate.Text(before)} − {PromotionGate.Text(loss)}.");
                }
            }
        }
    }

    private static IEnumerable<GateCheck> Latency(GateOptions options, GateCandidate challenger, GateCandidate? champion)
    {
        if (options.MaximumLatency is { } most)
        {
            yield return Compare("latency", challenger.LatencyMilliseconds, most, $"{PromotionGate.Text(most)} ms");
        }

        if (options.MaximumLatencyRatio is { } ratio && champion is not null)
        {
            yield return Compare("latency against champion", challenger.LatencyMilliseconds, champion.LatencyMilliseconds * ratio, $"{PromotionGate.Text(ratio)} × the champion's {Measured(champion.LatencyMilliseconds)}");
        }
    }

    private static GateCheck Compare(string name, double? latency, double? limit, string said) => latency is null || limit is null
        ? new GateCheck(name, false, latency, limit, $"The latency, {Measured(latency)}, cannot be compared with {said}.")
        : PromotionGate.Of(name, latency <= limit, latency, limit, $"The latency of {Measured(latency)} {{0}} at most {said}.");

    private static string Measured(double? latency) => latency is { } value ? $"{PromotionGate.Text(value)} ms" : "not measured";

    private static double Accuracy(PredictionSet set, List<int> rows) => (double)rows.Count(r => set.Predicted[r] == set.Labels[r]) / rows.Count;

    // Braces of a slice's name are not places of the format.
    private static string Escape(string text) => text.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
}
