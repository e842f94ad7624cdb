namespace Tarn.Pipelines;

/// <summary>A pipeline as it stands: its definition in short, its schedule's next step, its last runs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for, or null.</param>
/// <param name="Schedule">Its cron expression as it was given, or null where it runs by hand only.</param>
/// <param name="TimeZone">The id of the time zone in which the schedule is read.</param>
/// <param name="CatchUp">Whether missed data intervals are run one by one, or only the latest.</param>
/// <param name="Paused">Whether its schedule is paused.</param>
/// <param name="NextRun">The next scheduled run, or null where there is none (no schedule, paused).</param>
/// <param name="LastRuns">The newest runs first, at most 20.</param>
/// <param name="Tasks">Its tasks in the order of their definition.</param>
/// <param name="MaxActiveRuns">How many of its runs may be running at a time.</param>
/// <param name="Retries">How often a failed task is tried again, unless the task says otherwise.</param>
/// <param name="DefinitionHash">The version of its definition.</param>
public sealed record PipelineSummary(
    string Name,
    string? Description,
    string? Schedule,
    string TimeZone,
    bool CatchUp,
    bool Paused,
    PlannedRun? NextRun,
    IReadOnlyList<RunSummary> LastRuns,
    IReadOnlyList<TaskSummary> Tasks,
    int MaxActiveRuns,
    int Retries,
    string DefinitionHash)
{
    /// <summary>How the latest runs of its data intervals ended; <see cref="IntervalCounts.None"/> is zero.</summary>
    public IntervalCounts Intervals { get; init; } = IntervalCounts.Zero;
}

/// <summary>A task of a pipeline's definition.</summary>
/// <param name="Name">Its name.</param>
/// <param name="After">The tasks that it waits for.</param>
public sealed record TaskSummary(string Name, IReadOnlyList<string> After);

/// <summary>A run that the schedule will make.</summary>
/// <param name="LogicalDate">Its logical date: the start of its data interval.</param>
/// <param name="Start">The start of its data interval.</param>
/// <param name="End">The end of its data interval.</param>
/// <param name="RunAfter">The earliest moment at which it is made: the end of its data interval. In the past where earlier runs hold it up.</param>
public sealed record PlannedRun(DateTimeOffset LogicalDate, DateTimeOffset Start, DateTimeOffset End, DateTimeOffset RunAfter);
