using System.Data.Common;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// Runs pipelines: keeps the state of their runs in the metadata store, executes their tasks in this process, and answers questions about both.
/// What makes runs by schedule is the <see cref="PipelineScheduler"/>; without it, runs are made by <see cref="TriggerAsync(string, DateTimeOffset?, CancellationToken)"/> alone.
/// </summary>
public sealed partial class Orchestrator : IAsyncDisposable
{
    private readonly MetadataStore _store;
    private readonly OrchestratorOptions _options;
    private readonly TimeProvider _time;
    private readonly IdSource _ids;
    private readonly ILogger _logger;
    private readonly LogBuffer _logs;
    private readonly RunWaiters _waiters = new();
    private bool _started;
    private bool _stopped;

    /// <summary>Makes an orchestrator; nothing happens before <see cref="StartAsync"/>.</summary>
    /// <param name="pipelines">The pipelines of this program.</param>
    /// <param name="store">Where state is kept.</param>
    /// <param name="services">Where tasks' parameters come from.</param>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ids">Where run ids come from.</param>
    /// <param name="loggers">Where it reports what it does.</param>
    /// <exception cref="TarnException">A setting is out of its range, or tasks ask for slots or executors that there are not.</exception>
    public Orchestrator(
        PipelineCatalog pipelines,
        MetadataStore store,
        IServiceProvider services,
        OrchestratorOptions options,
        TimeProvider time,
        IdSource ids,
        ILoggerFactory loggers)
    {
        Pipelines = pipelines;
        options.Validate();
        CheckTasks(pipelines, options, [.. services.GetServices<TaskExecutor>().Select(static e => e.Name).Append(TaskDefinition.InProcess).Distinct()]);
        _store = store;
        _options = options;
        _time = time;
        _ids = ids;
        _logger = loggers.CreateLogger<Orchestrator>();
        Faults = new TimetableFaults(time, _logger);
        _logs = new LogBuffer(store, time, _logger, e => Raise(LogAppended, e));
        Duties = [new BackfillDuty(this), .. DataDuties(services), .. pipelines.Pipelines.Any(static p => p.Sla is not null) ? [new SlaDuty(this, time)] : Array.Empty<LeaderDuty>(), new RetentionDuty(this)];
        _newServices = state => new ExecutionServices(pipelines, state, _logs, services, options, time, ids, loggers, Faults, e => Raise(AttemptChanged, e))
        {
            Sources = new RunSources(_sources, store, pipelines, _logger),
        };
        if (!IsShared)
        {
            _term = NewTerm(_newServices(new StateWriter(store, time, _logger)));
        }
    }

    /// <summary>A run was made, or its state moved. Raised after the change is stored; handlers must be quick and must not throw.</summary>
    public event Action<RunChanged>? RunChanged;

    /// <summary>An attempt started or ended. Raised after the change is stored.</summary>
    public event Action<AttemptChanged>? AttemptChanged;

    /// <summary>Log lines were stored.</summary>
    public event Action<LogAppended>? LogAppended;

    /// <summary>A pipeline was paused or resumed, or its schedule moved on.</summary>
    public event Action<PipelineChanged>? PipelineChanged;

    /// <summary>The pipelines of this program.</summary>
    public PipelineCatalog Pipelines { get; }

    /// <summary>
    /// Brings the store's tables up to date, closes attempts that died with an earlier process, and begins to execute the runs that
    /// this process makes. The runs that earlier processes left queued are taken up by <see cref="TakeUpQueuedRuns"/>.
    /// Where processes share a store, each becomes a node: one of them leads, all take attempts.
    /// </summary>
    /// <exception cref="TarnException">The store cannot be used.</exception>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        if (_started)
        {
            return;
        }

        await _store.MigrateAsync(PipelineTables.Component, PipelineTables.Scripts, cancellation);
        var now = _time.GetUtcNow();
        await _store.WriteAsync(
            async (connection, transaction) =>
            {
                foreach (var pipeline in Pipelines.Pipelines)
                {
                    await RunWrites.RegisterAsync(connection, transaction, pipeline, now);
                }

                return true;
            },
            cancellation: cancellation);
        _epoch = await EpochAsync(cancellation);
        _started = true;
        if (IsShared)
        {
            BeginShared();
        }
        else if (await BeginAloneAsync(cancellation) is var orphans and > 0)
        {
            LogOrphans(_logger, orphans);
        }
    }

    /// <summary>
    /// Stops: starts nothing further, cancels the tokens of running attempts and waits for their code up to
    /// <see cref="OrchestratorOptions.StopGrace"/>. Interrupted runs stay queued, and go on with the next process.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellation = default)
    {
        if (_started && !_stopped)
        {
            _stopped = true;
            foreach (var duty in Duties.OfType<IDisposable>())
            {
                duty.Dispose();
            }

            await StopNodeAsync(cancellation);
            await _logs.DisposeAsync();
        }
    }

    /// <summary>Executes queued runs that other processes left behind, too. The scheduler calls it when it starts.</summary>
    public void TakeUpQueuedRuns() => Executor?.AdmitAll();

    /// <summary>Executes one queued run that another process left behind. For a process without a scheduler; one that has ended, or runs, is left as it is.</summary>
    /// <exception cref="TarnException">There is no such run.</exception>
    public async Task<RunSummary> TakeUpAsync(string runId, CancellationToken cancellation = default)
    {
        var run = await GetRunAsync(runId, cancellation);
        if (run.Run.State == RunState.Queued)
        {
            Executor?.Admit(runId);
        }

        return run.Run;
    }

    /// <summary>All pipelines of this program as they stand.</summary>
    public Task<IReadOnlyList<PipelineSummary>> ListPipelinesAsync(CancellationToken cancellation = default) =>
        ReadAsync<IReadOnlyList<PipelineSummary>>(
            async connection =>
            {
                var now = _time.GetUtcNow();
                var all = new List<PipelineSummary>(Pipelines.Pipelines.Count);
                foreach (var pipeline in Pipelines.Pipelines)
                {
                    all.Add(await RunQueries.SummaryAsync(connection, pipeline, now));
                }

                return all;
            },
            cancellation);

    /// <summary>One pipeline as it stands.</summary>
    /// <exception cref="TarnException">There is no such pipeline.</exception>
    public Task<PipelineSummary> GetPipelineAsync(string pipeline, CancellationToken cancellation = default)
    {
        var definition = Pipelines.Get(pipeline);
        return ReadAsync(connection => RunQueries.SummaryAsync(connection, definition, _time.GetUtcNow()), cancellation);
    }

    /// <summary>Makes a run by hand. It also starts where the pipeline is paused; it waits for its turn where the limit of active runs is reached.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="logicalDate">
    /// The run's logical date, default now. The data interval is the latest one of the schedule that had ended at that date; without a schedule it is
    /// empty, at that date.
    /// </param>
    /// <param name="cancellation">Cancels the wait for the store.</param>
    /// <exception cref="TarnException">There is no such pipeline.</exception>
    public Task<RunSummary> TriggerAsync(string pipeline, DateTimeOffset? logicalDate = null, CancellationToken cancellation = default) =>
        TriggerAsync(pipeline, logicalDate, null, cancellation);

    /// <summary>Makes a run by hand with parameters; otherwise as <see cref="TriggerAsync(string, DateTimeOffset?, CancellationToken)"/>.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="logicalDate">The run's logical date, default now.</param>
    /// <param name="parameters">The parameters as a JSON object, from name to value; those that are missing have their defaults.</param>
    /// <param name="cancellation">Cancels the wait for the store.</param>
    /// <exception cref="TarnException">There is no such pipeline, or a parameter is missing, unknown or breaks its rule: the message has all.</exception>
    public Task<RunSummary> TriggerAsync(string pipeline, DateTimeOffset? logicalDate, System.Text.Json.JsonElement? parameters, CancellationToken cancellation = default) =>
        AskingAsync(() => MakeManualRunAsync(pipeline, logicalDate, parameters, cancellation));

    private async Task<RunSummary> MakeManualRunAsync(string pipeline, DateTimeOffset? logicalDate, System.Text.Json.JsonElement? parameters, CancellationToken cancellation)
    {
        var definition = Pipelines.Get(pipeline);
        var now = _time.GetUtcNow();
        var date = Instant.Truncate(logicalDate ?? now);
        var row = RunWrites.NewRun(definition, _ids.NewId(), RunTrigger.Manual, date, SchedulePlan.ForManual(definition, date), now);
        row.Parameters = ParameterDefinition.Resolve(definition.Parameters, parameters, pipeline);
        var run = await WriteAsync((connection, transaction) => RunWrites.InsertAsync(connection, transaction, definition, row), cancellation);
        Publish(run.Summary());
        Executor?.Admit(run.Id);
        return run.Summary();
    }

    /// <summary>Waits until a run has ended.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="timeout">The longest wait; then the run is returned as it is. Null waits without limit.</param>
    /// <param name="cancellation">Cancels the wait, not the run.</param>
    /// <exception cref="TarnException">There is no such run.</exception>
    public async Task<RunSummary> WaitAsync(string runId, TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        var end = _waiters.EndOf(runId);
        try
        {
            var run = (await ReadAsync(connection => RunQueries.RunAsync(connection, runId), cancellation)).Summary();
            if (run.HasEnded)
            {
                _waiters.Ended(run);
            }

            return await end.WaitAsync(timeout ?? Timeout.InfiniteTimeSpan, _time, cancellation);
        }
        catch (TarnException error) when (error.Kind == ErrorKind.NotFound)
        {
            _waiters.Forget(runId);
            throw;
        }
        catch (TimeoutException)
        {
            return (await ReadAsync(connection => RunQueries.RunAsync(connection, runId), cancellation)).Summary();
        }
    }

    /// <summary>Pauses a pipeline's schedule: it makes no new runs. Runs that exist go on.</summary>
    /// <exception cref="TarnException">There is no such pipeline.</exception>
    public Task PauseAsync(string pipeline, CancellationToken cancellation = default) => SetPausedAsync(pipeline, true, cancellation);

    /// <summary>Resumes a pipeline's schedule; what was missed is treated as <see cref="PipelineDefinition.CatchUp"/> says.</summary>
    /// <exception cref="TarnException">There is no such pipeline.</exception>
    public Task ResumeAsync(string pipeline, CancellationToken cancellation = default) => SetPausedAsync(pipeline, false, cancellation);

    /// <summary>
    /// Cancels a run: tasks that have not started are cancelled at once, running ones through their token. Returns at once; the run has
    /// ended when its code has returned.
    /// </summary>
    /// <exception cref="TarnException">There is no such run, or it has ended.</exception>
    public async Task<RunSummary> CancelAsync(string runId, CancellationToken cancellation = default)
    {
        var run = await WriteAsync(
            async (connection, transaction) =>
            {
                var pipeline = Pipelines.Find((await RunQueries.RunAsync(connection, runId, transaction)).Pipeline);
                var cancelled = await RunWrites.CancelAsync(connection, transaction, pipeline, runId, _time.GetUtcNow());
                if (cancelled.EndedAt is not null)
                {
                    await TellScheduleAsync(connection, transaction, cancelled.Pipeline);
                }

                return cancelled;
            },
            cancellation);
        if (run.Summary().HasEnded)
        {
            Publish(run.Summary());
            Executor?.EndedWithoutStart(run.Summary());
        }
        else
        {
            Executor?.Cancel(runId);
        }

        return run.Summary();
    }

    /// <summary>Tries a failed or cancelled run again: the tasks that did not succeed, with their retries as at first.</summary>
    /// <exception cref="TarnException">There is no such run, or it has not failed.</exception>
    public async Task<RunSummary> RetryAsync(string runId, CancellationToken cancellation = default)
    {
        var run = await WriteAsync(
            async (connection, transaction) =>
            {
                var pipeline = Pipelines.Get((await RunQueries.RunAsync(connection, runId, transaction)).Pipeline);
                return await RunWrites.RetryAsync(connection, transaction, pipeline, runId, _time.GetUtcNow());
            },
            cancellation);
        Executor?.Forgive(runId);
        Publish(run.Summary());
        Executor?.Admit(run.Id);
        return run.Summary();
    }

    /// <summary>Runs, newest first.</summary>
    public Task<IReadOnlyList<RunSummary>> ListRunsAsync(RunFilter? filter = null, CancellationToken cancellation = default) =>
        ReadAsync(connection => RunQueries.ListAsync(connection, filter ?? new RunFilter()), cancellation);

    /// <summary>A run with its tasks and attempts.</summary>
    /// <exception cref="TarnException">There is no such run.</exception>
    public Task<RunDetails> GetRunAsync(string runId, CancellationToken cancellation = default) =>
        ReadAsync(connection => RunQueries.DetailsAsync(connection, runId), cancellation);

    /// <summary>What the attempts of a run logged, oldest first.</summary>
    /// <exception cref="TarnException">There is no such run.</exception>
    public async Task<IReadOnlyList<AttemptLogLine>> ReadLogsAsync(string runId, LogFilter? filter = null, CancellationToken cancellation = default)
    {
        await _logs.FlushAsync();
        return await ReadAsync(connection => RunQueries.LogsAsync(connection, runId, filter ?? new LogFilter()), cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>Forgets what is older than the settings keep; runs little by little, by the duty.</summary>
    internal async Task ForgetOldAsync(CancellationToken cancellation)
    {
        var lines = await Retention.ForgetRestAsync(_store, _options, _time.GetUtcNow(), cancellation);
        if (lines > 0)
        {
            LogForgotten(_logger, lines);
        }

        Duties.OfType<RetentionDuty>().First().LookAtAll();
        WantDuties();
    }

    /// <summary>Forgets some runs of a pipeline that has more than the settings keep; whether there may be more of them.</summary>
    internal async Task<bool> ForgetSomeRunsAsync(string pipeline, CancellationToken cancellation)
    {
        RequireStarted();
        var runs = await Retention.ForgetRunsAsync(_store, pipeline, _options, _time.GetUtcNow(), cancellation);
        if (runs > 0)
        {
            LogRunsForgotten(_logger, runs, pipeline);
        }

        return runs > 0;
    }

    /// <summary>When this store was first used, in seconds since 1970.</summary>
    private async Task<long> EpochAsync(CancellationToken cancellation)
    {
        const string Name = "epoch";
        if (await _store.FindValueAsync(PipelineTables.Component, Name, cancellation) is not { } kept)
        {
            kept = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            await _store.SetValueAsync(PipelineTables.Component, Name, kept, cancellation);
        }

        return long.Parse(kept, CultureInfo.InvariantCulture);
    }

    private async Task SetPausedAsync(string pipeline, bool paused, CancellationToken cancellation)
    {
        Pipelines.Get(pipeline);
        await WriteAsync(
            async (connection, transaction) =>
            {
                await TellScheduleAsync(connection, transaction, pipeline);
                return await RunWrites.PauseAsync(connection, transaction, pipeline, paused);
            },
            cancellation);
        Raise(PipelineChanged, new PipelineChanged(pipeline, paused));
    }

    /// <summary>Cancels the run of a sub-pipeline with the run that waits for it; one that has ended meanwhile is as good.</summary>
    private async void CancelSubRun(string runId)
    {
        try
        {
            await CancelAsync(runId);
        }
        catch (TarnException error) when (error.Kind is ErrorKind.Conflict or ErrorKind.NotFound)
        {
            // It has ended.
        }
        catch (Exception error)
        {
            LogNotCancelled(_logger, error, runId);
        }
    }

    private Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation)
    {
        RequireStarted();
        return _store.ReadAsync(read, cancellation);
    }

    private Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation)
    {
        RequireStarted();
        return !IsShared
            ? _store.WriteAsync(write, cancellation: cancellation)
            : _store.WriteAsync(
                async (connection, transaction) =>
                {
                    var result = await write(connection, transaction);
                    await _store.SignalAsync(connection, transaction, NodeSignals.Runs, "");
                    return result;
                },
                cancellation: cancellation);
    }

    /// <summary>Tells whichever node leads, within a write, that a pipeline's schedule may go on.</summary>
    private Task TellScheduleAsync(DbConnection connection, DbTransaction transaction, string pipeline) =>
        IsShared ? _store.SignalAsync(connection, transaction, NodeSignals.Schedules, pipeline) : Task.CompletedTask;

    private void RequireStarted()
    {
        if (!_started)
        {
            throw new InvalidOperationException("The orchestrator has not been started: call StartAsync first.");
        }
    }

    private void Publish(RunSummary run)
    {
        Raise(RunChanged, new RunChanged(run));
        if (run.HasEnded)
        {
            _waiters.Ended(run);
        }
    }

    private void Raise<T>(Action<T>? handlers, T change)
    {
        try
        {
            handlers?.Invoke(change);
        }
        catch (Exception error)
        {
            // A listener's fault must not harm the run that it listens to.
            LogListener(_logger, error, typeof(T).Name);
        }
    }

    [LoggerMessage(4040, LogLevel.Warning, "{Attempts} attempt(s) had been running when the process before this one ended; they are closed as failed, and made again")]
    private static partial void LogOrphans(ILogger logger, int attempts);

    [LoggerMessage(4043, LogLevel.Error, "Run {RunId} of a sub-pipeline could not be cancelled with the run that waits for it")]
    private static partial void LogNotCancelled(ILogger logger, Exception exception, string runId);

    [LoggerMessage(4041, LogLevel.Error, "A listener to {Event} threw")]
    private static partial void LogListener(ILogger logger, Exception exception, string @event);

    [LoggerMessage(4042, LogLevel.Information, "Forgot {Lines} old log line(s)")]
    private static partial void LogForgotten(ILogger logger, int lines);

    [LoggerMessage(4044, LogLevel.Debug, "Forgot {Runs} old run(s) of pipeline {Pipeline}")]
    private static partial void LogRunsForgotten(ILogger logger, int runs, string pipeline);
}
