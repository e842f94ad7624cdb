using System.Globalization;

namespace Tarn;

/// <summary>Instants as text: ISO 8601, in UTC unless an offset is given.</summary>
internal static class Instants
{
    public const string Rule = "It is an ISO 8601 date or date-time, UTC unless an offset is given, as in 2026-11-22, 2026-11-22T08:30:00Z or 2026-11-22T09:30:00+01:00.";

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd", "yyyy-MM-ddTHH:mmK", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd HH:mmK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
        "yyyyMMddTHHmmssK", "yyyyMMdd",
    ];

    public static bool TryParse(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(
            text.Trim(), Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);

    /// <summary>UTC with milliseconds and Z; microseconds only where there are some.</summary>
    public static string Show(DateTimeOffset time)
    {
        var utc = time.UtcDateTime;
        return utc.ToString(utc.Ticks % TimeSpan.TicksPerMillisecond == 0 ? "yyyy-MM-ddTHH:mm:ss.fffZ" : "yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);
    }
}
