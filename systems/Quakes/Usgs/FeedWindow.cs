using Quakes.Feeds;

namespace Quakes.Usgs;

/// <summary>Which events a summary document lists completely: all that happened in this window.</summary>
/// <param name="Feed">The feed that it is by its own account, as in <c>all_day</c>.</param>
/// <param name="From">The window's start.</param>
/// <param name="Until">The window's end: when the document was generated.</param>
internal sealed record FeedWindow(string Feed, DateTimeOffset From, DateTimeOffset Until)
{
    /// <summary>
    /// The window by the document's own metadata: the hourly feed is really to be found in a file called all_day. The name that was
    /// asked for counts only where the document does not say. Null where the document does not list everything of a window.
    /// </summary>
    public static FeedWindow? Of(FeedMetadata metadata, string requested)
    {
        if (metadata.Generated is not { } generated)
        {
            return null;
        }

        var feed = FromUrl(metadata.Url) ?? FromTitle(metadata.Title) ?? SummaryFeed.Parse(requested);
        return feed is { ListsAll: true } ? new FeedWindow(feed.Name, generated - feed.Window, generated) : null;
    }

    public bool Covers(DateTimeOffset time) => time >= From && time <= Until;

    private static SummaryFeed? FromUrl(string? url)
    {
        if (url is null)
        {
            return null;
        }

        var name = url[(url.LastIndexOf('/') + 1)..];
        var dot = name.LastIndexOf(".geojson", StringComparison.OrdinalIgnoreCase);
        return dot > 0 ? SummaryFeed.Parse(name[..dot].ToLowerInvariant()) : null;
    }

    private static SummaryFeed? FromTitle(string? title)
    {
        if (title is null || !title.Contains("All Earthquakes", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var past = title[(title.LastIndexOf("Past", StringComparison.OrdinalIgnoreCase) + 4)..].Trim().ToLowerInvariant();
        return past switch
        {
            "hour" => SummaryFeed.Parse("all_hour"),
            "day" => SummaryFeed.Parse("all_day"),
            "week" or "7 days" => SummaryFeed.Parse("all_week"),
            "month" or "30 days" => SummaryFeed.Parse("all_month"),
            _ => null,
        };
    }
}
