namespace Quakes.Usgs;

/// <summary>What a feed says of itself.</summary>
/// <param name="Generated">When the feed was generated, or null where it does not say.</param>
/// <param name="Url">The address that it gives as its own.</param>
/// <param name="Title">Its title.</param>
/// <param name="Count">How many features it says it has.</param>
internal sealed record FeedMetadata(DateTimeOffset? Generated, string? Url, string? Title, long? Count)
{
    public static FeedMetadata None { get; } = new(null, null, null, null);
}
