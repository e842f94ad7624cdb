using System.Globalization;

namespace Quakes.Usgs;

/// <summary>Times as the service writes them: milliseconds since the Unix epoch in JSON, ISO 8601 without zone (meaning UTC) in queries.</summary>
internal static class EventTime
{
    /// <summary>The years that can be stored by everything that reads the tables.</summary>
    public const string Rule = "milliseconds since 1970-01-01 UTC, between the years 1000 and 9998";

    private static readonly long Earliest = new DateTimeOffset(1000, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private static readonly long Latest = new DateTimeOffset(9999, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() - 1;

    public static bool TryFrom(long milliseconds, out DateTimeOffset time)
    {
        var inRange = milliseconds >= Earliest && milliseconds <= Latest;
        time = inRange ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : default;
        return inRange;
    }

    public static string ToQuery(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff", CultureInfo.InvariantCulture);

    public static bool TryParseQuery(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
}
