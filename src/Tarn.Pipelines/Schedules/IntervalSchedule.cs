using System.Globalization;
using System.Text;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// Data intervals of one length, end to end, for ever in both directions from an anchor at which one of them starts. The length is elapsed time: the clocks on the wall and
/// their changes do not matter, so that one of a day does not begin at midnight of a zone with summer time all year round; for that take <see cref="CronSchedule"/>.
/// Immutable.
/// </summary>
public sealed class IntervalSchedule : Timetable
{
    /// <summary>The longest length.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    private IntervalSchedule(TimeSpan length, DateTimeOffset anchor)
    {
        Length = length;
        Anchor = anchor;
        Expression = anchor == DateTimeOffset.UnixEpoch
            ? $"every {Text(length)}"
            : string.Create(CultureInfo.InvariantCulture, $"every {Text(length)} from {anchor.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}");
    }

    /// <summary>The length in days, hours, minutes and seconds, and the anchor where it is not the epoch: <c>every 1h30m</c>.</summary>
    public override string Expression { get; }

    /// <summary>How long each interval is.</summary>
    public TimeSpan Length { get; }

    /// <summary>An instant at which one starts, in UTC.</summary>
    public DateTimeOffset Anchor { get; }

    /// <summary>Makes one.</summary>
    /// <param name="length">How long each interval is: whole seconds, from 1 second to 366 days.</param>
    /// <param name="anchor">An instant at which one starts, in whole seconds; default 1970-01-01T00:00:00Z, so that lengths that divide a day begin at midnight in UTC.</param>
    /// <exception cref="TarnException">A value is out of its range.</exception>
    public static IntervalSchedule Every(TimeSpan length, DateTimeOffset? anchor = null)
    {
        if (length < TimeSpan.FromSeconds(1) || length > Longest || length.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            throw TarnException.InvalidInput("The length of a schedule's intervals is whole seconds, from 1 second to 366 days.", length.ToString("c", CultureInfo.InvariantCulture));
        }

        var at = (anchor ?? DateTimeOffset.UnixEpoch).ToUniversalTime();
        if (at.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            throw TarnException.InvalidInput("The anchor of a schedule's intervals is a whole second.", at.ToString("O", CultureInfo.InvariantCulture));
        }

        return new IntervalSchedule(length, at);
    }

    /// <inheritdoc/>
    public override DataInterval? StartingAtOrAfter(DateTimeOffset instant) => At(-Floor(Anchor.Ticks - instant.UtcTicks));

    /// <inheritdoc/>
    public override DataInterval? LatestComplete(DateTimeOffset instant) => At(Floor(instant.UtcTicks - Anchor.Ticks) - 1);

    /// <inheritdoc/>
    public override long Count(DateTimeOffset from, DateTimeOffset to)
    {
        // Those before the first day of the calendar and past its last are none.
        var first = Math.Max(-Floor(Anchor.Ticks - from.UtcTicks), -Floor(Anchor.Ticks));
        var end = Math.Min(-Floor(Anchor.Ticks - to.UtcTicks), Floor(DateTimeOffset.MaxValue.Ticks - Anchor.Ticks));
        return Math.Max(0, end - first);
    }

    private DataInterval? At(long index)
    {
        var (start, last) = (Anchor.Ticks + (index * Length.Ticks), DateTimeOffset.MaxValue.Ticks - Length.Ticks);
        return start < 0 || start > last ? null : new DataInterval(new DateTimeOffset(start, TimeSpan.Zero), new DateTimeOffset(start + Length.Ticks, TimeSpan.Zero));
    }

    /// <summary>The ticks over the length, rounded downwards.</summary>
    private long Floor(long ticks) => Math.DivRem(ticks, Length.Ticks) is var (whole, rest) && rest < 0 ? whole - 1 : whole;

    private static string Text(TimeSpan length)
    {
        var text = new StringBuilder();
        foreach (var (number, unit) in new[] { (length.Days, "d"), (length.Hours, "h"), (length.Minutes, "m"), (length.Seconds, "s") })
        {
            if (number > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{number}{unit}");
            }
        }

        return text.ToString();
    }
}
