namespace Tarn.Serving;

/// <summary>What was measured by an instrument under one set of tags. Safe for use from several threads.</summary>
internal sealed class InstrumentSeries
{
    private readonly long[]? _counts;
    private double _value;

    public InstrumentSeries(MetricLabel[] labels, int buckets) => (Labels, _counts) = (labels, buckets > 0 ? new long[buckets] : null);

    public MetricLabel[] Labels { get; }

    /// <summary>In which collection it was told of last, of an instrument that is asked.</summary>
    public int SeenIn { get; set; }

    public void Set(double value) => Volatile.Write(ref _value, value);

    public void Add(double value)
    {
        var known = Volatile.Read(ref _value);
        while (true)
        {
            var found = Interlocked.CompareExchange(ref _value, known + value, known);
            if (BitConverter.DoubleToInt64Bits(found) == BitConverter.DoubleToInt64Bits(known))
            {
                return;
            }

            known = found;
        }
    }

    public void Count(int bucket, double value)
    {
        Interlocked.Increment(ref _counts![bucket]);
        Add(value);
    }

    public void Write(MetricsWriter to, MetricBound[] bounds)
    {
        if (_counts is null)
        {
            to.Sample(Volatile.Read(ref _value), Labels);
            return;
        }

        Span<long> counts = stackalloc long[_counts.Length];
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = Volatile.Read(ref _counts[i]);
        }

        to.Histogram(bounds, counts, Volatile.Read(ref _value), Labels);
    }
}
