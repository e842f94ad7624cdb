namespace Tarn.Pipelines;

/// <summary>One task of a pipeline: code, and what it waits for. Immutable.</summary>
public sealed class TaskDefinition
{
    internal TaskDefinition(string name, IReadOnlyList<string> after, string pool, int slots, RetryPolicy retry, TimeSpan? timeout, TaskCode code)
    {
        Name = name;
        After = after;
        Pool = pool;
        Slots = slots;
        Retry = retry;
        Timeout = timeout;
        Code = code;
    }

    /// <summary>The name of the pool of tasks that name none.</summary>
    public const string DefaultPool = "default";

    /// <summary>Its name, unique in the pipeline.</summary>
    public string Name { get; }

    /// <summary>The tasks that must have ended in success before it starts.</summary>
    public IReadOnlyList<string> After { get; }

    /// <summary>The pool whose slots it takes while its code runs.</summary>
    public string Pool { get; }

    /// <summary>How many slots it takes.</summary>
    public int Slots { get; }

    /// <summary>How it is tried again when it fails.</summary>
    public RetryPolicy Retry { get; }

    /// <summary>How long one attempt may take; null for no limit.</summary>
    public TimeSpan? Timeout { get; }

    internal TaskCode Code { get; }
}
