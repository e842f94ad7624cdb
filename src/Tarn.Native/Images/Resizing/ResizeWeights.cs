namespace Tarn.Native;

/// <summary>
/// For each pixel of a side of the result: where its sources begin, how many there are, and their weights: whole multiples of 2⁻¹⁴ that sum up to exactly 1.
/// All that is computed with them is computed in integers, so that the result is the same on every processor.
/// </summary>
internal sealed class ResizeWeights
{
    internal const int FractionBits = 14;
    private const int One = 1 << FractionBits;

    private ResizeWeights(int length, int taps)
    {
        Taps = taps;
        Pairs = (taps + 1) / 2;
        Starts = new int[length];
        Values = new short[length * Pairs * 2];
    }

    /// <summary>The sources of every pixel, all of them inside the source; those past its own weigh nothing.</summary>
    internal int Taps { get; }

    /// <summary>Pairs of weights for every pixel. Where the taps are odd the last weight is zero, and its source may lie outside.</summary>
    internal int Pairs { get; }

    internal int[] Starts { get; }

    internal short[] Values { get; }

    internal static ResizeWeights Create(int source, int target, ResizeFilter filter)
    {
        var scale = (double)source / target;
        var isWidened = filter is ResizeFilter.BilinearAntialias or ResizeFilter.Lanczos3Antialias;
        var stretch = isWidened ? Math.Max(scale, 1) : 1;
        var support = (filter == ResizeFilter.Lanczos3Antialias ? 3 : 1) * stretch;
        var taps = Math.Min(source, (int)Math.Ceiling(support * 2) + 1);
        var result = new ResizeWeights(target, taps);
        var exact = new double[taps];
        for (var i = 0; i < target; i++)
        {
            var centre = (i + 0.5) * scale;
            var first = Math.Max(0, (int)Math.Floor(centre - support + 0.5));
            var last = Math.Min(source, (int)Math.Floor(centre + support + 0.5));
            var start = Math.Clamp(first, 0, source - taps);
            Array.Clear(exact);
            var sum = 0.0;
            for (var s = first; s < last && s - start < taps; s++)
            {
                var weight = filter == ResizeFilter.Lanczos3Antialias ? Lanczos((s + 0.5 - centre) / stretch) : Triangle((s + 0.5 - centre) / stretch);
                exact[s - start] += weight;
                sum += weight;
            }

            result.Starts[i] = start;
            Quantize(exact, sum, result.Values.AsSpan(i * result.Pairs * 2, taps));
        }

        return result;
    }

    private static void Quantize(ReadOnlySpan<double> exact, double sum, Span<short> weights)
    {
        // What rounding takes from the sum goes to the heaviest weight, where it is smallest in proportion.
        var (left, heaviest) = (One, 0);
        for (var t = 0; t < exact.Length; t++)
        {
            var whole = (int)Math.Round(exact[t] / sum * One, MidpointRounding.ToEven);
            left -= whole;
            weights[t] = (short)whole;
            heaviest = exact[t] > exact[heaviest] ? t : heaviest;
        }

        weights[heaviest] += (short)left;
    }

    private static double Triangle(double x) => Math.Max(0, 1 - Math.Abs(x));

    private static double Lanczos(double x) => Math.Abs(x) < 3 ? Sinc(x) * Sinc(x / 3) : 0;

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);
}
