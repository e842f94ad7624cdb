using System.Numerics.Tensors;

namespace Tarn.Training;

/// <summary>Rows whose likeliest class has a probability in a range.</summary>
/// <param name="Lower">The range's lower end, not in it, except 0.</param>
/// <param name="Upper">Its upper end, in it.</param>
/// <param name="Count">Rows.</param>
/// <param name="MeanConfidence">Their mean probability; null where there are none.</param>
/// <param name="Accuracy">How many of them are of their likeliest class, as a share; null where there are none.</param>
public sealed record ReliabilityBin(double Lower, double Upper, long Count, double? MeanConfidence, double? Accuracy);

/// <summary>Whether probabilities are what they say.</summary>
public static class Calibration
{
    /// <summary>The reliability diagram: the rows by the probability of their likeliest class.</summary>
    /// <param name="set">The predictions.</param>
    /// <param name="bins">Bins of equal width, at least 1; default 15.</param>
    public static IReadOnlyList<ReliabilityBin> Reliability(this PredictionSet set, int bins = 15)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        return
        [
            .. Bin(set, bins, default).Select((bin, i) => new ReliabilityBin(
                (double)i / bins, (i + 1.0) / bins, bin.Rows, bin.Rows == 0 ? null : bin.Confidence / bin.Rows, bin.Rows == 0 ? null : (double)bin.Right / bin.Rows)),
        ];
    }

    internal static (long Rows, long Right, double Confidence)[] Bin(PredictionSet set, int bins, ReadOnlySpan<int> times)
    {
        var result = new (long Rows, long Right, double Confidence)[bins];
        for (var r = 0; r < set.Count; r++)
        {
            var n = times.IsEmpty ? 1 : times[r];
            var row = set.Probabilities.Row(r);
            var top = TensorPrimitives.IndexOfMax<float>(row);
            ref var bin = ref result[Math.Clamp((int)Math.Ceiling((double)row[top] * bins) - 1, 0, bins - 1)];
            bin.Rows += n;
            bin.Right += top == set.Labels[r] ? n : 0;
            bin.Confidence += n * (double)row[top];
        }

        return result;
    }

    internal static double Error((long Rows, long Right, double Confidence)[] bins)
    {
        double off = 0, rows = 0;
        foreach (var bin in bins)
        {
            off += Math.Abs(bin.Right - bin.Confidence);
            rows += bin.Rows;
        }

        return off / rows;
    }
}
