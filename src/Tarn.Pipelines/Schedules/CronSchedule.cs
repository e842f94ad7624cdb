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
/// Where both day fields are restricted, a day matches if either does. Immutable.
/// </remarks>
public sealed class CronSchedule
{
    /// <summary>A clock that is set back repeats no more than this.</summary>
    private static readonly TimeSpan LongestRepeat = TimeSpan.FromHours(4);

    // Matches readings of the wall clock. Quartz could apply the zone itself, but its Next goes backwards at some changes (Africa/Casablanca 2011, Pacific/Apia 2011).
    private readonly CronExpression _readings;
    private readonly WallClock _clock;
    private readonly bool _byInterval;

    private CronSchedule(string expression, CronExpression readings, TimeZoneInfo timeZone)
    {
        Expression = expression;
        TimeZone = timeZone;
        _readings = readings;
        _clock = new WallClock(timeZone);
        var fields = readings.CronExpressionString.Split(' ');
        _byInterval = (fields[1] + fields[2]).AsSpan().ContainsAny("*/-");
    }

    /// <summary>The expression as it was given.</summary>
    public string Expression { get; }

    /// <summary>The time zone in which it is read.</summary>
    public TimeZoneInfo TimeZone { get; }

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

    /// <summary>The first time of the schedule after <paramref name="instant"/>, in UTC; null where there is none in the next hundred years.</summary>
    public DateTimeOffset? Next(DateTimeOffset instant)
    {
        instant = instant.ToUniversalTime();
        return _clock.IsFixed ? _readings.GetNextValidTimeAfter(_clock.Reading(instant)) - _clock.OffsetAt(instant)
            : _byInterval ? NextByInterval(instant)
            : NextByTimeOfDay(instant);
    }

    /// <summary>The last time of the schedule before <paramref name="instant"/>, in UTC; null where there is none since 1970.</summary>
    public DateTimeOffset? Previous(DateTimeOffset instant)
    {
        instant = instant.ToUniversalTime();
        return _clock.IsFixed ? _readings.GetPreviousValidTimeBefore(_clock.Reading(instant)) - _clock.OffsetAt(instant)
            : _byInterval ? PreviousByInterval(instant)
            : PreviousByTimeOfDay(instant);
    }

    /// <summary>The first time of the schedule at or after <paramref name="instant"/>, in UTC.</summary>
    public DateTimeOffset? AtOrAfter(DateTimeOffset instant) => Next(instant.AddTicks(-1));

    /// <summary>The latest data interval that has ended at or before <paramref name="instant"/>; null where none has since 1970.</summary>
    public DataInterval? LatestComplete(DateTimeOffset instant) =>
        Previous(instant.AddTicks(1)) is { } end && Previous(end) is { } start ? new DataInterval(start, end) : null;

    /// <summary>The data interval that starts at or first after <paramref name="instant"/>; null where none does in the next hundred years.</summary>
    public DataInterval? StartingAtOrAfter(DateTimeOffset instant) =>
        AtOrAfter(instant) is { } start && Next(start) is { } end ? new DataInterval(start, end) : null;

    /// <inheritdoc/>
    public override string ToString() => $"{Expression} ({TimeZone.Id})";

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
