namespace Quakes.Feeds;

/// <summary>
/// What a feed server of our own serves: a simulated earth, or recorded snapshots. The server asks for everything known at
/// the moment, and does the windows, queries, pages and encodings of the USGS itself.
/// </summary>
internal abstract class FeedSource
{
    /// <summary>The feed's own clock, which need not be ours.</summary>
    public abstract DateTimeOffset Now { get; }

    /// <summary>A whole summary document as recorded, where there is one; null lets the server make it of the <see cref="Catalogue"/>.</summary>
    public abstract RecordedSummary? Recorded(string feed);

    /// <summary>Every event known now, deleted ones included, in no order.</summary>
    public abstract IReadOnlyList<ServedFeature> Catalogue();

    /// <summary>What goes wrong with the next request.</summary>
    public abstract FeedFault NextFault();
}

/// <summary>A summary document, byte for byte, with its validator.</summary>
internal sealed record RecordedSummary(ReadOnlyMemory<byte> Body, string EntityTag, DateTimeOffset LastModified);

/// <summary>A feature as the server lists it.</summary>
/// <param name="Id">The event's id.</param>
/// <param name="Time">When it happened.</param>
/// <param name="Updated">When it was last changed.</param>
/// <param name="Mag">Its magnitude, where it has one.</param>
/// <param name="IsDeleted">Whether it is listed only to those who ask for deleted events.</param>
/// <param name="Copies">How many times it is listed; a feed's duplicates.</param>
/// <param name="Json">Makes its JSON.</param>
internal sealed record ServedFeature(
    string Id, DateTimeOffset Time, DateTimeOffset Updated, double? Mag, bool IsDeleted, int Copies, Func<ReadOnlyMemory<byte>> Json)
{
    public double? Longitude { get; init; }

    public double? Latitude { get; init; }
}

/// <summary>What can go wrong with an answer.</summary>
internal enum FeedFault
{
    None,
    Unavailable,
    TooManyRequests,
    Truncated,
    Slow,
    NotJson,
}
