using Quartz;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// When a pipeline runs: a cron expression of five fields (minute, hour, day of month, month, day of week, with names, ranges, lists and steps;
/// 0 and 7 are both Sunday) or one of <c>@hourly @daily @weekly @monthly @yearly</c>, read in a time zone. Two successive times of it
/// bound a data interval.
/// </summary>
/// <remarks>
/// Daylight saving, as Vixie cron has it: a time of day that the clocks skip fires once, at the moment they move to; one that they
/// repeat fires once, the first time; a schedule by interval (<c>*/30 * * * *</c>) fires evenly in real time through both.
/// Where both day fields are restricted, a day matches if either does. Immutable.
/// </remarks>
public sealed class CronSchedule
{
    private readonly CronExpression _cron;

    private CronSchedule(string expression, CronExpression cron)
    {
        Expression = expression;
        _cron = cron;
    }

    /// <summary>The expression as it was given.</summary>
    public string Expression { get; }

    /// <summary>The time zone in which it is read.</summary>
    public TimeZoneInfo TimeZone => _cron.TimeZone;

    /// <summary>Reads an expression.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="timeZone">The time zone; UTC where null.</param>
    /// <exception cref="TarnException">The expression cannot be read, or no time ever matches it.</exception>
    public static CronSchedule Parse(string expression, TimeZoneInfo? timeZone = null)
    {
        CronExpression cron;
        try
        {
            cron = CronExpression.Parse(expression.Trim(), CronFormat.Unix).WithTimeZone(timeZone ?? TimeZoneInfo.Utc);
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

        return new CronSchedule(expression, cron);
    }

    /// <summary>The first time of the schedule after <paramref name="instant"/>, in UTC; null where there is none in the next hundred years.</summary>
    public DateTimeOffset? Next(DateTimeOffset instant) => _cron.GetNextValidTimeAfter(instant)?.ToUniversalTime();

    /// <summary>The last time of the schedule before <paramref name="instant"/>, in UTC; null where there is none since 1970.</summary>
    public DateTimeOffset? Previous(DateTimeOffset instant) => _cron.GetPreviousValidTimeBefore(instant)?.ToUniversalTime();

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
}
