using System.Numerics;

namespace Tarn.Serving;

/// <summary>
/// Counts of latencies in buckets whose width grows with the latency: each power of two is cut into equally many (the layout of HdrHistogram). Adding allocates nothing and takes no lock;
/// the memory is fixed. Latencies are ticks of 100 ns; what is over <see cref="Most"/> counts as that.
/// </summary>
internal sealed class LatencyHistogram(int bits)
{
    /// <summary>A power of two in 32 buckets: a quantile is off by at most 1.6 %.</summary>
    public const int Fine = 5;

    /// <summary>A power of two in 8 buckets: a quantile is off by at most 6.3 %.</summary>
    public const int Coarse = 3;

    /// <summary>The longest latency that is told apart: about 114 minutes.</summary>
    public const long Most = (1L << Octaves) - 1;

    private const int Octaves = 36;

    private readonly long[] _counts = new long[(Octaves - bits + 1) << bits];

    /// <summary>Counts a latency.</summary>
    public void Add(long ticks) => Interlocked.Increment(ref _counts[IndexOf(ticks, bits)]);

    /// <summary>Forgets what was counted.</summary>
    public void Clear() => Array.Clear(_counts);

    /// <summary>What was counted so far, bucket by bucket.</summary>
    public LatencyCounts Read()
    {
        var counts = new long[_counts.Length];
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = Interlocked.Read(ref _counts[i]);
        }

        return new LatencyCounts(counts, bits);
    }

    /// <summary>The bucket of a latency.</summary>
    public static int IndexOf(long ticks, int bits)
    {
        var value = Math.Clamp(ticks, 0, Most);
        if (value < 1L << bits)
        {
            return (int)value;
        }

        var shift = BitOperations.Log2((ulong)value) - bits;
        return ((shift + 1) << bits) + (int)((value >> shift) - (1L << bits));
    }

    /// <summary>The shortest latency of a bucket.</summary>
    public static long StartOf(int index, int bits)
    {
        if (index < 1 << bits)
        {
            return index;
        }

        var shift = (index >> bits) - 1;
        return ((1L << bits) + (index & ((1 << bits) - 1))) << shift;
    }
}

/// <summary>What a histogram had counted at a moment, or between two.</summary>
internal sealed class LatencyCounts(long[] counts, int bits)
{
    /// <summary>How many latencies.</summary>
    public long Total { get; } = counts.Sum();

    /// <summary>What came after an earlier moment.</summary>
    public LatencyCounts Since(LatencyCounts earlier) => new([.. counts.Select((c, i) => c - earlier.CountOf(i))], bits);

    /// <summary>The latency under which the given part lies, in ticks: the middle of its bucket; null where nothing was counted.</summary>
    public long? Quantile(double part) => Total == 0 ? null : (LatencyHistogram.StartOf(BucketOf(part), bits) + LastOf(BucketOf(part))) / 2;

    /// <summary>The end of the bucket in which a quantile lies: <see cref="CountOver"/> is exact for it; null where nothing was counted.</summary>
    public long? QuantileEnd(double part) => Total == 0 ? null : LastOf(BucketOf(part));

    /// <summary>How many were longer than so many ticks, which are taken for the end of their bucket.</summary>
    public long CountOver(long ticks)
    {
        var sum = 0L;
        for (var i = LatencyHistogram.IndexOf(ticks, bits) + 1; i < counts.Length; i++)
        {
            sum += counts[i];
        }

        return sum;
    }

    private long CountOf(int index) => counts[index];

    private long LastOf(int index) => LatencyHistogram.StartOf(index + 1, bits) - 1;

    private int BucketOf(double part)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(part * Total));
        var sum = 0L;
        for (var i = 0; i < counts.Length; i++)
        {
            sum += counts[i];
            if (sum >= rank)
            {
                return i;
            }
        }

        return counts.Length - 1;
    }
}
