namespace Quakes.Feeds;

/// <summary>Where the data of a data directory comes from. The kinds never mix.</summary>
internal enum FeedKind
{
    /// <summary>The USGS, or what was configured in its place.</summary>
    Live,

    /// <summary>The simulated earth.</summary>
    Simulated,

    /// <summary>A recording.</summary>
    Replay,
}

/// <summary>Which feed a start uses.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="File">The recording's path; null for the others.</param>
internal sealed record FeedChoice(FeedKind Kind, string? File)
{
    private const string ReplayPrefix = "replay:";

    /// <summary>Reads a feed that was decided on; <c>auto</c> and what is unknown count as live.</summary>
    public static FeedChoice Parse(string feed) =>
        feed == "simulated" ? new FeedChoice(FeedKind.Simulated, null)
        : feed.StartsWith(ReplayPrefix, StringComparison.Ordinal) ? new FeedChoice(FeedKind.Replay, Path.GetFullPath(feed[ReplayPrefix.Length..]))
        : new FeedChoice(FeedKind.Live, null);

    /// <summary>What marks a data directory as this feed's.</summary>
    public string Mark(int seed) => Kind switch
    {
        FeedKind.Simulated => FormattableString.Invariant($"simulated, seed {seed}"),
        FeedKind.Replay => $"replay of {Path.GetFileName(File)}",
        _ => "live",
    };
}
