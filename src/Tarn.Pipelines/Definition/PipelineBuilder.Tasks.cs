using System.Text.Json;
using System.Text.Json.Nodes;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <content>The tasks of a pipeline.</content>
public sealed partial class PipelineBuilder
{
    private string? _group;

    /// <summary>Adds a task.</summary>
    /// <param name="name">Its name, unique in the pipeline, of the same form as the pipeline's.</param>
    /// <param name="run">
    /// Its code: a delegate, asynchronous or not. Its parameters are services, resolved from a scope of the attempt's own (keyed ones by
    /// <c>[FromKeyedServices]</c>), what other tasks returned (<see cref="ResultAttribute"/>), parameters of the pipeline (<see cref="ParameterAttribute"/>),
    /// <see cref="TaskContext"/>, <see cref="DataInterval"/>, <see cref="IServiceProvider"/> and <see cref="CancellationToken"/>.
    /// What it returns can be taken by later tasks; it is kept as JSON, of at most a mebibyte: what is larger belongs into a table.
    /// </param>
    /// <param name="after">The tasks, or groups, that it waits for; default those whose results it takes.</param>
    /// <param name="pool">The pool whose slots it takes while its code runs; a pool that the options do not size has one slot, and so keeps its tasks apart.</param>
    /// <param name="slots">How many slots it takes; default 1.</param>
    /// <param name="retries">How often it is tried again; default as the pipeline says.</param>
    /// <param name="retryDelay">The delay before its first retry; default as the pipeline says.</param>
    /// <param name="timeout">How long one attempt may take; default as the pipeline says.</param>
    /// <param name="configure">Everything else: rule, priority, concurrency, cache, executor.</param>
    public PipelineBuilder Task(
        string name,
        Delegate run,
        string[]? after = null,
        string? pool = null,
        int slots = 1,
        int? retries = null,
        TimeSpan? retryDelay = null,
        TimeSpan? timeout = null,
        Action<TaskSettings>? configure = null) => Add(Draft(TaskKind.Task, name, run, after, configure) with
        {
            Pool = pool ?? TaskDefinition.DefaultPool,
            Slots = slots,
            Retries = retries,
            RetryDelay = retryDelay,
            Timeout = timeout,
        });

    /// <summary>Adds a task that waits for one other; see the fuller overload.</summary>
    public PipelineBuilder Task(
        string name,
        Delegate run,
        string after,
        string? pool = null,
        int slots = 1,
        int? retries = null,
        TimeSpan? retryDelay = null,
        TimeSpan? timeout = null,
        Action<TaskSettings>? configure = null) => Task(name, run, [after], pool, slots, retries, retryDelay, timeout, configure);

    /// <summary>
    /// Adds a task whose code is called once for each item of a list that another task returns, each call with attempts, retries and a log of its own. Its calls are named <c>name[0]</c>, <c>name[1]</c> and so on.
    /// It succeeds when all have; an empty list skips it.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="over">The task that returns the list; at most 100,000 items.</param>
    /// <param name="run">Its code; the parameter marked by <see cref="ItemAttribute"/> gets the item.</param>
    /// <param name="after">Further tasks that it waits for.</param>
    /// <param name="configure">Everything else.</param>
    public PipelineBuilder Map(string name, string over, Delegate run, string[]? after = null, Action<TaskSettings>? configure = null) =>
        Add(Draft(TaskKind.Mapped, name, run, after, configure) with { Over = over });

    /// <summary>
    /// Adds a branch: its code returns the name, or the names, of the tasks directly after it that go on. The others are skipped, unless a chosen one leads to them; none of them may be chosen at all
    /// by an empty list.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="run">Its code: returns a text, or a list of texts.</param>
    /// <param name="after">The tasks that it waits for.</param>
    /// <param name="configure">Everything else.</param>
    public PipelineBuilder Branch(string name, Delegate run, string[]? after = null, Action<TaskSettings>? configure = null) =>
        Add(Draft(TaskKind.Branch, name, run, after, configure));

    /// <summary>Adds a short circuit: where its code returns false, everything after it is skipped, whatever its rules say (teardowns follow their own).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="run">Its code: returns a bool.</param>
    /// <param name="after">The tasks that it waits for.</param>
    /// <param name="configure">Everything else.</param>
    public PipelineBuilder ShortCircuit(string name, Delegate run, string[]? after = null, Action<TaskSettings>? configure = null) =>
        Add(Draft(TaskKind.ShortCircuit, name, run, after, configure));

    /// <summary>
    /// Adds a sensor: its code looks whether something has come to pass, and returns a bool. Where it has not, the sensor lets go of its slot, and looks again later.
    /// See <see cref="Sensors"/> for ready ones.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="look">Its code: returns a bool.</param>
    /// <param name="every">The time between two looks; 100 ms to a day, default 30 seconds.</param>
    /// <param name="timeout">How long it goes on looking, from its first look to its last; 100 ms to 365 days, default 7 days.</param>
    /// <param name="skipOnTimeout">Whether it is then skipped rather than failed.</param>
    /// <param name="after">The tasks that it waits for.</param>
    /// <param name="configure">Everything else.</param>
    public PipelineBuilder Sensor(
        string name, Delegate look, TimeSpan? every = null, TimeSpan? timeout = null, bool skipOnTimeout = false, string[]? after = null, Action<TaskSettings>? configure = null) =>
        Add(Draft(TaskKind.Sensor, name, look, after, configure) with
        {
            Sensor = new SensorPolicy(every ?? TimeSpan.FromSeconds(30), timeout ?? TimeSpan.FromDays(7), skipOnTimeout),
        });

    /// <summary>Adds a task that runs another pipeline for this run's data interval and waits for its run, without holding a slot. It succeeds and fails with it; cancelling one cancels the other.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="pipeline">The pipeline that it runs.</param>
    /// <param name="parameters">Parameters of that run, by name.</param>
    /// <param name="after">The tasks that it waits for.</param>
    /// <param name="configure">Everything else.</param>
    public PipelineBuilder SubPipeline(
        string name, string pipeline, IReadOnlyDictionary<string, object?>? parameters = null, string[]? after = null, Action<TaskSettings>? configure = null) =>
        Add(Draft(TaskKind.SubPipeline, name, null, after, configure) with { SubPipeline = pipeline, SubParameters = parameters });

    /// <summary>Adds a task that makes what the tasks after it use, and that a <see cref="Teardown"/> takes away.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="run">Its code.</param>
    /// <param name="after">The tasks that it waits for.</param>
    /// <param name="configure">Everything else.</param>
    public PipelineBuilder Setup(string name, Delegate run, string[]? after = null, Action<TaskSettings>? configure = null) =>
        Add(Draft(TaskKind.Setup, name, run, after, configure));

    /// <summary>
    /// Adds a task that takes away what a setup made: it starts when all tasks that it is after have ended, in whatever way, also by cancellation, if the setup succeeded;
    /// else it is skipped. Its own failure does not make the run fail.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="of">The setup.</param>
    /// <param name="run">Its code.</param>
    /// <param name="after">The tasks that use what the setup made.</param>
    /// <param name="configure">Everything else.</param>
    public PipelineBuilder Teardown(string name, string of, Delegate run, string[]? after = null, Action<TaskSettings>? configure = null) =>
        Add(Draft(TaskKind.Teardown, name, run, after, configure) with { TeardownOf = of });

    /// <summary>
    /// Adds a group of tasks. Their names begin with the group's and a dot; within the group they go without it. A task that is after a group waits for its last tasks; what the group
    /// is after, its first tasks wait for. Groups may be nested.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="tasks">Adds the tasks.</param>
    /// <param name="after">The tasks or groups that it waits for.</param>
    public PipelineBuilder Group(string name, Action<PipelineBuilder> tasks, string[]? after = null)
    {
        var outer = _group;
        _group = outer is null ? name : $"{outer}.{name}";
        _groups.Add(new GroupDraft(_group, after ?? []));
        try
        {
            tasks(this);
        }
        finally
        {
            _group = outer;
        }

        return this;
    }

    /// <summary>Declares a parameter with a default: a run by hand may give another value; other runs have the default.</summary>
    /// <typeparam name="T">Its type: anything that JSON can say.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="defaultValue">Its default.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="choices">The values that it may have; null for all of the type.</param>
    /// <param name="check">Says what rule a value breaks ("it is 1 to 100"), or null.</param>
    public PipelineBuilder Parameter<T>(string name, T defaultValue, string? description = null, IEnumerable<T>? choices = null, Func<T, string?>? check = null) =>
        AddParameter(name, defaultValue, isRequired: false, description, choices, check);

    /// <summary>Declares a parameter without a default: a run by hand must give it, and the pipeline cannot have a schedule.</summary>
    /// <typeparam name="T">Its type: anything that JSON can say.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="choices">The values that it may have; null for all of the type.</param>
    /// <param name="check">Says what rule a value breaks ("it is 1 to 100"), or null.</param>
    public PipelineBuilder RequiredParameter<T>(string name, string? description = null, IEnumerable<T>? choices = null, Func<T, string?>? check = null) =>
        AddParameter(name, default, isRequired: true, description, choices, check);

    private PipelineBuilder AddParameter<T>(string name, T? defaultValue, bool isRequired, string? description, IEnumerable<T>? choices, Func<T, string?>? check)
    {
        try
        {
            var values = choices is null ? null : new JsonArray([.. choices.Select(static c => JsonSerializer.SerializeToNode(c, PipelineJson.Options))]);
            var parameter = new ParameterDefinition(name, typeof(T), defaultValue, isRequired, description, check is null ? null : value => check((T)value!), values);
            if (parameter.Default is { } otherwise && parameter.ErrorOf(otherwise) is { } error)
            {
                _errors.Add($"the default is not allowed: {error}");
            }

            _parameters.Add(parameter);
        }
        catch (Exception error) when (error is NotSupportedException or JsonException or InvalidOperationException)
        {
            _errors.Add($"the parameter '{name}' of type {typeof(T).Name} cannot be said in JSON: {error.Message}");
        }

        return this;
    }

    private TaskDraft Draft(TaskKind kind, string name, Delegate? run, string[]? after, Action<TaskSettings>? configure)
    {
        var settings = new TaskSettings();
        configure?.Invoke(settings);
        return new TaskDraft(_group is null ? name : $"{_group}.{name}", kind, run, after ?? [], _group) { Settings = settings };
    }

    private PipelineBuilder Add(TaskDraft draft)
    {
        _tasks.Add(draft);
        return this;
    }
}
