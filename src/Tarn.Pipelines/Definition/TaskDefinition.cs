namespace Tarn.Pipelines;

/// <summary>One task of a pipeline: code, and what it waits for. Immutable.</summary>
public sealed class TaskDefinition
{
    internal TaskDefinition(string name, TaskKind kind, IReadOnlyList<string> after, TaskCode? code)
    {
        Name = name;
        Kind = kind;
        After = after;
        Code = code;
    }

    /// <summary>The name of the pool of tasks that name none.</summary>
    public const string DefaultPool = "default";

    /// <summary>The name of the executor that runs code in this process.</summary>
    public const string InProcess = "in-process";

    /// <summary>The name of the executor that runs code in a process of its own.</summary>
    public const string ChildProcess = "child-process";

    /// <summary>Its name, unique in the pipeline; that of a task in a group begins with the group's and a dot.</summary>
    public string Name { get; }

    /// <summary>What it is.</summary>
    public TaskKind Kind { get; }

    /// <summary>The tasks directly before it: those named, those whose results it takes, and those that its group waits for.</summary>
    public IReadOnlyList<string> After { get; }

    /// <summary>What it is for, or null.</summary>
    public string? Description { get; internal init; }

    /// <summary>The group that it is in, or null.</summary>
    public string? Group { get; internal init; }

    /// <summary>When it starts, by the states of the tasks before it.</summary>
    public TriggerRule Rule { get; internal init; }

    /// <summary>The pool whose slots it takes while its code runs.</summary>
    public string Pool { get; internal init; } = DefaultPool;

    /// <summary>How many slots it takes.</summary>
    public int Slots { get; internal init; } = 1;

    /// <summary>Among tasks that wait for slots, the greater number goes first.</summary>
    public int Priority { get; internal init; }

    /// <summary>How many attempts at it run at a time, over all runs and items; null for no limit of its own.</summary>
    public int? MaxActive { get; internal init; }

    /// <summary>How it is tried again when it fails.</summary>
    public RetryPolicy Retry { get; internal init; } = RetryPolicy.None;

    /// <summary>How long one attempt may take; null for no limit.</summary>
    public TimeSpan? Timeout { get; internal init; }

    /// <summary>Of a mapped task: the task that returns the list of items. Else null.</summary>
    public string? Over { get; internal init; }

    /// <summary>Of a sub-pipeline: the pipeline that it runs. Else null.</summary>
    public string? SubPipeline { get; internal init; }

    /// <summary>Of a teardown: the setup whose work it takes away. Else null.</summary>
    public string? TeardownOf { get; internal init; }

    /// <summary>Whether a run waits until this task of the run of the interval before it has succeeded or was skipped.</summary>
    public bool DependsOnPast { get; internal init; }

    /// <summary>Whether the run may succeed although it failed.</summary>
    public bool MayFail { get; internal init; }

    /// <summary>How its results are used again; null where they are not.</summary>
    public CachePolicy? Cache { get; internal init; }

    /// <summary>The executor that runs its code.</summary>
    public string Executor { get; internal init; } = InProcess;

    /// <summary>The most memory that its process may have, in bytes; null for no limit, and where it has no process of its own.</summary>
    public long? MemoryLimit { get; internal init; }

    /// <summary>The type that its code returns; null where it returns nothing.</summary>
    public Type? ResultType => Code?.ResultType;

    /// <summary><see cref="After"/> as it is stored.</summary>
    internal string AfterJson => field ??= System.Text.Json.JsonSerializer.Serialize(After);

    internal SensorPolicy? Sensor { get; init; }

    internal IReadOnlyDictionary<string, object?>? SubParameters { get; init; }

    /// <summary>Whether another task, or the cache, wants what it returns.</summary>
    internal bool KeepsResult { get; init; }

    /// <summary>The tasks whose results its code takes, by full name.</summary>
    internal IReadOnlyList<string> Takes { get; init; } = [];

    internal TaskCode? Code { get; }
}

/// <summary>How a sensor looks.</summary>
/// <param name="Every">The time between two looks.</param>
/// <param name="Timeout">How long it goes on looking; null for ever.</param>
/// <param name="SkipOnTimeout">Whether it is then skipped rather than failed.</param>
internal sealed record SensorPolicy(TimeSpan Every, TimeSpan? Timeout, bool SkipOnTimeout);
