namespace Quakes.Usgs;

/// <summary>A whole answer, unpacked, in UTF-8; <see cref="NotModified"/> where the service says that its validators still hold.</summary>
internal sealed record UsgsReply(ReadOnlyMemory<byte> Body, string Url, DateTimeOffset FetchedAt, Validators Validators, bool NotModified);

/// <summary>What a conditional request sends back (RFC 9110, section 13): the entity tag and the date of the last change.</summary>
internal sealed record Validators(string? EntityTag, DateTimeOffset? LastModified)
{
    public static Validators None { get; } = new(null, null);
}
