namespace Tarn.Pipelines;

/// <summary>
/// The span of time whose data a run is about: from <paramref name="Start"/>, inclusive, to <paramref name="End"/>, exclusive, both in UTC.
/// Of a scheduled run these are two successive times of its schedule, and the run starts when the interval has ended.
/// </summary>
/// <param name="Start">The first instant of it.</param>
/// <param name="End">The first instant after it; equal to <paramref name="Start"/> for a manual run of a pipeline without a schedule.</param>
public readonly record struct DataInterval(DateTimeOffset Start, DateTimeOffset End)
{
    /// <summary>How long it is.</summary>
    public TimeSpan Length() => End - Start;

    /// <summary>Whether the instant lies in it.</summary>
    public bool Contains(DateTimeOffset instant) => instant >= Start && instant < End;

    /// <inheritdoc/>
    public override string ToString() => $"[{Start.UtcDateTime:yyyy-MM-ddTHH:mm:ss.FFFZ}, {End.UtcDateTime:yyyy-MM-ddTHH:mm:ss.FFFZ})";
}
