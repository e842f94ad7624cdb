namespace Quakes.Catalogue;

/// <summary>A version as it was received, with where it came from: a row of <c>bronze.earthquakes</c>, which is only ever appended to.</summary>
public sealed record EarthquakeReceived
{
    /// <summary>The event's id at its source, as in <c>us7000abcd</c>.</summary>
    public required string Id { get; init; }

    /// <summary>When the event happened (UTC, milliseconds).</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>When its source last changed what it says of the event (UTC, milliseconds).</summary>
    public required DateTimeOffset Updated { get; init; }

    /// <summary>Degrees east, -180 to 180.</summary>
    public double? Longitude { get; init; }

    /// <summary>Degrees north, -90 to 90.</summary>
    public double? Latitude { get; init; }

    /// <summary>Depth in kilometres; slightly negative above sea level.</summary>
    public double? DepthKm { get; init; }

    /// <summary>Magnitude, on the scale that <see cref="MagType"/> names.</summary>
    public double? Mag { get; init; }

    /// <summary>The magnitude's scale: ml, md, mb, mww and others.</summary>
    public string? MagType { get; init; }

    /// <summary>The place in words.</summary>
    public string? Place { get; init; }

    /// <summary>What happened: earthquake, quarry blast, explosion and others.</summary>
    public string? EventType { get; init; }

    /// <summary>automatic, reviewed or deleted, in lower case; other words are kept.</summary>
    public string? Status { get; init; }

    /// <summary>1 where a tsunami bulletin is linked, else 0.</summary>
    public long? Tsunami { get; init; }

    /// <summary>How significant the source thinks it is, 0 to about 1,000.</summary>
    public long? Sig { get; init; }

    /// <summary>The network whose data is preferred.</summary>
    public string? Net { get; init; }

    /// <summary>The event's code within the network.</summary>
    public string? Code { get; init; }

    /// <summary>All ids of the event, between commas.</summary>
    public string? Ids { get; init; }

    /// <summary>All networks that contributed, between commas.</summary>
    public string? Sources { get; init; }

    /// <summary>The kinds of products that exist for the event, between commas.</summary>
    public string? Types { get; init; }

    /// <summary>How many stations were used.</summary>
    public long? Nst { get; init; }

    /// <summary>Distance to the nearest station, in degrees.</summary>
    public double? Dmin { get; init; }

    /// <summary>Root mean square of the travel time residuals, in seconds.</summary>
    public double? Rms { get; init; }

    /// <summary>The largest gap between stations seen from the epicentre, in degrees.</summary>
    public double? Gap { get; init; }

    /// <summary>How many felt reports came in.</summary>
    public long? Felt { get; init; }

    /// <summary>Highest intensity of the felt reports, 0 to 10.</summary>
    public double? Cdi { get; init; }

    /// <summary>Highest estimated intensity, 0 to 10.</summary>
    public double? Mmi { get; init; }

    /// <summary>PAGER's alert level: green, yellow, orange, red.</summary>
    public string? Alert { get; init; }

    /// <summary>The event's page.</summary>
    public string? Url { get; init; }

    /// <summary>Where its details are served.</summary>
    public string? Detail { get; init; }

    /// <summary>A title.</summary>
    public string? Title { get; init; }

    /// <summary>Whether the source has withdrawn the event, or it vanished from the source's feeds.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>From when on the source says so; orders versions of equal <see cref="Updated"/>.</summary>
    public required DateTimeOffset VersionTime { get; init; }

    /// <summary>The address that it was fetched from.</summary>
    public string? SourceUrl { get; init; }

    /// <summary>When it was fetched.</summary>
    public required DateTimeOffset FetchedAt { get; init; }

    /// <summary>When the feed that said so was generated.</summary>
    public required DateTimeOffset ObservedAt { get; init; }

    /// <summary>The topic's partition that carried it.</summary>
    public long TopicPartition { get; init; }

    /// <summary>Its offset in that partition.</summary>
    public long TopicOffset { get; init; }

    /// <summary>The feature's own JSON text; null for a tombstone of an event that vanished.</summary>
    public string? Raw { get; init; }

    /// <summary>The row for a version that the topic carried at an offset.</summary>
    public static EarthquakeReceived Of(EarthquakeVersion version, int partition, long offset) => new()
    {
        Id = version.Id,
        Time = version.Time,
        Updated = version.Updated,
        Longitude = version.Longitude,
        Latitude = version.Latitude,
        DepthKm = version.DepthKm,
        Mag = version.Mag,
        MagType = version.MagType,
        Place = version.Place,
        EventType = version.EventType,
        Status = version.Status,
        Tsunami = version.Tsunami,
        Sig = version.Sig,
        Net = version.Net,
        Code = version.Code,
        Ids = version.Ids,
        Sources = version.Sources,
        Types = version.Types,
        Nst = version.Nst,
        Dmin = version.Dmin,
        Rms = version.Rms,
        Gap = version.Gap,
        Felt = version.Felt,
        Cdi = version.Cdi,
        Mmi = version.Mmi,
        Alert = version.Alert,
        Url = version.Url,
        Detail = version.Detail,
        Title = version.Title,
        IsDeleted = version.IsDeleted,
        VersionTime = version.VersionTime,
        SourceUrl = version.SourceUrl,
        FetchedAt = version.FetchedAt,
        ObservedAt = version.ObservedAt,
        TopicPartition = partition,
        TopicOffset = offset,
        Raw = version.Raw,
    };
}
