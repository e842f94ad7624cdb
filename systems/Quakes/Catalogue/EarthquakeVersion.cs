namespace Quakes.Catalogue;

/// <summary>One version of an event: the record of the topic <c>earthquakes</c>.</summary>
public sealed record EarthquakeVersion
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

    /// <summary>When the feed that said so was generated.</summary>
    public required DateTimeOffset ObservedAt { get; init; }

    /// <summary>The address that it was fetched from.</summary>
    public string? SourceUrl { get; init; }

    /// <summary>When it was fetched.</summary>
    public required DateTimeOffset FetchedAt { get; init; }

    /// <summary>The feature's own JSON text; null for a tombstone of an event that vanished.</summary>
    public string? Raw { get; init; }

    /// <summary>A version that says <paramref name="row"/>.</summary>
    /// <param name="row">What is said.</param>
    /// <param name="observedAt">When the feed that says so was generated.</param>
    /// <param name="sourceUrl">The address that it was fetched from.</param>
    /// <param name="fetchedAt">When it was fetched.</param>
    /// <param name="raw">The feature's JSON text, or null.</param>
    public static EarthquakeVersion Of(Earthquake row, DateTimeOffset observedAt, string? sourceUrl, DateTimeOffset fetchedAt, string? raw) => new()
    {
        Id = row.Id,
        Time = row.Time,
        Updated = row.Updated,
        Longitude = row.Longitude,
        Latitude = row.Latitude,
        DepthKm = row.DepthKm,
        Mag = row.Mag,
        MagType = row.MagType,
        Place = row.Place,
        EventType = row.EventType,
        Status = row.Status,
        Tsunami = row.Tsunami,
        Sig = row.Sig,
        Net = row.Net,
        Code = row.Code,
        Ids = row.Ids,
        Sources = row.Sources,
        Types = row.Types,
        Nst = row.Nst,
        Dmin = row.Dmin,
        Rms = row.Rms,
        Gap = row.Gap,
        Felt = row.Felt,
        Cdi = row.Cdi,
        Mmi = row.Mmi,
        Alert = row.Alert,
        Url = row.Url,
        Detail = row.Detail,
        Title = row.Title,
        IsDeleted = row.IsDeleted,
        VersionTime = row.VersionTime,
        ObservedAt = observedAt,
        SourceUrl = sourceUrl,
        FetchedAt = fetchedAt,
        Raw = raw,
    };

    /// <summary>The row of <c>silver.earthquakes</c> that this version makes.</summary>
    public Earthquake ToEarthquake() => new()
    {
        Id = Id,
        Time = Time,
        Updated = Updated,
        Longitude = Longitude,
        Latitude = Latitude,
        DepthKm = DepthKm,
        Mag = Mag,
        MagType = MagType,
        Place = Place,
        EventType = EventType,
        Status = Status,
        Tsunami = Tsunami,
        Sig = Sig,
        Net = Net,
        Code = Code,
        Ids = Ids,
        Sources = Sources,
        Types = Types,
        Nst = Nst,
        Dmin = Dmin,
        Rms = Rms,
        Gap = Gap,
        Felt = Felt,
        Cdi = Cdi,
        Mmi = Mmi,
        Alert = Alert,
        Url = Url,
        Detail = Detail,
        Title = Title,
        IsDeleted = IsDeleted,
        VersionTime = VersionTime,
    };
}
