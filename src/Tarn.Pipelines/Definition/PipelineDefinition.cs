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
        Timetable = settings.Schedule is { } schedule ? new GuardedTimetable(settings.Name, schedule) : null;
        Hash = DefinitionHash.Of(this);
        StartsUnasked = settings.RepairedBy.Count == 0 && tasks.All(static t => !t.DependsOnPast && (t.Cache is null || t.After.Count > 0));
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
    /// The version of the definition: 16 hexadecimal digits that are equal where name, schedule, limits, parameters, tasks with all that says how they are run, and their order are equal. Descriptions, SLA and alerts are not part of it.
    /// The code inside the tasks is not part of it.
    /// </summary>
    public string Hash { get; }

    /// <summary>How many attempts at its tasks run at a time, over all its runs; null for no limit of its own.</summary>
    public int? MaxActiveTasks => Settings.MaxActiveTasks;

    /// <summary>How long a run may take; null for no limit.</summary>
    public TimeSpan? RunTimeout => Settings.RunTimeout;

    /// <summary>Its parameters, in the order in which they were declared.</summary>
    public IReadOnlyList<ParameterDefinition> Parameters => Settings.Parameters;

    /// <summary>The data whose movement runs it.</summary>
    public IReadOnlyList<DataSource> TriggeredBy => Settings.TriggeredBy;

    /// <summary>Whether all of it has to move before it runs, rather than any.</summary>
    public bool TriggersOnAll => Settings.TriggersOnAll;

    /// <summary>The tables whose late rows repair its past intervals.</summary>
    public IReadOnlyList<RepairSource> RepairedBy => Settings.RepairedBy;

    /// <summary>Which events of its runs are told.</summary>
    public IReadOnlyList<AlertRule> Alerts => Settings.Alerts.Count == 0 ? [AlertRule.Default] : Settings.Alerts;

    /// <summary>How long after the end of its data interval a run should have succeeded; null where nothing is said.</summary>
    public TimeSpan? Sla => Settings.Sla;

    /// <summary>The schedule, for whoever asks it: what it throws is a <see cref="TimetableException"/>.</summary>
    internal Timetable? Timetable { get; }

    internal PipelineSettings Settings { get; }

    /// <summary>Whether a new run of it may start without a look at earlier runs, at the tables that repair it, or at what is cached.</summary>
    internal bool StartsUnasked { get; }

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

    public int? MaxActiveTasks { get; init; }

    public TimeSpan? RunTimeout { get; init; }

    public bool DependsOnPast { get; init; }

    public TimeSpan? Sla { get; init; }

    public IReadOnlyList<ParameterDefinition> Parameters { get; init; } = [];

    public IReadOnlyList<DataSource> TriggeredBy { get; init; } = [];

    public bool TriggersOnAll { get; init; }

    public IReadOnlyList<RepairSource> RepairedBy { get; init; } = [];

    public IReadOnlyList<AlertRule> Alerts { get; init; } = [];
}
