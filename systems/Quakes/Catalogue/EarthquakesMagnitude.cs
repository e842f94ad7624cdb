namespace Quakes.Catalogue;

/// <summary>The earthquakes of a day by whole magnitudes, withdrawn ones left out: a row of <c>gold.earthquakes_magnitudes</c>.</summary>
public sealed record EarthquakesMagnitude
{
    /// <summary>The day, UTC.</summary>
    public required DateOnly Day { get; init; }

    /// <summary>The key: the day and the bin, as in <c>2026-11-22/4</c>.</summary>
    public required string BinKey { get; init; }

    /// <summary>The bin's lower end: magnitudes from this number up to the next; null for events without a magnitude.</summary>
    public long? MagBin { get; init; }

    /// <summary>How many events; 0 where all that there were have been withdrawn or moved.</summary>
    public long Events { get; init; }

    /// <summary>The version of <c>silver.earthquakes</c> that it was computed from; the newest wins.</summary>
    public long SilverVersion { get; init; }
}
