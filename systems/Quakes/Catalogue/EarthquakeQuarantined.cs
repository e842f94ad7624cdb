using Quakes.Usgs;
using Tarn.Lake;

namespace Quakes.Catalogue;

/// <summary>What came in and could not be read, with the reason: a row of <c>bronze.earthquakes_quarantine</c>.</summary>
public sealed record EarthquakeQuarantined
{
    /// <summary>The topic; null for a feature, which never reached one.</summary>
    [Describe("The topic; null for a feature, which never reached one.")]
    public string? Topic { get; init; }

    /// <summary>The partition, or null.</summary>
    public int? Partition { get; init; }

    /// <summary>The offset in the partition, or null.</summary>
    public long? Offset { get; init; }

    /// <summary>When it was received.</summary>
    [Describe("When it was received.")]
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The broken rule.</summary>
    [Describe("The broken rule.")]
    public required string Reason { get; init; }

    /// <summary>The record's key; null for a feature.</summary>
    public string? Key { get; init; }

    /// <summary>The feature or record as it came.</summary>
    [Describe("The feature or record as it came.")]
    public string? Raw { get; init; }

    /// <summary>How <see cref="Raw"/> is written: <c>utf-8</c>, or <c>base64</c> for bytes that are no text.</summary>
    public string RawEncoding { get; init; } = "utf-8";

    /// <summary>The address that it was fetched from.</summary>
    [Describe("The address that it was fetched from; null for a record of a topic.")]
    public string? SourceUrl { get; init; }

    /// <summary>The feature's id where it could be read.</summary>
    [Describe("The feature's id where it could be read.")]
    public string? FeatureId { get; init; }

    internal static EarthquakeQuarantined Of(RejectedFeature feature, FeedPage page) => new()
    {
        ReceivedAt = page.FetchedAt,
        SourceUrl = page.Url,
        FeatureId = feature.Id,
        Reason = feature.Reason,
        Raw = feature.RawText,
    };
}
