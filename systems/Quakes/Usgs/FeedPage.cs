namespace Quakes.Usgs;

/// <summary>A document with where it came from.</summary>
/// <param name="Url">The address that was asked.</param>
/// <param name="FetchedAt">When the answer was there, by our clock.</param>
/// <param name="Document">What it said.</param>
/// <param name="Validators">What the next request for the same address may send, once this page has been kept.</param>
internal sealed record FeedPage(string Url, DateTimeOffset FetchedAt, FeedDocument Document, Validators Validators)
{
    /// <summary>When the source says so: the document's own <c>generated</c>, else the moment that we had it.</summary>
    public DateTimeOffset Generated => Document.Metadata.Generated ?? FetchedAt;
}
