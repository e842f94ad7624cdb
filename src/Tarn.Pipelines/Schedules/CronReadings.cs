using Quartz;

namespace Tarn.Pipelines;

/// <summary>The readings of a clock that match a cron expression, counted: on each day that matches, the times of day are the same.</summary>
internal sealed class CronReadings(CronExpression expression)
{
    private readonly Lazy<long[]> _times = new(() => TimesOfDay(expression));

    /// <summary>How many there are at or after <paramref name="from"/> and before <paramref name="to"/>.</summary>
    public long Count(DateTimeOffset from, DateTimeOffset to)
    {
        var times = _times.Value;
        var count = 0L;
        for (var at = from.AddTicks(-1); expression.GetNextValidTimeAfter(at) is { } reading && reading < to;)
        {
            var (day, next) = (Midnight(reading), Midnight(reading).AddDays(1));
            count += day >= from && next <= to ? times.Length : Before(times, to - day) - Before(times, from - day);
            at = next.AddTicks(-1);
        }

        return count;
    }

    /// <summary>Whether there is one at or after <paramref name="from"/> and before <paramref name="to"/>.</summary>
    public bool Any(DateTimeOffset from, DateTimeOffset to) => expression.GetNextValidTimeAfter(from.AddTicks(-1)) is { } reading && reading < to;

    private static long Before(long[] times, TimeSpan timeOfDay)
    {
        var index = Array.BinarySearch(times, timeOfDay.Ticks);
        return index < 0 ? ~index : index;
    }

    private static long[] TimesOfDay(CronExpression expression)
    {
        var first = expression.GetNextValidTimeAfter(DateTimeOffset.UnixEpoch)!.Value;
        var times = new List<long>();
        for (var at = Midnight(first).AddTicks(-1); expression.GetNextValidTimeAfter(at) is { } reading && reading.Date == first.Date; at = reading)
        {
            times.Add(reading.TimeOfDay.Ticks);
        }

        return [.. times];
    }

    private static DateTimeOffset Midnight(DateTimeOffset reading) => new(reading.Date, TimeSpan.Zero);
}
