namespace Quakes.Catalogue;

/// <summary>The earthquakes of an hour, withdrawn ones left out: a row of <c>gold.earthquakes_hourly</c>.</summary>
public sealed record EarthquakesHourly
{
    /// <summary>The hour's start, UTC.</summary>
    public required DateTimeOffset Hour { get; init; }

    /// <summary>The key: the hour's start in ISO 8601.</summary>
    public required string HourKey { get; init; }

    /// <summary>How many events happened; 0 where all that there were have been withdrawn or moved.</summary>
    public long Events { get; init; }

    /// <summary>How many of them had a magnitude of 2.5 or more.</summary>
    public long EventsM25 { get; init; }

    /// <summary>How many of them had a magnitude of 4.5 or more.</summary>
    public long EventsM45 { get; init; }

    /// <summary>The largest magnitude.</summary>
    public double? MaxMag { get; init; }

    /// <summary>The mean magnitude.</summary>
    public double? MeanMag { get; init; }

    /// <summary>The mean depth in kilometres.</summary>
    public double? MeanDepthKm { get; init; }

    /// <summary>How many were felt by somebody.</summary>
    public long FeltEvents { get; init; }

    /// <summary>The version of <c>silver.earthquakes</c> that it was computed from; the newest wins.</summary>
    public long SilverVersion { get; init; }
}
