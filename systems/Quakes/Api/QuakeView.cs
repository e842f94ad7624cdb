namespace Quakes.Api;

/// <summary>An event as the page gets it.</summary>
internal record QuakeView
{
    public required string Id { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required DateTimeOffset Updated { get; init; }

    public double? Longitude { get; init; }

    public double? Latitude { get; init; }

    public double? DepthKm { get; init; }

    public double? Mag { get; init; }

    public string? MagType { get; init; }

    public string? Place { get; init; }

    public string? EventType { get; init; }

    public string? Status { get; init; }

    public long? Tsunami { get; init; }

    public long? Sig { get; init; }

    public string? Net { get; init; }

    public long? Felt { get; init; }

    public double? Cdi { get; init; }

    public double? Mmi { get; init; }

    public string? Alert { get; init; }

    public string? Url { get; init; }

    public string? Title { get; init; }

    public bool IsDeleted { get; init; }

    /// <summary>How many versions of it are known.</summary>
    public long Revisions { get; init; }
}

/// <summary>A version of an event, and when it was what one knew.</summary>
internal sealed record QuakeVersionView : QuakeView
{
    public required DateTimeOffset ValidFrom { get; init; }

    public DateTimeOffset? ValidTo { get; init; }
}

/// <summary>An answer with events.</summary>
internal sealed record QuakesView(DateTimeOffset? AsKnownAt, long Total, IReadOnlyList<QuakeView> Events);

/// <summary>How the feed is doing.</summary>
internal sealed record FeedView(
    string Kind, string Url, string State, DateTimeOffset? LastPollAt, DateTimeOffset? LastSuccessAt, string? LastError, DateTimeOffset? Cursor, DateTimeOffset? Generated, double? LagSeconds);

/// <summary>An hour of the summary.</summary>
internal sealed record HourView
{
    public required DateTimeOffset Hour { get; init; }

    public long Events { get; init; }

    public long EventsM25 { get; init; }

    public long EventsM45 { get; init; }

    public double? MaxMag { get; init; }

    public double? MeanMag { get; init; }

    public double? MeanDepthKm { get; init; }

    public long FeltEvents { get; init; }
}

/// <summary>A whole magnitude of the summary.</summary>
internal sealed record MagnitudeView
{
    public long? MagBin { get; init; }

    public long Events { get; init; }
}

/// <summary>A name with a count.</summary>
internal sealed record CountView
{
    public required string Name { get; init; }

    public long Events { get; init; }
}

/// <summary>Counts for a span of time.</summary>
internal sealed record SummaryView(
    DateTimeOffset From, DateTimeOffset To, long Total, IReadOnlyList<HourView> Hourly, IReadOnlyList<MagnitudeView> Magnitudes, IReadOnlyList<CountView> Types, IReadOnlyList<CountView> Regions);
