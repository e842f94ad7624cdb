using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// One run while this process leads it: a loop that hears what happened, draws every conclusion, stores all of them in one commit, and only then acts on them. So whatever
/// the store shows is a state from which another process can go on. It ends when all tasks have, or, with the process, in between.
/// </summary>
internal sealed partial class ActiveRun
{
    private readonly ExecutionServices _services;
    private readonly CancellationToken _stop;
    private readonly CancellationTokenSource _cancel = new();
    private readonly CancellationTokenSource _break = new();
    private readonly RunInbox _inbox = new();
    private readonly RunRow _run;
    private readonly PipelineDefinition _pipeline;
    private readonly RunGraph _graph;
    private readonly AttemptRunner _runner;
    private readonly List<TaskNode> _toStart = [];
    private ITimer? _deadline;
    private System.Diagnostics.Activity? _activity;
    private RunStep _step = new();
    private RunStep? _first;
    private int _running;
    private bool _cancelling;
    private bool _stopping;
    private string? _failure;

    public ActiveRun(AdmittedRun admitted, ExecutionServices services, CancellationToken stop)
    {
        _services = services;
        _stop = stop;
        _run = admitted.Run;
        _pipeline = admitted.Pipeline;
        _runner = new AttemptRunner(services, stop);
        _graph = new RunGraph(admitted.Pipeline, admitted.Tasks);
    }

    public string Id => _run.Id;

    public long Number => _run.Seq;

    public string Pipeline => _run.Pipeline;

    public RunSummary Summary => _run.Summary();

    public void Cancel(string? reason = null) => Post(new RunEvent.Cancel(reason));

    public void EndedElsewhere(string task, int number, RemoteOutcome outcome) => Post(new RunEvent.EndedElsewhere(task, number, outcome));

    public void Orphaned(string task, int number) => Post(new RunEvent.Orphaned(task, number));

    public void SubRunEnded(RunSummary run) => Post(new RunEvent.SubRunEnded(run.Id, run.State, run.Error));

    /// <summary>Ends the run by a fault of the executor itself: all of its code is told to stop, here and on other nodes, and the runs that it waits for are cancelled.</summary>
    public async Task BreakAsync(Exception fault)
    {
        // Nobody hears of its code's end any more.
        _cancel.CancelLoudly(_services.Logger);
        _break.CancelLoudly(_services.Logger);
        var ending = new RunEnding(
            RunState.Failed, $"The orchestrator failed: {AttemptOutcome.Describe(fault)}", Math.Max(Instant.ToMicroseconds(Now()), _run.StartedAt ?? _run.QueuedAt));
        IReadOnlyList<string> subRuns = [];
        await _services.StoreWithLogsAsync(
            "end of a run",
            async (connection, transaction) =>
            {
                subRuns = await ExecutionWrites.CloseBrokenAsync(connection, transaction, _run, ending);
                await ExecutionWrites.EndRunAsync(connection, transaction, _run, _pipeline, ending, _services);
                await _services.TellNodesAsync(connection, transaction, _run, attempts: true);
            },
            _stop);
        Adopt(ending);
        foreach (var run in subRuns)
        {
            _services.CancelSubRun(run);
        }
    }

    /// <summary>Puts the run back into the queue: the next process goes on with it.</summary>
    public async Task RequeueAsync()
    {
        await _services.State.WriteOnceAsync((connection, transaction) => ExecutionWrites.RequeueRunAsync(connection, transaction, _run.Seq));
        _run.State = RunState.Queued.Name();
    }

    /// <summary>
    /// Decides the first step of a run of which nothing is stored yet: it is stored with the run itself, after which <see cref="ExecuteAsync"/> acts on it. Where that fails,
    /// <see cref="Discard"/> gives back what it took.
    /// </summary>
    public RunStep Begin()
    {
        Resume();
        foreach (var node in _graph.TakeReady())
        {
            RequestSlots(node);
        }

        BeginAttempts();
        _step.Changed = _graph.TakeChanged();
        (_first, _step) = (_step, new RunStep());
        return _first;
    }

    /// <summary>Stores the rows of its tasks as its first step leaves them.</summary>
    public void InsertTasks(StatementList statements)
    {
        foreach (var node in _graph.Nodes)
        {
            RunWrites.InsertTask(statements, _run.Seq, node);
        }
    }

    /// <summary>The run was not stored.</summary>
    public void Discard()
    {
        foreach (var start in _first?.Starts ?? [])
        {
            if (start is { Worker: not null, Node.Definition.Kind: not TaskKind.SubPipeline })
            {
                _services.ReturnWorker();
            }
        }

        ReleaseAll();
    }

    /// <summary>Runs the tasks; false where the process stopped before all had ended.</summary>
    public async Task<bool> ExecuteAsync()
    {
        _activity = PipelineTelemetry.RunStarted(_run);
        using var stopping = _stop.UnsafeRegister(static run => ((ActiveRun)run!).Post(new RunEvent.Stop()), this);
        try
        {
            if (_first is { } first)
            {
                _first = null;
                Act(first);
            }
            else
            {
                Resume();
            }

            HearAll();
            while (true)
            {
                await AdvanceAsync();
                if (_run.EndedAt is not null)
                {
                    return true;
                }

                if (_stopping && _running == 0)
                {
                    return false;
                }

                await _inbox.WaitAsync();
                HearAll();
            }
        }
        finally
        {
            LetGo();
        }
    }

    private void HearAll()
    {
        while (_inbox.TryTake() is { } happened)
        {
            Hear(happened);
        }
    }

    /// <summary>Goes on from what is stored.</summary>
    private void Resume()
    {
        if (_run.Error is { } failure)
        {
            Post(new RunEvent.Cancel(failure));
        }

        if (_pipeline.RunTimeout is { } limit)
        {
            var left = Instant.FromMicroseconds(_run.StartedAt!.Value) + limit - Now();
            _deadline = Timer(left, new RunEvent.Cancel($"The run took longer than its time-out of {limit}."));
        }

        foreach (var node in _graph.Nodes)
        {
            switch (node.State)
            {
                case AttemptState.Deferred when node.Definition.Kind == TaskKind.SubPipeline:
                    node.Phase = NodePhase.WaitsForRun;
                    break;
                case AttemptState.Deferred:
                    node.HasDeferredAttempt = true;
                    Delay(node);
                    break;
                case AttemptState.UpForRetry:
                    Delay(node);
                    break;
                case AttemptState.Running when node.IsMappedWhole:
                    node.Phase = NodePhase.WaitsForCalls;
                    break;
                case AttemptState.Running:
                    node.Phase = NodePhase.Running;
                    node.IsElsewhere = true;
                    node.Slots = _services.SlotsFor(_pipeline, node.Definition);
                    _services.Slots.Seize(node.Slots);
                    break;
                case AttemptState.Queued when node.Mapped is { State: AttemptState.Running }:
                    RequestSlots(node);
                    break;
            }
        }

        foreach (var whole in _graph.Nodes.Where(static n => n.Phase == NodePhase.WaitsForCalls).ToList())
        {
            _graph.SettleWhole(whole);
        }

        _graph.DecideAll();
        foreach (var node in _graph.Nodes.Where(static n => n.Phase == NodePhase.WaitsForRun).ToList())
        {
            _services.SubRunResumed(this, node.ChildRun!);
        }
    }

    /// <summary>Draws conclusions, stores them, and acts on them, until nothing more follows.</summary>
    private async Task AdvanceAsync()
    {
        while (true)
        {
            foreach (var node in _graph.TakeReady())
            {
                await StartAsync(node);
            }

            BeginAttempts();
            if (_graph.AllSettled && _run.EndedAt is null)
            {
                var (state, error) = _failure is { } reason ? (RunState.Failed, reason) : _graph.Outcome(_cancelling);
                _step.End = new RunEnding(state, error, Math.Max(Instant.ToMicroseconds(Now()), _run.StartedAt ?? _run.QueuedAt));
            }

            _step.Changed = _graph.TakeChanged();
            if (_step.IsEmpty)
            {
                return;
            }

            var step = _step;
            _step = new RunStep();
            await StoreAsync(step);
            Act(step);
        }
    }

    private Task StoreAsync(RunStep step) => _services.StoreWithLogsAsync(
        "a step of a run",
        (connection, transaction) => ExecutionWrites.StoreAsync(connection, transaction, _run, _pipeline, step, _services),
        _stop,
        step.End is null ? WriteDurability.Process : WriteDurability.Power);

    /// <summary>Does what is stored now.</summary>
    private void Act(RunStep step)
    {
        foreach (var end in step.Ends)
        {
            Tell(end.Task, end.Number, end.State);
        }

        foreach (var node in step.Changed)
        {
            if (node.State is AttemptState.UpForRetry or AttemptState.Deferred)
            {
                Tell(node.Name, node.Attempts, node.State);
            }
            else if (node.IsSettled && !step.Ends.Exists(e => e.Task == node.Name))
            {
                Tell(node.Name, 0, node.State);
            }
        }

        foreach (var start in step.Starts)
        {
            Tell(start.Node.Name, start.Number, start.Worker is null ? AttemptState.Queued : AttemptState.Running);
            if (start.Worker is not null)
            {
                _ = RunAttemptAsync(start);
            }
        }

        foreach (var node in step.SubRuns)
        {
            _services.SubRunMade(node.ChildRun!);
        }

        if (step.End is { } ending)
        {
            Adopt(ending);
        }
    }

    private void Adopt(RunEnding ending) => (_run.State, _run.Error, _run.EndedAt) = (ending.State.Name(), ending.Error, ending.EndedAt);

    private void Hear(RunEvent happened)
    {
        switch (happened)
        {
            case RunEvent.Ended ended:
                OnEnded(ended);
                break;
            case RunEvent.EndedElsewhere(var task, var number, var outcome):
                OnEndedElsewhere(task, number, outcome);
                break;
            case RunEvent.Orphaned(var task, var number):
                OnOrphaned(task, number);
                break;
            case RunEvent.SlotsGranted(var node) when node.Phase == NodePhase.WaitsForSlots:
                node.Phase = NodePhase.HasSlots;
                _toStart.Add(node);
                break;
            case RunEvent.Due(var node) when node.Phase == NodePhase.Delayed:
                node.Timer?.Dispose();
                RequestSlots(node);
                break;
            case RunEvent.SubRunEnded(var id, var state, var error):
                OnSubRunEnded(id, state, error);
                break;
            case RunEvent.Cancel(var reason):
                OnCancel(reason);
                break;
            case RunEvent.Stop:
                _stopping = true;
                break;
        }
    }

    private void OnCancel(string? reason)
    {
        if (_cancelling)
        {
            return;
        }

        _cancelling = true;
        _failure = reason;
        _step.Failure = reason;
        foreach (var node in _graph.Nodes.Where(static n => n.HasDeferredAttempt && n.Phase is NodePhase.Delayed or NodePhase.WaitsForSlots or NodePhase.HasSlots).ToList())
        {
            _step.Ends.Add(new AttemptEnd(node.Name, node.Attempts, AttemptState.Cancelled, Now(), null, null));
        }

        _graph.CancelWaiting(reason);
        foreach (var node in _graph.Nodes)
        {
            if (node.Phase == NodePhase.Settled)
            {
                Release(node);
            }
            else if (node is { Phase: NodePhase.Running, IsElsewhere: true, IsTeardown: false })
            {
                _step.CancelElsewhere.Add(node);
            }
            else if (node.Phase == NodePhase.WaitsForRun)
            {
                _services.CancelSubRun(node.ChildRun!);
            }
        }

        try
        {
            _cancel.Cancel();
        }
        catch (AggregateException error)
        {
            // Thrown by what a task's own code registered on its token; all registrations were called nevertheless.
            _services.CancelFault(_run.Id, error);
        }
    }

    private void OnSubRunEnded(string id, RunState state, string? error)
    {
        if (_graph.Nodes.FirstOrDefault(n => n.ChildRun == id && n.Phase == NodePhase.WaitsForRun) is not { } node)
        {
            return;
        }

        var ended = state switch
        {
            RunState.Success => AttemptState.Success,
            RunState.Cancelled => AttemptState.Cancelled,
            _ => AttemptState.Failed,
        };
        node.Error = state == RunState.Success ? null : $"Run {id} of pipeline {node.Definition.SubPipeline} ended as {state.Name()}{(error is null ? "" : $": {error}")}";
        _step.Ends.Add(new AttemptEnd(node.Name, node.Attempts, ended, Now(), node.Error, null));
        Conclude(node, ended == AttemptState.Success ? new AttemptOutcome(AttemptOutcomeKind.Success)
            : ended == AttemptState.Cancelled ? new AttemptOutcome(AttemptOutcomeKind.Cancelled, node.Error)
            : new AttemptOutcome(AttemptOutcomeKind.Failed, node.Error));
    }

    private void Post(RunEvent happened) => _inbox.Post(happened);

    private ITimer Timer(TimeSpan delay, RunEvent happens)
    {
        // A clock that was set back must not stretch a delay without end; timers count whole milliseconds, and would cut off what is over.
        var due = TimeSpan.FromMilliseconds(Math.Clamp((delay.Ticks + (TimeSpan.TicksPerMillisecond - 1)) / TimeSpan.TicksPerMillisecond, 0, 40L * 24 * 60 * 60 * 1000));
        return _services.Time.CreateTimer(static state =>
        {
            var (run, happens) = ((ActiveRun, RunEvent))state!;
            run.Post(happens);
        }, (this, happens), due, Timeout.InfiniteTimeSpan);
    }

    private void LetGo()
    {
        PipelineTelemetry.RunLeft(_run, _activity);
        ReleaseAll();
    }

    /// <summary>Gives back what the run holds outside.</summary>
    private void ReleaseAll()
    {
        _deadline?.Dispose();
        foreach (var node in _graph.Nodes)
        {
            node.Timer?.Dispose();
            Release(node);
        }
    }

    private DateTimeOffset Now() => Instant.Truncate(_services.Time.GetUtcNow());

    private void Tell(string task, int number, AttemptState state) =>
        _services.AttemptChanged(new AttemptChanged(_run.Id, _pipeline.Name, task, number, state));
}
