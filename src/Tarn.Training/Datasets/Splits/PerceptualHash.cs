using System.Numerics;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>
/// 64 bits of what an image looks like, those of images that look alike differing in few: the image in 32 × 32 shades of grey, its discrete cosine transform, of this the 64
/// lowest frequencies without the mean, a bit for each that says whether it is above their median. It survives another size, another quality, another format and small
/// changes of brightness, and not turning, mirroring or cropping. Computed in whole numbers: the same bits on every machine.
/// </summary>
public static class PerceptualHash
{
    private const int Side = 32;
    private const int Bits = 64;
    private const int Scale = 1 << 14;

    // A cosine of one shade of grey gives each sum half its length, times the scale, in both directions.
    private const long OneShade = (Side / 2L * Scale) * (Side / 2L * Scale);

    private static readonly int[] Cosines = MakeCosines();
    private static readonly (int U, int V)[] Frequencies = MakeFrequencies();

    /// <summary>The bits of an image; null where it is of one shade, or nearly, so that there is nothing to compare.</summary>
    /// <param name="image">The image, of any size.</param>
    public static ulong? Of(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        Span<int> grey = stackalloc int[Side * Side];
        var pixels = ImageResize.Resize(image, Side, Side).Pixels.Span;
        for (var i = 0; i < grey.Length; i++)
        {
            grey[i] = ((77 * pixels[3 * i]) + (150 * pixels[(3 * i) + 1]) + (29 * pixels[(3 * i) + 2])) >> 8;
        }

        Span<long> values = stackalloc long[Bits];
        Transform(grey, values);
        Span<long> sorted = stackalloc long[Bits];
        values.CopyTo(sorted);
        sorted.Sort();
        if (Math.Max(-sorted[0], sorted[^1]) < OneShade)
        {
            return null;
        }

        var median = sorted[(Bits / 2) - 1];
        var hash = 0UL;
        for (var i = 0; i < Bits; i++)
        {
            hash |= values[i] > median ? 1UL << i : 0;
        }

        return hash;
    }

    /// <summary>In how many bits two hashes differ, 0 to 64.</summary>
    public static int Distance(ulong a, ulong b) => BitOperations.PopCount(a ^ b);

    private static void Transform(ReadOnlySpan<int> grey, Span<long> values)
    {
        // Rows first: a sum for each row and each frequency that is needed.
        const int Needed = 11;
        Span<int> rows = stackalloc int[Side * Needed];
        for (var y = 0; y < Side; y++)
        {
            for (var u = 0; u < Needed; u++)
            {
                var sum = 0;
                for (var x = 0; x < Side; x++)
                {
                    sum += grey[(y * Side) + x] * Cosines[(u * Side) + x];
                }

                rows[(y * Needed) + u] = sum;
            }
        }

        for (var i = 0; i < Bits; i++)
        {
            var (u, v) = Frequencies[i];
            var sum = 0L;
            for (var y = 0; y < Side; y++)
            {
                sum += (long)rows[(y * Needed) + u] * Cosines[(v * Side) + y];
            }

            values[i] = sum;
        }
    }

    private static int[] MakeCosines()
    {
        var cosines = new int[Side * Side];
        for (var u = 0; u < Side; u++)
        {
            for (var x = 0; x < Side; x++)
            {
                cosines[(u * Side) + x] = (int)Math.Round(Math.Cos(((2 * x) + 1) * u * Math.PI / (2 * Side)) * Scale);
            }
        }

        return cosines;
    }

    /// <summary>The lowest frequencies by the sum of both directions: 65 have a sum of up to 10, the mean among them.</summary>
    private static (int U, int V)[] MakeFrequencies() =>
        [.. Enumerable.Range(1, 10).SelectMany(static sum => Enumerable.Range(0, sum + 1).Select(u => (u, sum - u))).Take(Bits)];
}
