namespace Tarn.Serving;

/// <summary>Counts of durations in buckets with fixed bounds, and their sum. Adding takes no lock and allocates nothing. Safe for use from several threads.</summary>
internal sealed class DurationBuckets
{
    /// <summary>Bounds in seconds, from 100 µs to 10 s: of what a model or an endpoint takes.</summary>
    public static readonly MetricBound[] Seconds = MetricBound.Of(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10);

    /// <summary>TensorFlow Serving's bounds in microseconds: 10 times powers of 1.8, 33 of them, up to about 24 minutes.</summary>
    public static readonly MetricBound[] Microseconds = [.. Enumerable.Range(0, 33).Select(static i => MetricBound.OfSixDigits(10 * Math.Pow(1.8, i)))];

    private readonly MetricBound[] _bounds;
    private readonly long[] _ends;
    private readonly long[] _counts;
    private readonly double _perUnit;
    private long _sum;

    /// <summary>None counted yet.</summary>
    /// <param name="bounds">The bounds, ascending.</param>
    /// <param name="perUnit">Ticks of the clock in a bound's unit.</param>
    public DurationBuckets(MetricBound[] bounds, double perUnit)
    {
        (_bounds, _perUnit) = (bounds, perUnit);
        _ends = [.. bounds.Select(b => (long)(b.Value * perUnit))];
        _counts = new long[bounds.Length + 1];
    }

    /// <summary>Counts a duration, several times where as many requests had it.</summary>
    public void Add(long ticks, int times = 1)
    {
        Interlocked.Add(ref _counts[IndexOf(Math.Max(0, ticks))], times);
        Interlocked.Add(ref _sum, Math.Max(0, ticks) * times);
    }

    /// <summary>How many were counted.</summary>
    public long Total()
    {
        var total = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            total += Volatile.Read(ref _counts[i]);
        }

        return total;
    }

    /// <summary>Writes the samples of the family that was begun.</summary>
    public void Write(MetricsWriter to, params ReadOnlySpan<MetricLabel> labels)
    {
        Span<long> counts = stackalloc long[_counts.Length];
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = Volatile.Read(ref _counts[i]);
        }

        to.Histogram(_bounds, counts, Volatile.Read(ref _sum) / _perUnit, labels);
    }

    private int IndexOf(long ticks)
    {
        // Bounds are inclusive: "le" is less or equal.
        var (low, high) = (0, _ends.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (ticks <= _ends[middle])
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
