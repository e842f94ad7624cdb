using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Takes queued runs from the store, within the limits of their pipelines, and executes them in this process.</summary>
internal sealed partial class RunExecutor(
    PipelineCatalog pipelines,
    ExecutionServices services,
    Action<RunSummary> runChanged,
    Action<string> cancelRun,
    Action<string> fenced,
    ILogger logger)
{
    private readonly ConcurrentDictionary<string, bool> _own = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ActiveRun> _active = new(StringComparer.Ordinal);
    private readonly HashSet<string> _cancelled = new(StringComparer.Ordinal);
    private readonly List<Task> _executions = [];
    private readonly Lock _gate = new();
    private readonly WakeSignal _wake = new(services.Time);
    private readonly CancellationTokenSource _stop = new();
    private volatile bool _takesAll;
    private volatile bool _holdsBack;
    private TimeSpan? _rest;
    private long _ends;
    private Task _admission = Task.CompletedTask;

    public void Start() => _admission = AdmitLoopAsync();

    /// <summary>Executes a run as soon as its pipeline's limit allows.</summary>
    public void Admit(string runId)
    {
        _own[runId] = true;
        _wake.Set();
    }

    /// <summary>Has the loop look at the store.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Executes every queued run of this program's pipelines, whoever made it.</summary>
    public void AdmitAll()
    {
        _takesAll = true;
        _wake.Set();
    }

    /// <summary>Cancels a run that has started; one that is starting at this moment is cancelled as it does.</summary>
    public void Cancel(string runId)
    {
        ActiveRun? run;
        lock (_gate)
        {
            if (!_active.TryGetValue(runId, out run))
            {
                _cancelled.Add(runId);
            }
        }

        run?.Cancel();
    }

    /// <summary>Forgets that a run was cancelled: it is tried again.</summary>
    public void Forgive(string runId)
    {
        lock (_gate)
        {
            _cancelled.Remove(runId);
        }
    }

    /// <summary>Starts nothing further, tells running code to stop, and waits for it up to the grace.</summary>
    public async Task StopAsync(TimeSpan grace, CancellationToken hurry)
    {
        _stop.CancelLoudly(logger);
        Task[] running;
        lock (_gate)
        {
            running = [.. _executions, _admission];
        }

        try
        {
            await Task.WhenAll(running).WaitAsync(grace, services.Time, hurry);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            LogStillRunning(logger, running.Count(static t => !t.IsCompleted));
        }
    }

    private async Task AdmitLoopAsync()
    {
        try
        {
            while (true)
            {
                var pause = services.Worker is null ? Timeout.InfiniteTimeSpan : services.Options.NodePoll;
                try
                {
                    await AdmitAllAsync();
                    pause = _rest is { } rest && (pause < TimeSpan.Zero || rest < pause) ? rest : pause;
                    if (services.Worker is not null)
                    {
                        await HearOthersAsync();
                    }
                }
                catch (FencedException error)
                {
                    fenced(error.Message);
                }
                catch (TarnException error)
                {
                    // Not a matter of waiting for space, such as a damaged file: said each time, and tried again in case it is put right.
                    LogNotAdmitted(logger, error.Message);
                    pause = TimeSpan.FromSeconds(15);
                }
                catch (Exception error) when (error is not OperationCanceledException || !_stop.IsCancellationRequested)
                {
                    // A fault of the orchestrator: a process that starts no runs any more must not stay so unseen.
                    LogAdmissionFault(logger, error);
                    pause = TimeSpan.FromSeconds(15);
                }

                await _wake.WaitAsync(pause, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    /// <summary>Admits what may start; a run that ends meanwhile may make room for one that was held back.</summary>
    private async Task AdmitAllAsync()
    {
        long ends;
        do
        {
            ends = Interlocked.Read(ref _ends);
            _holdsBack = await AdmitAsync();
            Interlocked.MemoryBarrier();
        }
        while (_holdsBack && ends != Interlocked.Read(ref _ends));
    }

    /// <summary>Admits queued runs; returns whether others wait for room.</summary>
    private async Task<bool> AdmitAsync()
    {
        var seen = await services.Sources.ReadAsync(_stop.Token);
        var (missed, faults) = (false, new List<TimetableException>());
        var (admitted, holdsBack) = await services.State.WriteAsync(
            "start of runs",
            (connection, transaction) => ExecutionWrites.AdmitAsync(
                connection,
                transaction,
                pipelines,
                run => (_takesAll || _own.ContainsKey(run.Id)) && (seen.Covers(pipelines.Get(run.Pipeline)) || !(missed = true)),
                seen,
                faults,
                services.Time.GetUtcNow()),
            _stop.Token,
            WriteDurability.Process);
        _rest = null;
        foreach (var fault in faults.DistinctBy(static f => f.Pipeline))
        {
            _rest = services.Faults.Note(fault);
        }

        if (missed)
        {
            // Queued since the versions were read.
            _wake.Set();
        }

        lock (_gate)
        {
            _executions.RemoveAll(static t => t.IsCompleted);
        }

        foreach (var run in admitted)
        {
            _own.TryRemove(run.Run.Id, out _);
            Lead(new ActiveRun(run, services, _stop.Token), run.Run.CancelRequested != 0);
        }

        return holdsBack;
    }

    /// <summary>Runs that start in the write that makes them.</summary>
    public FreshRuns NewFreshRuns() => new(services, _stop.Token);

    /// <summary>Executes runs that were stored as they started.</summary>
    public void Lead(FreshRuns fresh)
    {
        lock (_gate)
        {
            _executions.RemoveAll(static t => t.IsCompleted);
        }

        foreach (var run in fresh.Runs)
        {
            Lead(run, cancelled: false);
        }
    }

    private void Lead(ActiveRun run, bool cancelled)
    {
        lock (_gate)
        {
            _active[run.Id] = run;
            cancelled |= _cancelled.Remove(run.Id);
        }

        if (cancelled)
        {
            run.Cancel();
        }

        runChanged(run.Summary);
        var execution = ExecuteAsync(run);
        lock (_gate)
        {
            _executions.Add(execution);
        }
    }

    /// <summary>Hears through the store what other nodes did: wishes to cancel, attempts that ended, nodes that are gone.</summary>
    private async Task HearOthersAsync()
    {
        var (cancelled, ended, orphans, subRuns) = await services.State.Store.ReadAsync(
            static async connection => (
                await RunQueries.CancelWantedAsync(connection),
                await AttemptOrders.EndedAsync(connection),
                await AttemptOrders.OrphansAsync(connection),
                await RunQueries.EndedSubRunsAsync(connection)),
            _stop.Token);
        Dictionary<long, ActiveRun> active;
        lock (_gate)
        {
            active = _active.Values.ToDictionary(static r => r.Number);
        }

        foreach (var run in subRuns)
        {
            ParentOf(run)?.SubRunEnded(run);
        }

        foreach (var number in cancelled)
        {
            active.GetValueOrDefault(number)?.Cancel();
        }

        foreach (var attempt in ended)
        {
            active.GetValueOrDefault(attempt.Run)?.EndedElsewhere(attempt.Task, (int)attempt.Number, System.Text.Json.JsonSerializer.Deserialize<RemoteOutcome>(attempt.Outcome!)!);
        }

        foreach (var attempt in orphans)
        {
            active.GetValueOrDefault(attempt.Run)?.Orphaned(attempt.Task, (int)attempt.Number);
        }
    }

    private async Task ExecuteAsync(ActiveRun run)
    {
        try
        {
            await ExecuteOrBreakAsync(run);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The next process takes the run up as it is stored.
        }
        catch (TarnException error)
        {
            LogNotStored(logger, run.Id, error.Message);
        }
        catch (FencedException error)
        {
            // Whoever leads next goes on with the run as it is stored.
            fenced(error.Message);
        }
        catch (Exception error)
        {
            // A fault so deep that the run could not even be ended by it: it must stay neither unseen nor among those that are led.
            LogLeft(logger, error, run.Id);
        }

        lock (_gate)
        {
            if (_active.GetValueOrDefault(run.Id) == run)
            {
                _active.Remove(run.Id);
            }
        }

        Interlocked.Increment(ref _ends);
        if (_holdsBack)
        {
            _wake.Set();
        }

        Tell(run.Summary);
    }

    /// <summary>A run has ended, or was put back: whoever waits for it hears.</summary>
    private void Tell(RunSummary run)
    {
        runChanged(run);
        if (run.HasEnded)
        {
            ParentOf(run)?.SubRunEnded(run);
        }
    }

    /// <summary>A run was cancelled before it was started: a run that waits for it hears.</summary>
    public void EndedWithoutStart(RunSummary run) => ParentOf(run)?.SubRunEnded(run);

    private ActiveRun? ParentOf(RunSummary run)
    {
        lock (_gate)
        {
            return run.Parent is { } parent ? _active.GetValueOrDefault(parent) : null;
        }
    }

    /// <summary>Executes the run of a sub-pipeline that was made before a restart; its parent hears of its end.</summary>
    public void ResumeSubRun(ActiveRun parent, string runId)
    {
        Admit(runId);
        _ = ResumeSubRunAsync(parent, runId);
    }

    public void CancelSubRun(string runId) => cancelRun(runId);

    /// <summary>A parent that goes on after a restart hears of an end that came before it did.</summary>
    private async Task ResumeSubRunAsync(ActiveRun parent, string runId)
    {
        var run = (await services.State.Store.ReadAsync(connection => RunQueries.RunAsync(connection, runId))).Summary();
        if (run.HasEnded)
        {
            parent.SubRunEnded(run);
        }
    }

    private async Task ExecuteOrBreakAsync(ActiveRun run)
    {
        try
        {
            if (!await run.ExecuteAsync())
            {
                await run.RequeueAsync();
            }
        }
        catch (Exception error) when (!_stop.IsCancellationRequested && error is not FencedException)
        {
            // A fault of the executor itself, or a damaged store: the run must not look as if it went on.
            LogBroken(logger, error, run.Id);
            await run.BreakAsync(error);
        }
    }

    [LoggerMessage(4030, LogLevel.Warning, "{Count} piece(s) of running work did not stop in time; they are taken up by the next process")]
    private static partial void LogStillRunning(ILogger logger, int count);

    [LoggerMessage(4031, LogLevel.Warning, "The state of run {RunId} could not be stored; the next process takes it up where it was stored last. {Reason}")]
    private static partial void LogNotStored(ILogger logger, string runId, string reason);

    [LoggerMessage(4033, LogLevel.Error, "Queued runs cannot be started. {Reason}")]
    private static partial void LogNotAdmitted(ILogger logger, string reason);

    [LoggerMessage(4035, LogLevel.Critical, "Queued runs cannot be started, by a fault of the orchestrator; it is tried again")]
    private static partial void LogAdmissionFault(ILogger logger, Exception exception);

    [LoggerMessage(4032, LogLevel.Critical, "Run {RunId} ended by a fault of the orchestrator")]
    private static partial void LogBroken(ILogger logger, Exception exception, string runId);

    [LoggerMessage(4036, LogLevel.Critical, "Run {RunId} was left by a fault of the orchestrator, which could not store its end; the next process takes it up where it was stored last")]
    private static partial void LogLeft(ILogger logger, Exception exception, string runId);
}
