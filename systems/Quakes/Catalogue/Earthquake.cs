namespace Quakes.Catalogue;

/// <summary>
/// What a source says of one event: a row of <c>silver.earthquakes</c>. The fields are those of the USGS GeoJSON summary
/// format; a field that the source leaves out is null.
/// </summary>
public sealed record Earthquake
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

    /// <summary>
    /// Whether two rows say the same of an event. <see cref="VersionTime"/> says when, not what; <see cref="Detail"/> is an
    /// address that differs between the USGS's own services for the very same version.
    /// </summary>
    public bool SaysTheSameAs(Earthquake other) =>
        this with { VersionTime = other.VersionTime, Detail = other.Detail } == other;
}
