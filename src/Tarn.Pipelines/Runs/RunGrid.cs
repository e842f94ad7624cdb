namespace Tarn.Pipelines;

/// <summary>Runs of a pipeline with the states of their tasks, newest first.</summary>
/// <param name="Pipeline">The pipeline's name.</param>
/// <param name="Runs">The runs.</param>
public sealed record RunGrid(string Pipeline, IReadOnlyList<GridRun> Runs);

/// <summary>A run and the states of its tasks.</summary>
/// <param name="Run">The run.</param>
/// <param name="Tasks">Its tasks in the order of the definition that it ran with.</param>
public sealed record GridRun(RunSummary Run, IReadOnlyList<GridTask> Tasks);

/// <summary>A task of a run, its calls summed up where it is a mapped one.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">Where it is.</param>
/// <param name="Attempts">How many attempts were made at it, and at its calls.</param>
/// <param name="StartedAt">When the first of them started, or null before that.</param>
/// <param name="EndedAt">When the last of them ended; null while one runs, and before the first.</param>
/// <param name="Note">Why it ended as it did, where no attempt says so; else null.</param>
/// <param name="Calls">Of a mapped task: how many of its calls are in which state; else null.</param>
public sealed record GridTask(
    string Name, AttemptState State, int Attempts, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, string? Note, IReadOnlyDictionary<AttemptState, int>? Calls)
{
    /// <summary>From the first start to the last end in milliseconds, or null where it has not ended.</summary>
    public double? DurationMs => StartedAt is { } started && EndedAt is { } ended ? (ended - started).TotalMilliseconds : null;
}
