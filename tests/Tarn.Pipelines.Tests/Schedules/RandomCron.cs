namespace Tarn.Pipelines.Tests;

/// <summary>Random cron expressions, and whether a reading matches one, worked out from the text alone.</summary>
internal static class RandomCron
{
    public static readonly string[] Zones =
    [
        "Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Apia", "UTC",
    ];

    public static TimeZoneInfo Zone(Random random) => TimeZoneInfo.FindSystemTimeZoneById(Zones[random.Next(Zones.Length)]);

    public static string Expression(Random random)
    {
        var minute = random.Next(5) switch
        {
            0 => $"*/{random.Next(1, 31)}",
            1 => $"{random.Next(60)},{random.Next(60)}",
            2 => $"{random.Next(30)}-{random.Next(30, 60)}/{random.Next(1, 20)}",
            _ => $"{random.Next(60)}",
        };
        var hour = random.Next(6) switch
        {
            0 => "*",
            1 => $"*/{random.Next(1, 7)}",
            2 => $"{random.Next(4)},{random.Next(24)}",
            3 => $"{random.Next(3)}-{random.Next(3, 24)}",
            _ => $"{random.Next(24)}",
        };
        var (day, month, weekday) = random.Next(6) switch
        {
            0 => ($"{random.Next(1, 29)},{random.Next(1, 29)}", "*", "*"),
            1 => ("*", "*", $"{random.Next(7)}"),
            2 => ($"{random.Next(1, 29)}", "*", "1-5"),
            3 => ("*", "3-11/2", "*"),
            _ => ("*", "*", "*"),
        };
        return $"{minute} {hour} {day} {month} {weekday}";
    }

    /// <summary>Reads an expression of the form above: which minutes of a day match, and which days.</summary>
    public static (bool[] Minutes, Func<DateTime, bool> Days, bool ByInterval) Read(string expression)
    {
        var fields = expression.Split(' ');
        var (minutes, hours) = (Field(fields[0], 0, 59), Field(fields[1], 0, 23));
        var (days, months, weekdays) = (Field(fields[2], 1, 31), Field(fields[3], 1, 12), Field(fields[4], 0, 6));
        var either = fields[2] != "*" && fields[4] != "*";
        return (
            [.. Enumerable.Range(0, 1440).Select(m => hours[m / 60] && minutes[m % 60])],
            d => months[d.Month] && (either ? days[d.Day] || weekdays[(int)d.DayOfWeek] : days[d.Day] && weekdays[(int)d.DayOfWeek]),
            $"{fields[0]}{fields[1]}".AsSpan().ContainsAny("*-/"));
    }

    private static bool[] Field(string text, int least, int greatest)
    {
        var values = new bool[greatest + 1];
        foreach (var part in text.Split(','))
        {
            var (range, step) = part.Split('/') is [var r, var s] ? (r, int.Parse(s, System.Globalization.CultureInfo.InvariantCulture)) : (part, 1);
            var ends = range == "*" ? [least, greatest] : range.Split('-').Select(static n => int.Parse(n, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
            for (var value = ends[0]; value <= ends[^1]; value += step)
            {
                values[value] = true;
            }
        }

        return values;
    }
}
