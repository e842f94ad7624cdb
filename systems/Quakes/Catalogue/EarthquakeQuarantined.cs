namespace Quakes.Catalogue;

/// <summary>What came in and could not be read, with the reason: a row of <c>bronze.earthquakes_quarantine</c>.</summary>
public sealed record EarthquakeQuarantined
{
    /// <summary>When it came.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The address that it was fetched from; null for a record of the topic.</summary>
    public string? SourceUrl { get; init; }

    /// <summary>The feature's id where it could be read.</summary>
    public string? FeatureId { get; init; }

    /// <summary>The broken rule.</summary>
    public required string Reason { get; init; }

    /// <summary>The feature or record as it came.</summary>
    public string? Raw { get; init; }

    /// <summary>The topic's partition; null for a feature, which never reached the topic.</summary>
    public long? TopicPartition { get; init; }

    /// <summary>The offset in that partition, or null.</summary>
    public long? TopicOffset { get; init; }
}
