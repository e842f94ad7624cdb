namespace Tarn.Serving;

/// <summary>
/// How many rows of requests come a second: an exponentially weighted mean of the gaps between them, over about the last dozen. It forgets within as many arrivals, and a long gap
/// is seen while it lasts. Guarded by its owner's lock.
/// </summary>
internal sealed class ArrivalRate(long frequency)
{
    private const double Weight = 1.0 / 12;

    private long _last;
    private double _gap = double.PositiveInfinity;

    /// <summary>A request with so many rows came.</summary>
    public void Add(long now, int rows)
    {
        if (_last != 0)
        {
            var gap = (double)Math.Max(0, now - _last) / Math.Max(1, rows);
            _gap = double.IsPositiveInfinity(_gap) ? gap : _gap + (Weight * (gap - _gap));
        }

        _last = now;
    }

    /// <summary>Rows that are to be expected within a time from now.</summary>
    public double Expected(long now, TimeSpan within)
    {
        // Nobody having come for longer than the mean is news.
        var gap = Math.Max(_gap, now - _last);
        return gap <= 0 ? double.PositiveInfinity : within.TotalSeconds * frequency / gap;
    }
}
