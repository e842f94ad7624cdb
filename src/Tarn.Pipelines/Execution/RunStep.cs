using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>All that a run's loop decided at once: stored in one commit, and carried out after it.</summary>
internal sealed class RunStep
{
    public List<AttemptEnd> Ends { get; } = [];

    public List<TaskNode> NewCalls { get; } = [];

    public List<TaskNode> Changed { get; set; } = [];

    public List<AttemptStart> Starts { get; } = [];

    public List<TaskNode> SubRuns { get; } = [];

    /// <summary>Results to keep for later runs.</summary>
    public List<TaskNode> ToCache { get; } = [];

    /// <summary>Attempts that failed and are tried again, for alerts.</summary>
    public List<AttemptEnd> Retried { get; } = [];

    /// <summary>Attempts that ended elsewhere, and of which the run has heard.</summary>
    public List<AttemptEnd> Heard { get; } = [];

    /// <summary>Attempts elsewhere that are to be cancelled.</summary>
    public List<TaskNode> CancelElsewhere { get; } = [];

    /// <summary>Why the run is going to fail although its tasks are only cancelled: a process that takes it over must know.</summary>
    public string? Failure { get; set; }

    public RunEnding? End { get; set; }

    public bool IsEmpty => Ends.Count + NewCalls.Count + Changed.Count + Starts.Count + SubRuns.Count + Heard.Count + CancelElsewhere.Count == 0 && End is null && Failure is null;
}

/// <summary>An attempt that starts, or goes on after it was deferred.</summary>
internal sealed record AttemptStart(TaskNode Node, int Number, bool Resumed, DateTimeOffset At, string? Worker);

/// <summary>How an attempt ended.</summary>
internal sealed record AttemptEnd(string Task, int Number, AttemptState State, DateTimeOffset? At, string? Error, string? Reported);

/// <summary>How a run ended.</summary>
internal sealed record RunEnding(RunState State, string? Error, long EndedAt)
{
    /// <summary>Why, as every store can keep it.</summary>
    public string? Error { get; } = StoredText.Clean(Error);
}

/// <summary>What a run's loop hears.</summary>
internal abstract record RunEvent
{
    /// <summary>The code of an attempt has ended.</summary>
    public sealed record Ended(TaskNode Node, int Number, AttemptOutcome Outcome) : RunEvent;

    /// <summary>The code of an attempt has ended on another node; the store tells how.</summary>
    public sealed record EndedElsewhere(string Task, int Number, RemoteOutcome Outcome) : RunEvent;

    /// <summary>The node that ran an attempt is gone.</summary>
    public sealed record Orphaned(string Task, int Number) : RunEvent;

    /// <summary>Slots were granted.</summary>
    public sealed record SlotsGranted(TaskNode Node) : RunEvent;

    /// <summary>The moment that a task waited for has come.</summary>
    public sealed record Due(TaskNode Node) : RunEvent;

    /// <summary>The run of a sub-pipeline has ended.</summary>
    public sealed record SubRunEnded(string RunId, RunState State, string? Error) : RunEvent;

    /// <summary>The run is to be cancelled; with a reason it fails by it.</summary>
    public sealed record Cancel(string? Reason) : RunEvent;

    /// <summary>The process stops.</summary>
    public sealed record Stop : RunEvent;
}
