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
public sealed class PipelineBuilder
{
    private readonly List<TaskDraft> _tasks = [];
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

    /// <summary>Adds a task.</summary>
    /// <param name="name">Its name, unique in the pipeline, of the same form as the pipeline's.</param>
    /// <param name="run">
    /// Its code: a delegate, asynchronous or not. Its parameters are services, resolved from a scope of the attempt's own (keyed ones by
    /// <c>[FromKeyedServices]</c>), <see cref="TaskContext"/>, <see cref="DataInterval"/>, <see cref="IServiceProvider"/> and <see cref="CancellationToken"/>.
    /// </param>
    /// <param name="after">The tasks that must have ended in success before.</param>
    /// <param name="pool">The pool whose slots it takes while its code runs; a pool that the options do not size has one slot, and so keeps its tasks apart.</param>
    /// <param name="slots">How many slots it takes; default 1.</param>
    /// <param name="retries">How often it is tried again; default as the pipeline says.</param>
    /// <param name="retryDelay">The delay before its first retry; default as the pipeline says.</param>
    /// <param name="timeout">How long one attempt may take; default as the pipeline says.</param>
    public PipelineBuilder Task(
        string name,
        Delegate run,
        string[]? after = null,
        string? pool = null,
        int slots = 1,
        int? retries = null,
        TimeSpan? retryDelay = null,
        TimeSpan? timeout = null)
    {
        _tasks.Add(new TaskDraft(name, run, after ?? [], pool ?? TaskDefinition.DefaultPool, slots, retries, retryDelay, timeout));
        return this;
    }

    /// <summary>Adds a task that waits for one other; see the fuller overload.</summary>
    public PipelineBuilder Task(
        string name,
        Delegate run,
        string after,
        string? pool = null,
        int slots = 1,
        int? retries = null,
        TimeSpan? retryDelay = null,
        TimeSpan? timeout = null) => Task(name, run, [after], pool, slots, retries, retryDelay, timeout);

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

    internal PipelineDefinition? TryBuild(IServiceProviderIsService? services, out IReadOnlyList<string> errors)
    {
        var found = new List<string>(_errors);
        found.AddRange(DefinitionRules.Check(_settings, _tasks));
        var tasks = new List<TaskDefinition>(_tasks.Count);
        foreach (var draft in _tasks)
        {
            var code = TaskCode.Bind(draft.Run, services, out var bindingErrors);
            found.AddRange(bindingErrors.Select(e => $"task '{draft.Name}': {e}"));
            tasks.Add(draft.Define(_settings, code));
        }

        errors = found;
        return found.Count == 0 ? new PipelineDefinition(_settings, tasks) : null;
    }

    private static RetryPolicy Policy(int count, TimeSpan? delay) =>
        delay is { } given ? new RetryPolicy { Count = count, Delay = given } : new RetryPolicy { Count = count };

    private PipelineBuilder Set(PipelineSettings settings)
    {
        _settings = settings;
        return this;
    }
}
