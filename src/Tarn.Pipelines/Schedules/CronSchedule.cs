using Quartz;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// When a pipeline runs: a cron expression of five fields (minute, hour, day of month, month, day of week, with names, ranges, lists and steps;
/// 0 and 7 are both Sunday) or one of <c>@hourly @daily @weekly @monthly @yearly</c>, read in a time zone. Two successive times of it
/// bound a data interval.
/// </summary>
/// <remarks>
/// Daylight saving, as Vixie cron has it: a time of day that the clocks skip fires once, at the moment they move to (unless they skip more than three hours, as
/// Samoa did with 30 December 2011); one that they repeat fires once, the first time; a schedule by interval, whose minute or hour is a step, a range
/// or <c>*</c>, fires at every moment at which the clock shows one of its times, and so evenly through both.
/// Where both day fields are restricted, a day matches if either does. Its times are those from 1970 up to the first moment of 2100. Immutable.
/// </remarks>
public sealed class CronSchedule : Timetable
{
    // The library stops a hundred years from the present, which is not a constant.
    private static readonly DateTimeOffset Earliest = DateTimeOffset.UnixEpoch;
    private static readonly DateTimeOffset Latest = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A clock that is set back repeats no more than this.</summary>
    private static readonly TimeSpan LongestRepeat = TimeSpan.FromHours(4);

    // Matches readings of the wall clock. Quartz could apply the zone itself, but its Next goes backwards at some changes (Africa/Casablanca 2011, Pacific/Apia 2011).
    private readonly CronExpression _readings;
    private readonly CronReadings _counted;
    private readonly WallClock _clock;
    private readonly RecentTimes _recent = new();
    private readonly bool _byInterval;
    private readonly Lazy<DateTimeOffset> _last;

    private CronSchedule(string expression, CronExpression readings, TimeZoneInfo timeZone)
    {
        Expression = expression;
        TimeZone = timeZone;
        _readings = readings;
        _counted = new CronReadings(readings);
        _last = new Lazy<DateTimeOffset>(() => Previous(Latest.AddTicks(1)) ?? Earliest);
        _clock = new WallClock(timeZone);
        var fields = readings.CronExpressionString.Split(' ');
        _byInterval = (fields[1] + fields[2]).AsSpan().ContainsAny("*/-");
    }

    /// <summary>The expression as it was given.</summary>
    public override string Expression { get; }

    /// <summary>The time zone in which it is read.</summary>
    public override TimeZoneInfo TimeZone { get; }

    /// <summary>Reads an expression.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="timeZone">The time zone; UTC where null.</param>
    /// <exception cref="TarnException">The expression cannot be read, or no time ever matches it.</exception>
    public static CronSchedule Parse(string expression, TimeZoneInfo? timeZone = null)
    {
        CronExpression cron;
        try
        {
            cron = CronExpression.Parse(expression.Trim(), CronFormat.Unix).WithTimeZone(TimeZoneInfo.Utc);
        }
        catch (FormatException error)
        {
            throw new TarnException(
                ErrorKind.InvalidInput,
                "A schedule is a cron expression of five fields (minute hour day-of-month month day-of-week) or @hourly, @daily, @weekly, @monthly, @yearly.",
                expression,
                error.Message,
                error);
        }

        if (cron.GetNextValidTimeAfter(DateTimeOffset.UnixEpoch) is null)
        {
            throw TarnException.InvalidInput("A schedule matches at least one moment.", expression, "No date is ever like that: look at the day and the month.");
        }

        return new CronSchedule(expression, cron, timeZone ?? TimeZoneInfo.Utc);
    }

    /// <summary>The first time of the schedule after <paramref name="instant"/>, in UTC; null where there is none up to the first moment of 2100.</summary>
    public DateTimeOffset? Next(DateTimeOffset instant)
    {
        if (instant >= Latest)
        {
            return null;
        }

        instant = instant < Earliest ? Earliest.AddTicks(-1) : instant.ToUniversalTime();
        if (_recent.Next(instant) is { } known)
        {
            return known;
        }

        var next = _clock.IsFixed ? _readings.GetNextValidTimeAfter(_clock.Reading(instant)) - _clock.OffsetAt(instant)
            : _byInterval ? NextByInterval(instant)
            : NextByTimeOfDay(instant);
        if (next is null || next > Latest)
        {
            return null;
        }

        _recent.Add(instant, next.Value);
        return next;
    }

    /// <summary>The last time of the schedule before <paramref name="instant"/>, in UTC; null where there is none since 1970.</summary>
    public DateTimeOffset? Previous(DateTimeOffset instant)
    {
        if (instant <= Earliest)
        {
            return null;
        }

        instant = instant > Latest ? Latest.AddTicks(1) : instant.ToUniversalTime();
        if (_recent.Previous(instant, this) is { } known)
        {
            return known;
        }

        var previous = _clock.IsFixed ? _readings.GetPreviousValidTimeBefore(_clock.Reading(instant)) - _clock.OffsetAt(instant)
            : _byInterval ? PreviousByInterval(instant)
            : PreviousByTimeOfDay(instant);
        return previous >= Earliest ? previous : null;
    }

    /// <summary>The first time of the schedule at or after <paramref name="instant"/>, in UTC.</summary>
    public DateTimeOffset? AtOrAfter(DateTimeOffset instant) => Next(instant < Earliest ? Earliest.AddTicks(-1) : instant.AddTicks(-1));

    /// <summary>The last time of the schedule at or before <paramref name="instant"/>, in UTC.</summary>
    public DateTimeOffset? AtOrBefore(DateTimeOffset instant) => Previous(instant > Latest ? instant : instant.AddTicks(1));

    /// <summary>The latest data interval that has ended at or before <paramref name="instant"/>; null where none has since 1970.</summary>
    public override DataInterval? LatestComplete(DateTimeOffset instant) =>
        AtOrBefore(instant) is { } end && Previous(end) is { } start ? new DataInterval(start, end) : null;

    /// <summary>The data interval that starts at or first after <paramref name="instant"/>; null where none does.</summary>
    public override DataInterval? StartingAtOrAfter(DateTimeOffset instant) =>
        AtOrAfter(instant) is { } start && Next(start) is { } end ? new DataInterval(start, end) : null;

    /// <inheritdoc/>
    public override DataInterval? Following(DataInterval interval) => Next(interval.End) is { } end ? new DataInterval(interval.End, end) : null;

    /// <inheritdoc/>
    public override DataInterval? Preceding(DataInterval interval) => Previous(interval.Start) is { } start ? new DataInterval(start, interval.Start) : null;

    /// <inheritdoc/>
    /// <remarks>Computed from change to change of the clock and from day to day: years of minutes take a fraction of a millisecond.</remarks>
    public override long Count(DateTimeOffset from, DateTimeOffset to)
    {
        from = from < Earliest ? Earliest : from.ToUniversalTime();
        to = to > _last.Value ? _last.Value : to.ToUniversalTime(); // the last time begins no interval
        var count = 0L;
        var change = _clock.LastChange(from - TimeSpan.FromDays(1), from.AddTicks(1));
        for (var at = from; at < to;)
        {
            var offset = _clock.OffsetAt(at);
            var reading = at + offset;
            if (!_byInterval && change is { } changed)
            {
                var (before, after) = (changed + _clock.OffsetAt(changed.AddTicks(-1)), changed + offset);
                reading = before > reading ? before : reading; // what the clock repeats has fired
                count += changed == at && after - before is var gap && gap > TimeSpan.Zero && gap <= WallClock.LongestGap
                    && _counted.Any(before, after) && !_readings.IsSatisfiedBy(after) ? 1 : 0;
            }

            change = _clock.FirstChange(at, to);
            at = change ?? to;
            count += _counted.Count(reading, at + offset);
        }

        return count;
    }

    /// <summary>Each matching reading fires at the first instant that shows it; readings in order have instants in order.</summary>
    private DateTimeOffset? NextByTimeOfDay(DateTimeOffset instant)
    {
        var reading = _readings.GetNextValidTimeAfter(_clock.Reading(instant));
        while (reading is { } at)
        {
            if (_clock.FirstAt(at) is { } fires && fires > instant)
            {
                return fires;
            }

            reading = _readings.GetNextValidTimeAfter(at);
        }

        return null;
    }

    private DateTimeOffset? PreviousByTimeOfDay(DateTimeOffset instant)
    {
        // Where the clock repeats an hour, readings later than the present one may have fired already.
        var reading = _readings.GetPreviousValidTimeBefore(_clock.Reading(instant) + LongestRepeat);
        while (reading is { } at)
        {
            if (_clock.FirstAt(at) is { } fires && fires < instant)
            {
                return fires;
            }

            reading = _readings.GetPreviousValidTimeBefore(at);
        }

        return null;
    }

    /// <summary>Between two changes of the clock, readings and instants go together: walks from change to change.</summary>
    private DateTimeOffset? NextByInterval(DateTimeOffset instant)
    {
        while (true)
        {
            var offset = _clock.OffsetAt(instant);
            var candidate = _readings.GetNextValidTimeAfter(instant + offset) - offset;
            if (_clock.FirstChange(instant, candidate ?? instant) is not { } change)
            {
                return candidate;
            }

            if (_readings.IsSatisfiedBy(_clock.Reading(change)))
            {
                return change;
            }

            instant = change;
        }
    }

    private DateTimeOffset? PreviousByInterval(DateTimeOffset instant)
    {
        while (true)
        {
            var offset = _clock.OffsetAt(instant.AddTicks(-1));
            var candidate = _readings.GetPreviousValidTimeBefore(instant + offset) - offset;
            if (candidate is null || _clock.LastChange(candidate.Value, instant) is not { } change)
            {
                return candidate;
            }

            instant = change;
        }
    }
}
