using System.Globalization;

namespace Quakes.Feeds;

/// <summary>A summary feed by its file name: <c>all_day</c>, <c>4.5_week</c>, <c>significant_month</c>.</summary>
/// <param name="Name">The file name without its ending.</param>
/// <param name="Title">The title that the service gives it.</param>
/// <param name="Window">How far back it reaches from when it was generated.</param>
/// <param name="MinimumMagnitude">The smallest magnitude listed; null lists all.</param>
internal sealed record SummaryFeed(string Name, string Title, TimeSpan Window, double? MinimumMagnitude)
{
    /// <summary>Whether it lists every event of its window, so that one that is not in it has vanished.</summary>
    public bool ListsAll => MinimumMagnitude is null;

    public bool Lists(double? magnitude) => MinimumMagnitude is null || magnitude >= MinimumMagnitude;

    public static SummaryFeed? Parse(string name)
    {
        var cut = name.IndexOf('_', StringComparison.Ordinal);
        if (cut < 1 || WindowOf(name[(cut + 1)..]) is not { } window)
        {
            return null;
        }

        var past = char.ToUpperInvariant(name[cut + 1]) + name[(cut + 2)..];
        return name[..cut] switch
        {
            "all" => new SummaryFeed(name, $"USGS All Earthquakes, Past {past}", window, null),
            "significant" => new SummaryFeed(name, $"USGS Significant Earthquakes, Past {past}", window, 6),
            "1.0" or "2.5" or "4.5" => new SummaryFeed(
                name, $"USGS Magnitude {name[..cut]}+ Earthquakes, Past {past}", window, double.Parse(name.AsSpan(0, cut), CultureInfo.InvariantCulture)),
            _ => null,
        };
    }

    private static TimeSpan? WindowOf(string text) => text switch
    {
        "hour" => TimeSpan.FromHours(1),
        "day" => TimeSpan.FromDays(1),
        "week" => TimeSpan.FromDays(7),
        "month" => TimeSpan.FromDays(30),
        _ => null,
    };
}
