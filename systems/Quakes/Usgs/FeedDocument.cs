using System.Text;
using Quakes.Catalogue;

namespace Quakes.Usgs;

/// <summary>A whole GeoJSON answer of the service, read: nothing of an answer that does not read to its end is ever kept.</summary>
internal sealed record FeedDocument(FeedMetadata Metadata, IReadOnlyList<ParsedFeature> Features, IReadOnlyList<RejectedFeature> Rejected)
{
    /// <summary>What names the first feature, read or not; null in an empty document.</summary>
    public string? FirstKey { get; init; }

    /// <summary>What names the last feature, read or not; null in an empty document.</summary>
    public string? LastKey { get; init; }
}

/// <summary>A feature that could be read.</summary>
/// <param name="Event">What it says; its version time is its <c>updated</c>.</param>
/// <param name="RawUtf8">Its own JSON text, a slice of the answer.</param>
/// <param name="Withheld">Which values a deletion left out, to be kept as the withdrawn row had them.</param>
internal sealed record ParsedFeature(Earthquake Event, ReadOnlyMemory<byte> RawUtf8, WithheldValues Withheld)
{
    public string RawText => Encoding.UTF8.GetString(RawUtf8.Span);
}

/// <summary>A feature that could not be read, and why.</summary>
internal sealed record RejectedFeature(string? Id, string Reason, ReadOnlyMemory<byte> RawUtf8)
{
    public string RawText => Encoding.UTF8.GetString(RawUtf8.Span);
}

/// <summary>The required values that only a deletion may leave out.</summary>
[Flags]
internal enum WithheldValues
{
    None = 0,
    Time = 1,
    Position = 2,
}
