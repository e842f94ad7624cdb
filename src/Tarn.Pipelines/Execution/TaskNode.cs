using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>A task of an active run. Guarded by the run's lock, but for what only the task's own flow touches.</summary>
internal sealed class TaskNode(TaskDefinition definition, TaskRow row)
{
    public TaskDefinition Definition => definition;

    public string Name => definition.Name;

    /// <summary>Its state as it is stored.</summary>
    public AttemptState State { get; private set; } = StateNames.AttemptStateOf(row.State);

    /// <summary>The state that is being stored, or null.</summary>
    public AttemptState? Proposed { get; set; }

    /// <summary>The tasks that wait for this one.</summary>
    public List<TaskNode> Dependents { get; } = [];

    /// <summary>The tasks that this one waits for.</summary>
    public List<TaskNode> Before { get; } = [];

    public int Attempts { get; set; } = (int)row.Attempts;

    public int Tries { get; set; } = (int)row.Tries;

    public int Orphans { get; set; } = (int)row.Orphans;

    public DateTimeOffset? RetryAt { get; set; } = row.RetryAt is { } at ? Instant.FromMicroseconds(at) : null;

    public string? Error { get; set; }

    public bool Launched { get; set; }

    /// <summary>The state that it has when what is being stored is.</summary>
    public AttemptState Coming => Proposed ?? State;

    public bool WillBeSettled => Coming.IsSettled();

    public bool IsReady => !Launched && !State.IsSettled() && Before.TrueForAll(static b => b.State is AttemptState.Success);

    /// <summary>What becomes of a task that cannot start any more, once all tasks before it have ended; null where it can, or some have not.</summary>
    public AttemptState? Fate()
    {
        if (Launched || WillBeSettled || !Before.TrueForAll(static b => b.WillBeSettled))
        {
            return null;
        }

        if (Before.Exists(static b => b.Coming is AttemptState.Failed or AttemptState.UpstreamFailed))
        {
            return AttemptState.UpstreamFailed;
        }

        if (Before.Exists(static b => b.Coming is AttemptState.Cancelled))
        {
            return AttemptState.Cancelled;
        }

        return Before.Exists(static b => b.Coming is AttemptState.Skipped) ? AttemptState.Skipped : null;
    }

    public TaskChange Change() => new(Name, Coming, Tries, Orphans, RetryAt);

    /// <summary>What was proposed is stored.</summary>
    public void Stored()
    {
        State = Coming;
        Proposed = null;
    }

    /// <summary>A state that was stored with the start of an attempt.</summary>
    public void Started() => State = AttemptState.Running;
}
