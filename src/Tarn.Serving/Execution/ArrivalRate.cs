namespace Tarn.Serving;

/// <summary>
/// How often requests come: a count of arrivals that fades with a time constant of a dozen times the time that is asked about. It takes a dozen arrivals, close together, before more
/// are expected, and a pause is forgotten by as many. Guarded by its owner's lock.
/// </summary>
/// <param name="frequency">The clock's timestamps a second.</param>
/// <param name="within">The time that is asked about; more than 0.</param>
internal sealed class ArrivalRate(long frequency, TimeSpan within)
{
    private const double Horizon = 12;

    private readonly double _span = within.TotalSeconds * frequency;
    private double _count;
    private long _last;

    /// <summary>A request came.</summary>
    public void Add(long now)
    {
        _count = Faded(now) + 1;
        _last = Math.Max(_last, now);
    }

    /// <summary>Requests that are to be expected within a time from now.</summary>
    public double Expected(long now, TimeSpan left) => Faded(now) / Horizon * (left.TotalSeconds * frequency / _span);

    private double Faded(long now) => _count * Math.Exp(-Math.Max(0, now - _last) / (Horizon * _span));
}
