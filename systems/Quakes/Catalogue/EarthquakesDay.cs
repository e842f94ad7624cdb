namespace Quakes.Catalogue;

/// <summary>The earthquakes of a day, withdrawn ones left out: a row of <c>gold.earthquakes_days</c>.</summary>
public sealed record EarthquakesDay
{
    /// <summary>The key: the day in ISO 8601.</summary>
    public required string DayKey { get; init; }

    /// <summary>The day, UTC.</summary>
    public required DateOnly Day { get; init; }

    /// <summary>How many events happened.</summary>
    public long Events { get; init; }

    /// <summary>How many of them had a magnitude of 4.5 or more.</summary>
    public long EventsM45 { get; init; }

    /// <summary>The largest magnitude; null where no event of the day has one.</summary>
    public double? MaxMag { get; init; }

    /// <summary>The version of <c>silver.earthquakes</c> that it was counted from; the newest wins.</summary>
    public long SilverVersion { get; init; }
}
