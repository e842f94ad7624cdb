using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Tarn.Serving;

/// <summary>
/// What one instrument has measured, by its tags. A measurement under tags that were seen before allocates nothing and takes no lock. Beyond <see cref="MostSeries"/> sets of tags, further ones
/// are counted together, as OpenTelemetry does.
/// </summary>
internal sealed class InstrumentTable
{
    /// <summary>How many sets of tags are told apart.</summary>
    public const int MostSeries = 2000;

    private static readonly double[] DefaultSeconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
    private static readonly double[] DefaultBounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

    private readonly ConcurrentDictionary<TagSet, InstrumentSeries> _series = new(new TagSetComparer());
    private readonly ConcurrentDictionary<TagSet, InstrumentSeries>.AlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>> _byTags;
    private readonly InstrumentSeries _overflow;
    private readonly MetricBound[] _bounds;
    private readonly bool _isAbsolute;
    private int _made;
    private int _overflown;

    /// <summary>Nothing measured yet.</summary>
    public InstrumentTable(Instrument instrument)
    {
        var type = instrument.GetType();
        var kind = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        _isAbsolute = instrument.IsObservable || kind == typeof(Gauge<>);
        Kind = kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>) ? MetricKind.Counter : kind == typeof(Histogram<>) ? MetricKind.Histogram : MetricKind.Gauge;
        IsObservable = instrument.IsObservable;
        _bounds = Kind == MetricKind.Histogram ? MetricBound.Of(BoundsOf(instrument)) : [];
        (Name, Unit) = InstrumentNames.Family(instrument.Name, instrument.Unit, Kind);
        Help = string.IsNullOrEmpty(instrument.Description) ? instrument.Name : instrument.Description;
        _byTags = _series.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
        _overflow = Make(new KeyValuePair<string, object?>("otel.metric.overflow", true));
    }

    public string Name { get; }

    public string? Unit { get; }

    public string Help { get; }

    public MetricKind Kind { get; }

    /// <summary>Whether it is asked, rather than told of.</summary>
    public bool IsObservable { get; }

    /// <summary>The collection that is under way, of an instrument that is asked.</summary>
    public int Collection { get; set; }

    /// <summary>A measurement.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!_byTags.TryGetValue(tags, out var series))
        {
            series = Add(tags);
        }

        if (IsObservable)
        {
            series.SeenIn = Collection;
        }

        if (Kind == MetricKind.Histogram)
        {
            series.Count(IndexOf(value), value);
        }
        else if (_isAbsolute)
        {
            series.Set(value);
        }
        else
        {
            series.Add(value);
        }
    }

    /// <summary>Writes the family; nothing where nothing was measured. Of an instrument that is asked, what it no longer tells is forgotten.</summary>
    public void Write(MetricsWriter to)
    {
        var isFirst = true;
        foreach (var (tags, series) in _series)
        {
            if (IsObservable && series.SeenIn != Collection)
            {
                if (_series.TryRemove(tags, out _))
                {
                    Interlocked.Decrement(ref _made);
                }

                continue;
            }

            Begin(to, ref isFirst);
            series.Write(to, _bounds);
        }

        if (Volatile.Read(ref _overflown) != 0)
        {
            Begin(to, ref isFirst);
            _overflow.Write(to, _bounds);
        }
    }

    private void Begin(MetricsWriter to, ref bool isFirst)
    {
        if (isFirst)
        {
            to.Family(Name, Kind, Help, Unit);
            isFirst = false;
        }
    }

    private InstrumentSeries Add(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (Volatile.Read(ref _made) >= MostSeries)
        {
            Volatile.Write(ref _overflown, 1);
            return _overflow;
        }

        var made = Make(tags);
        var kept = _series.GetOrAdd(new TagSet(tags.ToArray()), made);
        if (ReferenceEquals(kept, made))
        {
            Interlocked.Increment(ref _made);
        }

        return kept;
    }

    private InstrumentSeries Make(params ReadOnlySpan<KeyValuePair<string, object?>> tags) => new(InstrumentNames.Labels(tags), Kind == MetricKind.Histogram ? _bounds.Length + 1 : 0);

    private int IndexOf(double value)
    {
        var index = 0;
        while (index < _bounds.Length && value > _bounds[index].Value)
        {
            index++;
        }

        return index;
    }

    private static double[] BoundsOf(Instrument instrument)
    {
        double[]? advised = instrument switch
        {
            Histogram<double> { Advice.HistogramBucketBoundaries: { } doubles } => [.. doubles],
            Histogram<float> { Advice.HistogramBucketBoundaries: { } floats } => [.. floats],
            Histogram<long> { Advice.HistogramBucketBoundaries: { } longs } => [.. longs],
            Histogram<int> { Advice.HistogramBucketBoundaries: { } ints } => [.. ints],
            _ => null,
        };
        return advised ?? (instrument.Unit == "s" ? DefaultSeconds : DefaultBounds);
    }
}
