using Microsoft.Extensions.DependencyInjection;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// Defines a pipeline in code. Every setting has a default; a later call replaces an earlier one; <see cref="Build"/> checks the whole and reports
/// all errors at once.
/// <code>
/// new PipelineBuilder("earthquakes-minibatch")
///     .Schedule("*/5 * * * *").Retries(2, TimeSpan.FromSeconds(5))
///     .Task("fetch", (UsgsClient usgs, TaskContext run) => usgs.FetchAsync(run.DataInterval, run.CancellationToken))
///     .Task("merge", (Merger merger) => merger.MergeAsync(), after: ["fetch"])
///     .Build();
/// </code>
/// </summary>
public sealed partial class PipelineBuilder
{
    private readonly List<TaskDraft> _tasks = [];
    private readonly List<GroupDraft> _groups = [];
    private readonly List<ParameterDefinition> _parameters = [];
    private readonly List<string> _errors = [];
    private PipelineSettings _settings;

    /// <summary>Starts a definition.</summary>
    /// <param name="name">The pipeline's name: a lower-case letter, then lower-case letters, digits, hyphens and underscores, 64 at most.</param>
    public PipelineBuilder(string name) => _settings = new PipelineSettings(name);

    /// <summary>Says what the pipeline is for, in a sentence.</summary>
    public PipelineBuilder Description(string text) => Set(_settings with { Description = text });

    /// <summary>Runs it by a schedule; without one it is run by hand only.</summary>
    /// <param name="cron">A cron expression of five fields, or <c>@daily</c> and the like; see <see cref="CronSchedule"/>.</param>
    /// <param name="timeZone">The time zone in which it is read; default UTC.</param>
    public PipelineBuilder Schedule(string cron, TimeZoneInfo? timeZone = null)
    {
        try
        {
            return Set(_settings with { Schedule = CronSchedule.Parse(cron, timeZone) });
        }
        catch (TarnException error)
        {
            _errors.Add($"the schedule cannot be used: {error.Message}");
            return this;
        }
    }

    /// <summary>Runs it at a fixed interval of elapsed time; see <see cref="IntervalSchedule"/>.</summary>
    /// <param name="every">How long each data interval is: whole seconds, from 1 second to 366 days.</param>
    /// <param name="anchor">An instant at which one starts, in whole seconds; default 1970-01-01T00:00:00Z.</param>
    public PipelineBuilder Schedule(TimeSpan every, DateTimeOffset? anchor = null)
    {
        try
        {
            return Schedule(IntervalSchedule.Every(every, anchor));
        }
        catch (TarnException error)
        {
            _errors.Add($"the schedule cannot be used: {error.Message}");
            return this;
        }
    }

    /// <summary>Runs it by a timetable, such as one of your own.</summary>
    public PipelineBuilder Schedule(Timetable timetable) => Set(_settings with { Schedule = timetable });

    /// <summary>
    /// Says what becomes of data intervals that were missed (while the process was down, the pipeline paused, or an earlier run took long):
    /// true runs each, oldest first; false, the default, runs only the latest one that is complete.
    /// </summary>
    public PipelineBuilder CatchUp(bool catchUp = true) => Set(_settings with { CatchUp = catchUp });

    /// <summary>
    /// No scheduled data interval starts before this moment. Without it, the first one is the latest that was complete when the
    /// pipeline was first seen.
    /// </summary>
    public PipelineBuilder StartAt(DateTimeOffset start) => Set(_settings with { StartAt = start.ToUniversalTime() });

    /// <summary>How many of its runs may be running at a time; 1 to 1,000, default 1. Further ones wait in the order in which they were made.</summary>
    public PipelineBuilder MaxActiveRuns(int runs) => Set(_settings with { MaxActiveRuns = runs });

    /// <summary>How a failed task is tried again, unless the task says otherwise; default: not at all.</summary>
    /// <param name="count">How often; 0 to 1,000.</param>
    /// <param name="delay">The delay before the first retry; it doubles with each further one; default 10 seconds.</param>
    public PipelineBuilder Retries(int count, TimeSpan? delay = null) => Retries(Policy(count, delay));

    /// <summary>How a failed task is tried again, in every detail, unless the task says otherwise.</summary>
    public PipelineBuilder Retries(RetryPolicy policy) => Set(_settings with { Retry = policy });

    /// <summary>
    /// How long one attempt at a task may take, unless the task says otherwise; a millisecond to 30 days, default no limit. Then its token is cancelled and the attempt
    /// fails; code that does not heed its token is waited for, because a second attempt beside it would do its work twice.
    /// </summary>
    public PipelineBuilder Timeout(TimeSpan timeout) => Set(_settings with { Timeout = timeout });

    /// <summary>Checks the definition and makes it.</summary>
    /// <param name="services">Tells which parameter types of the tasks are services; where null, unknown ones are found when the task is run.</param>
    /// <exception cref="TarnException">The definition breaks rules: the message has all of them.</exception>
    public PipelineDefinition Build(IServiceProviderIsService? services = null)
    {
        if (TryBuild(services, out var errors) is { } definition)
        {
            return definition;
        }

        throw TarnException.InvalidInput(
            errors.Count == 1 ? $"The pipeline's definition has an error: {errors[0]}." : $"The pipeline's definition has {errors.Count} errors: {string.Join("; ", errors)}.",
            _settings.Name);
    }

    /// <summary>How many attempts at tasks of one of its runs, and of all its runs together, run at a time; 1 to 10,000, default as the pools allow.</summary>
    public PipelineBuilder MaxActiveTasks(int attempts) => Set(_settings with { MaxActiveTasks = attempts });

    /// <summary>How long a run may take from its start, with all retries; a second to 365 days, default no limit. Then what still runs is cancelled, and the run fails.</summary>
    public PipelineBuilder RunTimeout(TimeSpan timeout) => Set(_settings with { RunTimeout = timeout });

    /// <summary>A run waits until all tasks of the run of the interval before it have succeeded or were skipped, unless a task says otherwise; default not.</summary>
    public PipelineBuilder DependsOnPast(bool dependsOnPast = true) => Set(_settings with { DependsOnPast = dependsOnPast });

    /// <summary>
    /// Runs it when a table has a new commit, or a topic new records, beside its schedule or instead of one. Movements that come while a run waits are taken together. The data
    /// interval of such a run is from the run before it by a movement to this one.
    /// </summary>
    /// <param name="sources">What is watched: <see cref="DataSource.Table"/>, <see cref="DataSource.Topic"/>.</param>
    public PipelineBuilder TriggeredBy(params DataSource[] sources) => Set(_settings with { TriggeredBy = [.. _settings.TriggeredBy, .. sources] });

    /// <summary>
    /// As <see cref="TriggeredBy"/>, but runs it only when all that is watched has moved since the run before by a movement: each table by a new commit, each topic by a new record, in any order. What one
    /// of them brings meanwhile is kept for the run that the last of them starts. Sources of <see cref="TriggeredBy"/> are waited for as well.
    /// </summary>
    /// <param name="sources">What is watched.</param>
    public PipelineBuilder TriggeredByAll(params DataSource[] sources) => Set(_settings with { TriggeredBy = [.. _settings.TriggeredBy, .. sources], TriggersOnAll = true });

    /// <summary>
    /// Repairs past intervals: where a commit of the table touches rows whose event time lies in data intervals that were already run, those, and no others, are run again, in order, when they are not
    /// older than the horizon. Commits that come close together are taken together. What the pipeline itself commits repairs nothing.
    /// </summary>
    /// <param name="table">The table, <c>layer.name</c>; it names its event-time column.</param>
    /// <param name="horizon">How far back an interval may end; a minute to 3,650 days.</param>
    /// <param name="maxActiveRuns">How many repairs run at a time; 1 to 1,000, default 1. With one, they run in the order of their intervals.</param>
    public PipelineBuilder RepairedBy(string table, TimeSpan horizon, int maxActiveRuns = 1) =>
        Set(_settings with { RepairedBy = [.. _settings.RepairedBy, new RepairSource(table, horizon, maxActiveRuns)] });

    /// <summary>Which events of its runs are told, and through which alert channels; without it, failures and what follows them are told through the default ones.</summary>
    /// <param name="events">The events.</param>
    /// <param name="channels">Names of channels as configured; none for the default ones.</param>
    public PipelineBuilder AlertOn(PipelineEvents events, params string[] channels) => Set(_settings with { Alerts = [.. _settings.Alerts, new AlertRule(events, channels)] });

    /// <summary>How long after the end of its data interval, or after it was made where that is later, a run should have succeeded; else <see cref="PipelineEvents.SlaMissed"/> is told. A second to 365 days.</summary>
    public PipelineBuilder Sla(TimeSpan sla) => Set(_settings with { Sla = sla });

    internal PipelineDefinition? TryBuild(IServiceProviderIsService? services, out IReadOnlyList<string> errors)
    {
        var found = new List<string>(_errors);
        var names = new TaskNames(_tasks, _groups);
        found.AddRange(DefinitionRules.Check(_settings, _tasks, _groups, names));
        var settings = _settings with { Parameters = [.. _parameters] };
        var codes = new Dictionary<TaskDraft, TaskCode>(ReferenceEqualityComparer.Instance);
        foreach (var draft in _tasks.Where(static t => t.Run is not null))
        {
            codes[draft] = TaskCode.Bind(draft.Run!, services, name => names.FindTask(name, draft.Group), out var bindingErrors);
            found.AddRange(bindingErrors.Select(e => $"task '{draft.Name}': {e}"));
        }

        if (found.Count == 0)
        {
            found.AddRange(DataRules.Check(settings, _tasks, codes, names));
        }

        errors = found;
        return found.Count == 0 ? new PipelineDefinition(settings, Define(settings, codes, names)) : null;
    }

    private List<TaskDefinition> Define(PipelineSettings settings, Dictionary<TaskDraft, TaskCode> codes, TaskNames names)
    {
        var taken = codes.Values.SelectMany(static c => c.Parameters).Where(static p => p.Origin == CodeParameter.Source.Result).Select(static p => p.Name)
            .Concat(_tasks.Where(static t => t.Over is not null).Select(t => names.FindTask(t.Over!, t.Group)!))
            .ToHashSet(StringComparer.Ordinal);
        return _tasks.ConvertAll(t => new TaskDefinition(t.Name, t.Kind, names.AfterOf(t), codes.GetValueOrDefault(t))
        {
            Description = t.Settings.DescriptionValue,
            Group = t.Group,
            Rule = t.Rule,
            Pool = t.PoolName,
            Slots = t.SlotCount,
            Priority = t.Settings.PriorityValue,
            MaxActive = t.Settings.MaxActiveValue,
            Retry = t.RetryIn(settings),
            Timeout = t.OwnTimeout ?? settings.Timeout,
            Over = t.Over is null ? null : names.FindTask(t.Over, t.Group),
            SubPipeline = t.SubPipeline,
            SubParameters = t.SubParameters,
            TeardownOf = t.TeardownOf is null ? null : names.FindTask(t.TeardownOf, t.Group),
            DependsOnPast = t.Settings.DependsOnPastValue ?? settings.DependsOnPast,
            MayFail = t.Settings.MayFailValue || t.Kind == TaskKind.Teardown,
            Cache = t.Settings.CacheValue,
            Executor = t.Settings.ExecutorValue,
            MemoryLimit = t.Settings.MemoryLimitValue,
            Sensor = t.Sensor,
            KeepsResult = codes.GetValueOrDefault(t)?.ResultType is not null && (taken.Contains(t.Name) || t.Kind is TaskKind.Branch or TaskKind.ShortCircuit),
            Takes = codes.GetValueOrDefault(t)?.Parameters.Where(static p => p.Origin == CodeParameter.Source.Result).Select(static p => p.Name).Distinct().ToArray() ?? [],
        });
    }

    private static RetryPolicy Policy(int count, TimeSpan? delay) =>
        delay is { } given ? new RetryPolicy { Count = count, Delay = given } : new RetryPolicy { Count = count };

    private PipelineBuilder Set(PipelineSettings settings)
    {
        _settings = settings;
        return this;
    }
}
