namespace Tarn.Pipelines;

/// <summary>
/// The clock on the wall of a time zone, computed from the zone's offset at instants alone. Readings of it are kept as instants in UTC that show the same digits.
/// </summary>
internal sealed class WallClock(TimeZoneInfo zone)
{
    /// <summary>A clock that skips more than this was corrected, or moved over the date line: what it skips did not happen. Vixie cron's limit.</summary>
    public static readonly TimeSpan LongestGap = TimeSpan.FromHours(3);

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Whether the clock never changes.</summary>
    public bool IsFixed { get; } = zone.GetAdjustmentRules().Length == 0;

    public TimeSpan OffsetAt(DateTimeOffset instant) => zone.GetUtcOffset(instant);

    /// <summary>What the clock shows at an instant.</summary>
    public DateTimeOffset Reading(DateTimeOffset instant) => instant + OffsetAt(instant);

    /// <summary>The first instant at which the clock shows a reading; the end of the gap where it skips it; null where it skips it by a long gap.</summary>
    public DateTimeOffset? FirstAt(DateTimeOffset reading)
    {
        var (before, at, after) = (OffsetAt(reading - Day), OffsetAt(reading), OffsetAt(reading + Day));
        var largest = Max(before, Max(at, after));
        var smallest = Min(before, Min(at, after));
        foreach (var offset in new[] { largest, at, before, after, smallest })
        {
            // The greatest offset gives the earliest instant.
            if (OffsetAt(reading - offset) == offset)
            {
                return reading - offset;
            }
        }

        return largest - smallest > LongestGap ? null : FirstChange(reading - largest, reading - smallest);
    }

    /// <summary>The first instant after <paramref name="from"/>, up to <paramref name="to"/>, at which the offset is another; null where there is none.</summary>
    public DateTimeOffset? FirstChange(DateTimeOffset from, DateTimeOffset to)
    {
        for (var (at, offset) = (from, OffsetAt(from)); at < to; at += Day)
        {
            var next = at + Day < to ? at + Day : to;
            if (OffsetAt(next) != offset)
            {
                return Bisect(at, next, offset);
            }
        }

        return null;
    }

    /// <summary>The last instant after <paramref name="from"/>, and before <paramref name="to"/>, from which the offset is what it is just before <paramref name="to"/>.</summary>
    public DateTimeOffset? LastChange(DateTimeOffset from, DateTimeOffset to)
    {
        var last = to.AddTicks(-1);
        for (var (at, offset) = (last, OffsetAt(last)); at > from; at -= Day)
        {
            var previous = at - Day > from ? at - Day : from;
            var other = OffsetAt(previous);
            if (other != offset)
            {
                return Bisect(previous, at, other);
            }
        }

        return null;
    }

    /// <summary>The first instant in (low, high] whose offset is not that of low. There is one change between them.</summary>
    private DateTimeOffset Bisect(DateTimeOffset low, DateTimeOffset high, TimeSpan offset)
    {
        while ((high - low).Ticks > 1)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = OffsetAt(middle) == offset ? (middle, high) : (low, middle);
        }

        return high;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
