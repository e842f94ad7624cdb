namespace Tarn.Pipelines;

/// <summary>A task as it was given to the builder, unchecked.</summary>
internal sealed record TaskDraft(string Name, TaskKind Kind, Delegate? Run, string[] After, string? Group)
{
    public string Pool { get; init; } = TaskDefinition.DefaultPool;

    public int Slots { get; init; } = 1;

    public int? Retries { get; init; }

    public TimeSpan? RetryDelay { get; init; }

    public TimeSpan? Timeout { get; init; }

    public string? Over { get; init; }

    public string? SubPipeline { get; init; }

    public IReadOnlyDictionary<string, object?>? SubParameters { get; init; }

    public string? TeardownOf { get; init; }

    public SensorPolicy? Sensor { get; init; }

    public TaskSettings Settings { get; init; } = new();

    public string PoolName => Settings.PoolValue ?? Pool;

    public int SlotCount => Settings.SlotsValue ?? Slots;

    public TimeSpan? OwnTimeout => Settings.TimeoutValue ?? Timeout;

    /// <summary>A teardown starts when all tasks before it have ended, unless it says otherwise.</summary>
    public TriggerRule Rule => Settings.HasRule ? Settings.RuleValue : Kind == TaskKind.Teardown ? TriggerRule.AllDone : TriggerRule.AllSuccess;

    public bool HasOwnRetry => Retries is not null || RetryDelay is not null || Settings.RetryValue is not null;

    public RetryPolicy RetryIn(PipelineSettings pipeline)
    {
        var policy = Settings.RetryValue ?? pipeline.Retry;
        return policy with { Count = Retries ?? policy.Count, Delay = RetryDelay ?? policy.Delay };
    }
}
