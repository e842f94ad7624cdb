using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>What the parts of the executor share.</summary>
internal sealed partial class ExecutionServices
{
    private readonly ConcurrentDictionary<(string Pipeline, string Task), SlotNeeds> _needs = new();
    private readonly Dictionary<string, TaskExecutor> _executors;
    private readonly Action<AttemptChanged> _attemptChanged;
    private readonly IdSource _ids;

    public ExecutionServices(
        PipelineCatalog pipelines,
        StateWriter state,
        LogBuffer logs,
        IServiceProvider services,
        OrchestratorOptions options,
        TimeProvider time,
        IdSource ids,
        ILoggerFactory loggers,
        TimetableFaults faults,
        Action<AttemptChanged> attemptChanged)
    {
        Pipelines = pipelines;
        State = state;
        Logs = logs;
        Options = options;
        Time = time;
        _ids = ids;
        Logger = loggers.CreateLogger("Tarn.Pipelines");
        Faults = faults;
        _attemptChanged = attemptChanged;
        Alerts = new PipelineAlerts(services.GetService<AlertOutbox>(), time);
        _executors = services.GetServices<TaskExecutor>().ToDictionary(static e => e.Name, StringComparer.Ordinal);
        _executors.TryAdd(
            TaskDefinition.InProcess, new InProcessExecutor(pipelines, services.GetRequiredService<IServiceScopeFactory>(), loggers, options.CodeScheduler, time));
    }

    public PipelineCatalog Pipelines { get; }

    public StateWriter State { get; }

    public LogBuffer Logs { get; }

    public OrchestratorOptions Options { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public SlotBook Slots { get; } = new();

    public PipelineAlerts Alerts { get; }

    /// <summary>What the executor of runs does for sub-pipelines.</summary>
    public RunExecutor SubRuns { private get; set; } = null!;

    /// <summary>The versions of repairing tables before runs start.</summary>
    public RunSources Sources { get; set; } = null!;

    /// <summary>The timetables that cannot be asked at present.</summary>
    public TimetableFaults Faults { get; }

    /// <summary>This node's id, as attempts carry it.</summary>
    public string Node { get; set; } = "local";

    /// <summary>When the store began, in seconds: run numbers count from there.</summary>
    public long Epoch { private get; set; }

    /// <summary>
    /// Numbers of runs begin again with a new store, and tables may outlive one: the store's beginning comes first.
    /// </summary>
    public long WriteVersion(long run) => (Epoch << 32) | run;

    public string NewId() => _ids.NewId();

    /// <summary>Stores state, however long it takes, and before or with it every line that was logged before the call.</summary>
    /// <exception cref="OperationCanceledException">The process stops: the write may be missing.</exception>
    public Task StoreWithLogsAsync(string what, Func<DbConnection, DbTransaction, Task> work, CancellationToken stop, WriteDurability durability = WriteDurability.Power) =>
        State.InsistAsync(
            what,
            async () =>
            {
                // Each try takes its lines anew: those of one that failed belong to whoever writes next.
                await Logs.StoreWithAsync(write => State.WriteOnceAsync(write, durability), work);
                return true;
            },
            stop);

    public TaskExecutor Executor(string name) => _executors[name];

    /// <summary>Tells that an attempt's change is stored.</summary>
    public void AttemptChanged(AttemptChanged change) => _attemptChanged(change);

    /// <summary>The worker of this node, where several nodes share the work; else null.</summary>
    public AttemptWorker? Worker { get; set; }

    /// <summary>This node where it has room for one more attempt; null where another should take it.</summary>
    public string? TakeWorker() => Worker is null || Worker.TryTakeSlot() ? Node : null;

    public void ReturnWorker() => Worker?.ReturnSlot();

    /// <summary>Tells the other nodes of a step: those who watch the run, and those who could take its attempts.</summary>
    public async Task TellNodesAsync(DbConnection connection, DbTransaction transaction, RunRow run, bool attempts)
    {
        if (Worker is null)
        {
            return;
        }

        await State.Store.SignalAsync(connection, transaction, NodeSignals.Changed, $"{Node} {run.Id}");
        if (attempts)
        {
            await State.Store.SignalAsync(connection, transaction, NodeSignals.Attempts, "");
        }
    }

    public SlotRequest SlotsFor(PipelineDefinition pipeline, TaskDefinition task)
    {
        var needs = _needs.GetOrAdd((pipeline.Name, task.Name), static (_, at) => SlotNeeds.Of(at.pipeline, at.task, at.Options), (pipeline, task, Options));
        return new SlotRequest(needs.Key, needs.Needs, task.Priority);
    }

    /// <summary>The run of a sub-pipeline was made, and is to be executed.</summary>
    public void SubRunMade(string runId) => SubRuns.Admit(runId);

    /// <summary>A parent goes on after a restart: it is to hear of the end, which may have come already.</summary>
    public void SubRunResumed(ActiveRun parent, string runId) => SubRuns.ResumeSubRun(parent, runId);

    public void CancelSubRun(string runId) => SubRuns.CancelSubRun(runId);

    public void CancelFault(string runId, Exception error) => LogCancelFault(Logger, error, runId);

    [LoggerMessage(4034, LogLevel.Warning, "Code that task code of run {RunId} registered for its cancellation threw")]
    private static partial void LogCancelFault(ILogger logger, Exception exception, string runId);
}

/// <summary>The limits that a task's attempts count against.</summary>
internal sealed record SlotNeeds(string Key, IReadOnlyList<(string Name, int Limit, int Slots)> Needs)
{
    public static SlotNeeds Of(PipelineDefinition pipeline, TaskDefinition task, OrchestratorOptions options)
    {
        List<(string Name, int Limit, int Slots)> needs = [($"pool {task.Pool}", options.SlotsOf(task.Pool), task.Slots)];
        if (task.MaxActive is { } ofTask)
        {
            needs.Add(($"task {pipeline.Name} {task.Name}", ofTask, 1));
        }

        if (pipeline.MaxActiveTasks is { } ofPipeline)
        {
            needs.Add(($"pipeline {pipeline.Name}", ofPipeline, 1));
        }

        return new SlotNeeds(string.Join('|', needs.Select(static n => $"{n.Name} {n.Slots}")), needs);
    }
}
