namespace Tarn.Pipelines;

/// <summary>A pipeline as its code defines it: checked and immutable. Made by <see cref="PipelineBuilder.Build"/>.</summary>
public sealed class PipelineDefinition
{
    private readonly Dictionary<string, TaskDefinition> _byName;

    internal PipelineDefinition(PipelineSettings settings, IReadOnlyList<TaskDefinition> tasks)
    {
        Settings = settings;
        Tasks = tasks;
        _byName = tasks.ToDictionary(static t => t.Name, StringComparer.Ordinal);
        Hash = DefinitionHash.Of(this);
    }

    /// <summary>Its name, unique in the program.</summary>
    public string Name => Settings.Name;

    /// <summary>What it is for, or null.</summary>
    public string? Description => Settings.Description;

    /// <summary>When it runs; null where it is run by hand only.</summary>
    public Timetable? Schedule => Settings.Schedule;

    /// <summary>Whether data intervals that were missed are run one by one, oldest first (true), or only the latest one (false).</summary>
    public bool CatchUp => Settings.CatchUp;

    /// <summary>No scheduled data interval starts before this moment; null for no limit.</summary>
    public DateTimeOffset? StartAt => Settings.StartAt;

    /// <summary>How many of its runs may be running at a time.</summary>
    public int MaxActiveRuns => Settings.MaxActiveRuns;

    /// <summary>How failed tasks are tried again, unless the task says otherwise.</summary>
    public RetryPolicy Retry => Settings.Retry;

    /// <summary>How long one attempt at a task may take, unless the task says otherwise; null for no limit.</summary>
    public TimeSpan? Timeout => Settings.Timeout;

    /// <summary>Its tasks, in the order in which they were given.</summary>
    public IReadOnlyList<TaskDefinition> Tasks { get; }

    /// <summary>
    /// The version of the definition: 16 hexadecimal digits that are equal where name, schedule, limits, tasks and their order are equal.
    /// The code inside the tasks is not part of it.
    /// </summary>
    public string Hash { get; }

    internal PipelineSettings Settings { get; }

    internal TaskDefinition? FindTask(string name) => _byName.GetValueOrDefault(name);
}

/// <summary>What a pipeline says about itself apart from its tasks.</summary>
internal sealed record PipelineSettings(string Name)
{
    public string? Description { get; init; }

    public Timetable? Schedule { get; init; }

    public bool CatchUp { get; init; }

    public DateTimeOffset? StartAt { get; init; }

    public int MaxActiveRuns { get; init; } = 1;

    public RetryPolicy Retry { get; init; } = RetryPolicy.None;

    public TimeSpan? Timeout { get; init; }
}
