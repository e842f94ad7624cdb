namespace Quakes.Feeds.Simulation;

/// <summary>
/// A small random stream that is a pure function of its seed on every platform and version (SplitMix64: Steele, Lea, Flood,
/// "Fast splittable pseudorandom number generators", 2014).
/// </summary>
internal struct SeededRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A stream for a purpose of its own.</summary>
    public static SeededRandom For(ulong seed, ulong purpose) => new(Mix(seed ^ Mix(purpose + 0x9E3779B97F4A7C15UL)));

    public ulong Next() => Mix(_state += 0x9E3779B97F4A7C15UL);

    /// <summary>At least 0 and below 1.</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    public double Between(double least, double most) => least + ((most - least) * Uniform());

    public double Exponential(double mean) => -mean * Math.Log(1 - Uniform());

    public double Normal(double deviation)
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - Uniform()));
        return deviation * radius * Math.Cos(2 * Math.PI * Uniform());
    }

    public int Poisson(double mean)
    {
        if (mean > 500)
        {
            return Math.Max(0, (int)Math.Round(mean + Normal(Math.Sqrt(mean))));
        }

        var (limit, product, count) = (Math.Exp(-mean), Uniform(), 0);
        while (product > limit)
        {
            product *= Uniform();
            count++;
        }

        return count;
    }

    public bool Chance(double probability) => Uniform() < probability;

    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
