using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// Runs pipelines: keeps the state of their runs in the metadata store, executes their tasks in this process, and answers questions about both.
/// What makes runs by schedule is the <see cref="PipelineScheduler"/>; without it, runs are made by <see cref="TriggerAsync"/> alone.
/// </summary>
public sealed class Orchestrator : IAsyncDisposable
{
    /// <summary>Makes an orchestrator; nothing happens before <see cref="StartAsync"/>.</summary>
    /// <param name="pipelines">The pipelines of this program.</param>
    /// <param name="store">Where state is kept.</param>
    /// <param name="services">Where tasks' parameters come from.</param>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ids">Where run ids come from.</param>
    /// <param name="loggers">Where it reports what it does.</param>
    /// <exception cref="TarnException">A setting is out of its range, or a task takes more slots than its pool has.</exception>
    public Orchestrator(
        PipelineCatalog pipelines,
        MetadataStore store,
        IServiceProvider services,
        OrchestratorOptions options,
        TimeProvider time,
        IdSource ids,
        ILoggerFactory loggers)
    {
        throw new NotImplementedException();
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
    public PipelineCatalog Pipelines => throw new NotImplementedException();

    /// <summary>
    /// Brings the store's tables up to date, closes attempts that died with an earlier process, and begins to execute the runs that
    /// this process makes. The runs that earlier processes left queued are taken up by <see cref="TakeUpQueuedRuns"/>.
    /// </summary>
    public Task StartAsync(CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>
    /// Stops: starts nothing further, cancels the tokens of running attempts and waits for their code up to
    /// <see cref="OrchestratorOptions.StopGrace"/>. Interrupted runs stay queued, and go on with the next process.
    /// </summary>
    public Task StopAsync(CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>Executes queued runs that other processes left behind, too. The scheduler calls it when it starts.</summary>
    public void TakeUpQueuedRuns() => throw new NotImplementedException();

    /// <summary>All pipelines of this program as they stand.</summary>
    public Task<IReadOnlyList<PipelineSummary>> ListPipelinesAsync(CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>One pipeline as it stands.</summary>
    /// <exception cref="TarnException">There is no such pipeline.</exception>
    public Task<PipelineSummary> GetPipelineAsync(string pipeline, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>Makes a run by hand. It also starts where the pipeline is paused; it waits for its turn where the limit of active runs is reached.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="logicalDate">
    /// The run's logical date, default now. The data interval is the latest one of the schedule that had ended at that date; without a schedule it is
    /// empty, at that date.
    /// </param>
    /// <param name="cancellation">Cancels the wait for the store.</param>
    /// <exception cref="TarnException">There is no such pipeline.</exception>
    public Task<RunSummary> TriggerAsync(string pipeline, DateTimeOffset? logicalDate = null, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>Waits until a run has ended.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="timeout">The longest wait; then the run is returned as it is. Null waits without limit.</param>
    /// <param name="cancellation">Cancels the wait, not the run.</param>
    /// <exception cref="TarnException">There is no such run.</exception>
    public Task<RunSummary> WaitAsync(string runId, TimeSpan? timeout = null, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>Pauses a pipeline's schedule: it makes no new runs. Runs that exist go on.</summary>
    /// <exception cref="TarnException">There is no such pipeline.</exception>
    public Task PauseAsync(string pipeline, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>Resumes a pipeline's schedule; what was missed is treated as <see cref="PipelineDefinition.CatchUp"/> says.</summary>
    /// <exception cref="TarnException">There is no such pipeline.</exception>
    public Task ResumeAsync(string pipeline, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>
    /// Cancels a run: tasks that have not started are cancelled at once, running ones through their token. Returns at once; the run has
    /// ended when its code has returned.
    /// </summary>
    /// <exception cref="TarnException">There is no such run, or it has ended.</exception>
    public Task<RunSummary> CancelAsync(string runId, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>Tries a failed or cancelled run again: the tasks that did not succeed, with their retries as at first.</summary>
    /// <exception cref="TarnException">There is no such run, or it has not failed.</exception>
    public Task<RunSummary> RetryAsync(string runId, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>Runs, newest first.</summary>
    public Task<IReadOnlyList<RunSummary>> ListRunsAsync(RunFilter? filter = null, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>A run with its tasks and attempts.</summary>
    /// <exception cref="TarnException">There is no such run.</exception>
    public Task<RunDetails> GetRunAsync(string runId, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>What the attempts of a run logged, oldest first.</summary>
    /// <exception cref="TarnException">There is no such run.</exception>
    public Task<IReadOnlyList<AttemptLogLine>> ReadLogsAsync(string runId, LogFilter? filter = null, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();

    private void Silence() => _ = (RunChanged, AttemptChanged, LogAppended, PipelineChanged);
}
