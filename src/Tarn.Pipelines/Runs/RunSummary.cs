namespace Tarn.Pipelines;

/// <summary>One run of a pipeline, without its tasks.</summary>
/// <param name="Id">Its id; ids sort by the time at which the runs were made.</param>
/// <param name="Pipeline">The pipeline's name.</param>
/// <param name="Trigger">Why it was made.</param>
/// <param name="State">Where it is.</param>
/// <param name="LogicalDate">The date that names it: the data interval's start for a scheduled run, the date given (or the moment) for a manual one.</param>
/// <param name="DataInterval">The span of time whose data it is about.</param>
/// <param name="QueuedAt">When it was made, or put back by a retry.</param>
/// <param name="StartedAt">When its first task could start, or null before that.</param>
/// <param name="EndedAt">When it ended, or null before that.</param>
/// <param name="Error">Why it failed, in one line, or null.</param>
/// <param name="DefinitionHash">The version of the definition that it ran, or last ran, with.</param>
public sealed record RunSummary(
    string Id,
    string Pipeline,
    RunTrigger Trigger,
    RunState State,
    DateTimeOffset LogicalDate,
    DataInterval DataInterval,
    DateTimeOffset QueuedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    string? Error,
    string DefinitionHash)
{
    /// <summary>Its parameters as a JSON object; null where the pipeline has none.</summary>
    public System.Text.Json.JsonElement? Parameters { get; init; }

    /// <summary>Of a repair and of a run by data: what moved, as a JSON object; else null.</summary>
    public System.Text.Json.JsonElement? Cause { get; init; }

    /// <summary>Of a sub-pipeline's run: the id of the run that waits for it; else null.</summary>
    public string? Parent { get; init; }

    /// <summary>The id of the backfill that made it, or null.</summary>
    public string? Backfill { get; init; }

    /// <summary>Whether it had not succeeded in the time that its pipeline's SLA gives it.</summary>
    public bool SlaMissed { get; init; }

    /// <summary>From start to end in milliseconds, or null where it has not ended (or was cancelled before its start).</summary>
    public double? DurationMs => StartedAt is { } started && EndedAt is { } ended ? (ended - started).TotalMilliseconds : null;

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => State is RunState.Success or RunState.Failed or RunState.Cancelled;
}
