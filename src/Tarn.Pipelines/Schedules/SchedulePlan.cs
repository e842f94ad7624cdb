using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>The rule by which a schedule's next run follows from what has been decided so far. A pure function of its inputs.</summary>
internal static class SchedulePlan
{
    /// <summary>The next scheduled run; null where the pipeline has no schedule, or its schedule has come to an end.</summary>
    /// <param name="pipeline">The definition.</param>
    /// <param name="registeredAt">When the pipeline was first seen.</param>
    /// <param name="scheduledUntil">Every data interval that starts before this is decided; null where none is.</param>
    /// <param name="now">The moment.</param>
    public static PlannedRun? Next(PipelineDefinition pipeline, DateTimeOffset registeredAt, DateTimeOffset? scheduledUntil, DateTimeOffset now)
    {
        if (pipeline.Timetable is not { } schedule)
        {
            return null;
        }

        var from = scheduledUntil ?? pipeline.StartAt ?? First(schedule, registeredAt);
        if (pipeline.StartAt is { } start && start > from)
        {
            from = start;
        }

        if (!pipeline.CatchUp && schedule.LatestComplete(now) is { } latest && latest.Start > from)
        {
            from = latest.Start;
        }

        return schedule.StartingAtOrAfter(from) is { } interval
            ? new PlannedRun(interval.Start, interval.Start, interval.End, interval.End)
            : null;
    }

    /// <summary>The data interval of a run made by hand for a logical date: the latest that had ended by then, and empty without a schedule.</summary>
    public static DataInterval ForManual(PipelineDefinition pipeline, DateTimeOffset logicalDate) =>
        pipeline.Timetable?.LatestComplete(logicalDate) ?? new DataInterval(logicalDate, logicalDate);

    private static DateTimeOffset First(Timetable schedule, DateTimeOffset registeredAt) =>
        schedule.LatestComplete(registeredAt)?.Start ?? registeredAt;

    /// <summary>The next scheduled run, as it is shown; null also where the timetable cannot be asked, which its schedule tells.</summary>
    public static PlannedRun? Shown(PipelineDefinition pipeline, PipelineRow row, DateTimeOffset now)
    {
        try
        {
            return Next(pipeline, row, now);
        }
        catch (TimetableException)
        {
            return null;
        }
    }

    /// <summary>From the stored form.</summary>
    public static PlannedRun? Next(PipelineDefinition pipeline, PipelineRow row, DateTimeOffset now) => Next(
        pipeline,
        Instant.FromMicroseconds(row.RegisteredAt),
        row.ScheduledUntil is { } until ? Instant.FromMicroseconds(until) : null,
        now);
}
