namespace Tarn;

/// <summary>A pipeline.</summary>
internal sealed record PipelineView(
    string Name,
    string? Description,
    string? Schedule,
    string TimeZone,
    bool CatchUp,
    bool Paused,
    PlannedRunView? NextRun,
    IReadOnlyList<RunView> LastRuns,
    IReadOnlyList<TaskView> Tasks,
    int MaxActiveRuns,
    int Retries);

/// <summary>The run that the schedule makes next.</summary>
internal sealed record PlannedRunView(DateTimeOffset LogicalDate, DateTimeOffset Start, DateTimeOffset End, DateTimeOffset RunAfter);

/// <summary>A task of a pipeline.</summary>
internal sealed record TaskView(string Name, IReadOnlyList<string> After);

/// <summary>What a run is asked for with; all of it optional.</summary>
/// <param name="LogicalDate">The run's logical date, ISO 8601, UTC unless an offset is given; default now.</param>
internal sealed record TriggerRequest(string? LogicalDate);
