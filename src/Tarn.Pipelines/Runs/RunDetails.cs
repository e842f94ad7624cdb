using System.Text.Json;

namespace Tarn.Pipelines;

/// <summary>A run with its tasks and their attempts.</summary>
/// <param name="Run">The run itself.</param>
/// <param name="Tasks">Its tasks, in the order of their definition.</param>
public sealed record RunDetails(RunSummary Run, IReadOnlyList<TaskDetails> Tasks);

/// <summary>One task of a run.</summary>
/// <param name="Name">Its name.</param>
/// <param name="After">The tasks that it waits for.</param>
/// <param name="State">Where it is.</param>
/// <param name="RetryAt">When the next attempt starts, or a sensor looks again; else null.</param>
/// <param name="Attempts">Its attempts, oldest first; empty before the first has started.</param>
public sealed record TaskDetails(
    string Name,
    IReadOnlyList<string> After,
    AttemptState State,
    DateTimeOffset? RetryAt,
    IReadOnlyList<AttemptDetails> Attempts)
{
    /// <summary>What it is.</summary>
    public TaskKind Kind { get; init; }

    /// <summary>Of a call of a mapped task: the task; else null.</summary>
    public string? MappedTask { get; init; }

    /// <summary>Of a call of a mapped task: the index of its item; else null.</summary>
    public int? Item { get; init; }

    /// <summary>Of a call of a mapped task: the item; else null.</summary>
    public JsonElement? ItemValue { get; init; }

    /// <summary>What it returned, where that is kept; else null.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>Why it ended as it did, where no attempt says so: not chosen by a branch, served from the cache; else null.</summary>
    public string? Note { get; init; }

    /// <summary>Of a sub-pipeline: the run that it waits, or waited, for; else null.</summary>
    public string? SubRun { get; init; }
}

/// <summary>One attempt at a task.</summary>
/// <param name="Number">From 1.</param>
/// <param name="State">Where it is.</param>
/// <param name="StartedAt">When its code was called.</param>
/// <param name="EndedAt">When its code returned or threw, or was found to have died with its process; null while it runs.</param>
/// <param name="Error">Why it failed, with the exception's text, or null.</param>
/// <param name="Reported">What the task reported by <see cref="TaskContext.Report"/>, in JSON values by name.</param>
public sealed record AttemptDetails(
    int Number,
    AttemptState State,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    string? Error,
    IReadOnlyDictionary<string, JsonElement> Reported)
{
    /// <summary>The node that ran it, or null where it waits for one.</summary>
    public string? Worker { get; init; }

    /// <summary>From start to end in milliseconds, or null while it runs.</summary>
    public double? DurationMs => EndedAt is { } ended ? (ended - StartedAt).TotalMilliseconds : null;
}
