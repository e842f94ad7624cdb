using System.Numerics;

namespace Tarn.Training;

/// <summary>
/// Random numbers that are a function of their seeds alone, on every machine and in every version: xoshiro256** (Blackman and Vigna, 2018), its state filled by SplitMix64.
/// Several seeds (a run's seed, an epoch, a purpose) make one stream, so that an epoch's numbers do not depend on those before it.
/// </summary>
internal sealed class SeededRandom
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    public SeededRandom(params ReadOnlySpan<long> seeds)
    {
        var state = 0x9E3779B97F4A7C15UL;
        foreach (var seed in seeds)
        {
            state ^= (ulong)seed;
            state = SplitMix(ref state);
        }

        (_a, _b, _c, _d) = (SplitMix(ref state), SplitMix(ref state), SplitMix(ref state), SplitMix(ref state));
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>Evenly in [0, 1), 53 bits.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Evenly in [0, 1), 24 bits.</summary>
    public float NextSingle() => (NextBits() >> 40) * (1.0f / (1U << 24));

    /// <summary>Evenly in 0 … <paramref name="bound"/> − 1.</summary>
    public int NextInt(int bound) => (int)Math.BigMul(NextBits(), (ulong)bound, out _);

    /// <summary>From the normal distribution of mean 0 and deviation 1 (Box and Muller).</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>From the Beta distribution with both parameters <paramref name="alpha"/> &gt; 0.</summary>
    public double NextBeta(double alpha)
    {
        var (x, y) = (NextGamma(alpha), NextGamma(alpha));
        return x + y > 0 ? x / (x + y) : NextDouble() < 0.5 ? 0 : 1;
    }

    /// <summary>Puts the items into a random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    // Marsaglia and Tsang (2000); a shape under 1 through the shape above it.
    private double NextGamma(double shape)
    {
        if (shape < 1)
        {
            return NextGamma(shape + 1) * Math.Pow(1 - NextDouble(), 1 / shape);
        }

        var d = shape - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = NextNormal();
            var v = 1 + (c * x);
            v = v * v * v;
            if (v > 0 && Math.Log(1 - NextDouble()) < (0.5 * x * x) + d - (d * v) + (d * Math.Log(v)))
            {
                return d * v;
            }
        }
    }

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15UL;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
