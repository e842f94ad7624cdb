using System.Globalization;

namespace Tarn;

/// <summary>Durations as people write them: <c>7d</c>, <c>90m</c>, <c>1d12h</c>, <c>250ms</c>, or .NET's <c>7.00:00:00</c>.</summary>
internal static class Durations
{
    public const string Rule = "It is a duration: a number and a unit (ms, s, m, h, d), as in 30s or 7d, or d.hh:mm:ss.";

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        text = text.Trim();
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out duration);
        }

        var total = 0.0;
        var at = 0;
        while (at < text.Length)
        {
            var start = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
            {
                at++;
            }

            if (!double.TryParse(text.AsSpan(start, at - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            start = at;
            while (at < text.Length && char.IsAsciiLetter(text[at]))
            {
                at++;
            }

            double? milliseconds = text[start..at].ToUpperInvariant() switch
            {
                "MS" => 1,
                "S" => 1000,
                "M" or "MIN" => 60_000,
                "H" => 3_600_000,
                "D" => 86_400_000,
                _ => null,
            };
            if (milliseconds is null)
            {
                return false;
            }

            total += number * milliseconds.Value;
        }

        if (text.Length == 0 || total > TimeSpan.MaxValue.TotalMilliseconds / 2)
        {
            return false;
        }

        duration = TimeSpan.FromMilliseconds(total);
        return true;
    }

    /// <summary>The duration with its largest two units: <c>1d 2h</c>, <c>3m 20s</c>, <c>1.2s</c>, <c>15ms</c>.</summary>
    public static string Show(TimeSpan duration) => duration switch
    {
        { Ticks: < 0 } => $"-{Show(duration.Negate())}",
        { TotalMilliseconds: < 1000 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0}ms"),
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.#}s"),
        { TotalHours: < 1 } => Two(duration.Minutes, "m", duration.Seconds, "s"),
        { TotalDays: < 1 } => Two(duration.Hours, "h", duration.Minutes, "m"),
        _ => Two(duration.Days, "d", duration.Hours, "h"),
    };

    private static string Two(int first, string unit, int second, string smaller) => second == 0 ? $"{first}{unit}" : $"{first}{unit} {second}{smaller}";
}
