namespace Tarn.Pipelines;

/// <summary>What a task may say about itself beside its name, its code and what it is after. Every setting has a default; a later call replaces an earlier one.</summary>
public sealed class TaskSettings
{
    internal TriggerRule RuleValue { get; private set; } = TriggerRule.AllSuccess;

    internal bool HasRule { get; private set; }

    internal int PriorityValue { get; private set; }

    internal int? MaxActiveValue { get; private set; }

    internal CachePolicy? CacheValue { get; private set; }

    internal bool? DependsOnPastValue { get; private set; }

    internal bool MayFailValue { get; private set; }

    internal string? PoolValue { get; private set; }

    internal int? SlotsValue { get; private set; }

    internal RetryPolicy? RetryValue { get; private set; }

    internal TimeSpan? TimeoutValue { get; private set; }

    internal string ExecutorValue { get; private set; } = TaskDefinition.InProcess;

    internal long? MemoryLimitValue { get; private set; }

    internal string? DescriptionValue { get; private set; }

    /// <summary>Says what the task is for, in a sentence.</summary>
    public TaskSettings Description(string text) => Set(() => DescriptionValue = text);

    /// <summary>When it starts, by the states of the tasks before it; default <see cref="TriggerRule.AllSuccess"/>.</summary>
    public TaskSettings Rule(TriggerRule rule) => Set(() => (RuleValue, HasRule) = (rule, true));

    /// <summary>Among tasks that wait for slots, the greater number goes first; −1,000,000 to 1,000,000, default 0.</summary>
    public TaskSettings Priority(int priority) => Set(() => PriorityValue = priority);

    /// <summary>How many attempts at it run at a time, over all runs and items; 1 to 10,000, default as its pool allows.</summary>
    public TaskSettings MaxActive(int attempts) => Set(() => MaxActiveValue = attempts);

    /// <summary>The pool whose slots it takes while its code runs, and how many of them.</summary>
    public TaskSettings Pool(string pool, int slots = 1) => Set(() => (PoolValue, SlotsValue) = (pool, slots));

    /// <summary>How it is tried again, in every detail.</summary>
    public TaskSettings Retries(RetryPolicy policy) => Set(() => RetryValue = policy);

    /// <summary>How long one attempt may take; a millisecond to 30 days.</summary>
    public TaskSettings Timeout(TimeSpan timeout) => Set(() => TimeoutValue = timeout);

    /// <summary>Uses results again where the input is the same; see <see cref="CachePolicy"/>.</summary>
    public TaskSettings Cache(TimeSpan duration, string? version = null, bool perInterval = true) => Set(() => CacheValue = new CachePolicy(duration, version, perInterval));

    /// <summary>
    /// Whether a run waits until the same task of the run of the interval before it has succeeded or was skipped; default as the pipeline says. The first interval waits for
    /// nothing, nor does one before which no run was ever made.
    /// </summary>
    public TaskSettings DependsOnPast(bool dependsOnPast = true) => Set(() => DependsOnPastValue = dependsOnPast);

    /// <summary>Its failure does not make the run fail by itself; tasks after it still see it by their rules.</summary>
    public TaskSettings MayFail() => Set(() => MayFailValue = true);

    /// <summary>
    /// Runs its code in a process of its own: the same program, started for this attempt alone. It can be killed where it does not heed its token, and its memory can be limited;
    /// starting it takes some hundred milliseconds.
    /// </summary>
    /// <param name="memoryLimit">The most memory that the process may have, in bytes; 64 MiB to 1 TiB, null for no limit. Over it the process is killed, and the attempt fails.</param>
    public TaskSettings ChildProcess(long? memoryLimit = null) => Set(() => (ExecutorValue, MemoryLimitValue) = (TaskDefinition.ChildProcess, memoryLimit));

    /// <summary>Runs its code by a task executor of the program's own; see <see cref="TaskExecutor"/>.</summary>
    public TaskSettings Executor(string name) => Set(() => ExecutorValue = name);

    private TaskSettings Set(Action set)
    {
        set();
        return this;
    }
}
