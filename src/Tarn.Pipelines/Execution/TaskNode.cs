using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>A task of an active run, or one call of a mapped task. Touched only by its run's loop.</summary>
internal sealed class TaskNode
{
    public TaskNode(TaskDefinition definition, TaskRow row)
    {
        Definition = definition;
        Name = row.Name;
        Item = row.Item is { } item ? (int)item : null;
        ItemValue = row.ItemValue;
        Ordinal = row.Ordinal;
        State = StateNames.AttemptStateOf(row.State);
        Attempts = (int)row.Attempts;
        Tries = (int)row.Tries;
        Orphans = (int)row.Orphans;
        RetryAt = row.RetryAt is { } at ? Instant.FromMicroseconds(at) : null;
        Since = row.Since is { } since ? Instant.FromMicroseconds(since) : null;
        Result = row.Result;
        Note = row.Note;
        ChildRun = row.ChildRun;
    }

    public TaskDefinition Definition { get; }

    /// <summary>Its name in the run: that of the definition, for a call of a mapped task with the item's index.</summary>
    public string Name { get; }

    /// <summary>The index of the item of a call of a mapped task; else null.</summary>
    public int? Item { get; }

    public string? ItemValue { get; }

    public long Ordinal { get; }

    public AttemptState State { get; set; }

    public bool IsSettled => State.IsSettled();

    /// <summary>What is going on with it, beyond what is stored.</summary>
    public NodePhase Phase { get; set; } = NodePhase.Waiting;

    /// <summary>The tasks that wait for this one.</summary>
    public List<TaskNode> Dependents { get; } = [];

    /// <summary>The tasks directly before it, counted by their states.</summary>
    public BeforeCounts Before;

    /// <summary>Of a call of a mapped task: the mapped task. Else null.</summary>
    public TaskNode? Mapped { get; set; }

    /// <summary>Of a mapped task: its calls, in the order of the items.</summary>
    public List<TaskNode> Calls { get; } = [];

    public int CallsSettled { get; set; }

    /// <summary>Of a mapped task: the task that gives the list.</summary>
    public TaskNode? Over { get; set; }

    /// <summary>Of a teardown: its setup.</summary>
    public TaskNode? Setup { get; set; }

    public int Attempts { get; set; }

    public int Tries { get; set; }

    public int Orphans { get; set; }

    public DateTimeOffset? RetryAt { get; set; }

    /// <summary>When its first attempt started, for the time-out of sensors.</summary>
    public DateTimeOffset? Since { get; set; }

    public string? Result { get; set; }

    public string? Note { get; set; }

    public string? ChildRun { get; set; }

    public string? Error { get; set; }

    public string? CacheKey { get; set; }

    /// <summary>Whether its row is to be stored.</summary>
    public bool Changed { get; set; }

    /// <summary>Whether an attempt is open that was deferred: the next call of its code goes on with it.</summary>
    public bool HasDeferredAttempt { get; set; }

    /// <summary>Whether its attempt runs, or waits to be run, by a worker that takes it through the store.</summary>
    public bool IsElsewhere { get; set; }

    /// <summary>The last outcome from elsewhere that was heard: one is read until the store says that it was.</summary>
    public string? LastOutcome { get; set; }

    public SlotRequest? Slots { get; set; }

    public ITimer? Timer { get; set; }

    public bool IsMappedWhole => Definition.Kind == TaskKind.Mapped && Item is null;

    public bool IsTeardown => Definition.Kind == TaskKind.Teardown;

    public Verdict Decide()
    {
        if (Setup is { } setup && setup.State != AttemptState.Success)
        {
            return !setup.IsSettled ? Verdict.Wait : setup.State is AttemptState.Cancelled ? Verdict.Cancel : Verdict.Skip;
        }

        var verdict = TriggerRules.Decide(Definition.Rule, Before);

        // Whatever its rule says of the tasks before it, without the list there is nothing to do yet; and never will be where its task does not give one.
        return verdict != Verdict.Start || Over is not { } over ? verdict
            : !over.IsSettled ? Verdict.Wait
            : over.State switch
            {
                AttemptState.Success => Verdict.Start,
                AttemptState.Skipped => Verdict.Skip,
                AttemptState.Cancelled => Verdict.Cancel,
                _ => Verdict.UpstreamFailed,
            };
    }
}

/// <summary>What is going on with a task that has not ended.</summary>
internal enum NodePhase
{
    /// <summary>Waits for the tasks before it.</summary>
    Waiting,

    /// <summary>May start, and waits for slots.</summary>
    WaitsForSlots,

    /// <summary>Has slots: its attempt is about to start.</summary>
    HasSlots,

    /// <summary>Its code runs, here or on another node.</summary>
    Running,

    /// <summary>Waits for a moment: its next attempt, or its next look.</summary>
    Delayed,

    /// <summary>Waits for the run of a sub-pipeline.</summary>
    WaitsForRun,

    /// <summary>Waits for its calls.</summary>
    WaitsForCalls,

    Settled,
}
