namespace Tarn.Pipelines;

/// <summary>
/// When a pipeline runs: a sequence of data intervals, of which each is run when it has ended. <see cref="CronSchedule"/> and <see cref="IntervalSchedule"/> are
/// such; derive from it for another, such as the sessions of an exchange.
/// </summary>
/// <remarks>
/// What an own one must keep to, because state is kept by interval and looked up in both directions:
/// <list type="bullet">
/// <item>It is a pure function: it answers the same whenever and wherever it is asked, so it reads no clock and nothing that can change, and it is safe for use by several threads.
/// Where its intervals are to change, so does its <see cref="Expression"/>, and with it the version of the pipeline's definition.</item>
/// <item>Its intervals are in order, not empty, and do not overlap. Gaps between them are allowed: what lies there belongs to no interval.</item>
/// <item>Starts and ends are in UTC, and whole microseconds, which is what the store keeps.</item>
/// <item><see cref="StartingAtOrAfter"/> and <see cref="LatestComplete"/> are about the same intervals: the one that starts at <c>i.Start</c> is <c>i</c>, and so is the
/// latest that is complete at <c>i.End</c>.</item>
/// <item>They answer for every instant that there is, and with null before the first and after the last interval.</item>
/// </list>
/// The rest is derived from these two, one interval after the other; override <see cref="Count"/> where it can be computed, because what is shown of years of intervals counts them.
/// </remarks>
public abstract class Timetable
{
    /// <summary>
    /// What it is, in a line, for people; a part of the version of the pipeline's definition. Two timetables of one type, expression and time zone have the same intervals.
    /// </summary>
    public abstract string Expression { get; }

    /// <summary>The time zone in which it is read, and by whose days its intervals are shown in a calendar; default UTC.</summary>
    public virtual TimeZoneInfo TimeZone => TimeZoneInfo.Utc;

    /// <summary>The data interval that starts at or first after <paramref name="instant"/>; null where there is none.</summary>
    public abstract DataInterval? StartingAtOrAfter(DateTimeOffset instant);

    /// <summary>The latest data interval that has ended at or before <paramref name="instant"/>; null where there is none.</summary>
    public abstract DataInterval? LatestComplete(DateTimeOffset instant);

    /// <summary>The data interval in which <paramref name="instant"/> lies; null where it lies in none.</summary>
    public DataInterval? Containing(DateTimeOffset instant)
    {
        var next = LatestComplete(instant) is { } last ? Following(last) : StartingAtOrAfter(DateTimeOffset.MinValue);
        return next is { } interval && interval.Contains(instant) ? interval : null;
    }

    /// <summary>The data intervals that start at or after <paramref name="from"/> and before <paramref name="to"/>, found as they are asked for.</summary>
    /// <param name="from">The first instant at which one may start.</param>
    /// <param name="to">The first instant at which none may start any more.</param>
    /// <param name="backwards">Whether the last one comes first.</param>
    public IEnumerable<DataInterval> Between(DateTimeOffset from, DateTimeOffset to, bool backwards = false)
    {
        if (backwards)
        {
            for (var at = LastStartingBefore(to); at is { } interval && interval.Start >= from; at = Preceding(interval))
            {
                yield return interval;
            }
        }
        else
        {
            for (var at = StartingAtOrAfter(from); at is { } interval && interval.Start < to; at = Following(interval))
            {
                yield return interval;
            }
        }
    }

    /// <summary>How many data intervals start at or after <paramref name="from"/> and before <paramref name="to"/>: as many as <see cref="Between"/> gives.</summary>
    public virtual long Count(DateTimeOffset from, DateTimeOffset to)
    {
        var count = 0L;
        foreach (var _ in Between(from, to))
        {
            count++;
        }

        return count;
    }

    /// <summary>The data interval after one of this timetable's; null where that is the last.</summary>
    public virtual DataInterval? Following(DataInterval interval) => StartingAtOrAfter(interval.End);

    /// <summary>The data interval before one of this timetable's; null where that is the first.</summary>
    public virtual DataInterval? Preceding(DataInterval interval) => LatestComplete(interval.Start);

    /// <summary>The last data interval that starts before <paramref name="instant"/>, whether it has ended by then or not; null where there is none.</summary>
    public DataInterval? LastStartingBefore(DateTimeOffset instant) =>
        instant > DateTimeOffset.MinValue ? Containing(instant.AddTicks(-1)) ?? LatestComplete(instant) : null;

    /// <inheritdoc/>
    public override string ToString() => $"{Expression} ({TimeZone.Id})";
}
