using System.Text.Json;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// One run while this process executes it: starts each task when those before it have ended, and stores every step before the next one depends
/// on it. It ends when all tasks have, or, with the process, in between.
/// </summary>
internal sealed class ActiveRun
{
    private readonly ExecutionServices _services;
    private readonly CancellationToken _stop;
    private readonly CancellationTokenSource _cancel = new();
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly RunRow _run;
    private readonly PipelineDefinition _pipeline;
    private readonly TaskNode[] _nodes;
    private readonly AttemptRunner _runner;
    private int _flows;
    private int _settling;

    public ActiveRun(AdmittedRun admitted, ExecutionServices services, CancellationToken stop)
    {
        _services = services;
        _stop = stop;
        _run = admitted.Run;
        _pipeline = admitted.Pipeline;
        _runner = new AttemptRunner(services, _cancel.Token, stop);
        var rows = admitted.Tasks.ToDictionary(static t => t.Name, StringComparer.Ordinal);
        _nodes = [.. admitted.Pipeline.Tasks.Select(t => new TaskNode(t, rows[t.Name]))];
        var byName = _nodes.ToDictionary(static n => n.Name, StringComparer.Ordinal);
        foreach (var node in _nodes)
        {
            foreach (var name in node.Definition.After)
            {
                node.Before.Add(byName[name]);
                byName[name].Dependents.Add(node);
            }
        }
    }

    public string Id => _run.Id;

    public RunSummary Summary => _run.Summary();

    public void Cancel() => _cancel.Cancel();

    /// <summary>Ends the run by a fault of the executor itself.</summary>
    public async Task BreakAsync(Exception fault)
    {
        var error = $"The orchestrator failed: {AttemptOutcome.Describe(fault)}";
        var endedAt = Math.Max(Instant.ToMicroseconds(Now()), _run.StartedAt ?? _run.QueuedAt);
        await _services.State.WriteAsync(
            "end of a run",
            (connection, transaction) => ExecutionWrites.EndRunAsync(connection, transaction, _run.Seq, RunState.Failed, error, endedAt),
            _stop);
        (_run.State, _run.Error, _run.EndedAt) = (RunState.Failed.Name(), error, endedAt);
    }

    /// <summary>Puts the run back into the queue: the next process goes on with it.</summary>
    public async Task RequeueAsync()
    {
        await _services.State.Store.WriteAsync((connection, transaction) => ExecutionWrites.RequeueRunAsync(connection, transaction, _run.Seq));
        _run.State = RunState.Queued.Name();
    }

    /// <summary>Runs the tasks; false where the process stopped before all had ended.</summary>
    public async Task<bool> ExecuteAsync()
    {
        // A retried or adopted run may have tasks whose fate is sealed, or nothing left to do at all.
        await SettleAsync(null, null);

        StartReady(_nodes);
        if (Array.Exists(_nodes, static n => n.Launched))
        {
            await _done.Task;
        }

        return Array.TrueForAll(_nodes, static n => n.State.IsSettled());
    }

    private void StartReady(IEnumerable<TaskNode> candidates)
    {
        List<TaskNode> ready = [];
        lock (_gate)
        {
            foreach (var node in candidates)
            {
                if (node.IsReady)
                {
                    node.Launched = true;
                    ready.Add(node);
                }
            }

            _flows += ready.Count;
        }

        foreach (var node in ready)
        {
            _ = FlowAsync(node);
        }
    }

    /// <summary>A task from its turn to its end; the last flow to end ends the run.</summary>
    private async Task FlowAsync(TaskNode node)
    {
        try
        {
            await AttemptUntilEndAsync(node);
            StartReady(node.Dependents);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The task stays as it is stored: the next process goes on from there.
        }
        catch (Exception error)
        {
            _done.TrySetException(error);
        }
        finally
        {
            lock (_gate)
            {
                _flows--;
                if (_flows == 0)
                {
                    _done.TrySetResult();
                }
            }
        }
    }

    private async Task AttemptUntilEndAsync(TaskNode node)
    {
        while (!node.State.IsSettled())
        {
            try
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(_cancel.Token, _stop);
                await WaitForRetryAsync(node, either.Token);
                using var slots = await _services.Pool(node.Definition.Pool).AcquireAsync(node.Definition.Slots, either.Token);
                await AttemptAsync(node);
            }
            catch (OperationCanceledException) when (_cancel.IsCancellationRequested && !node.State.IsSettled())
            {
                node.Proposed = AttemptState.Cancelled;
                await SettleAsync(node, null);
            }
        }
    }

    private async Task WaitForRetryAsync(TaskNode node, CancellationToken cancellation)
    {
        if (node.RetryAt is { } at)
        {
            // A clock that was set back must not stretch the delay without end.
            // Timers count whole milliseconds, and would cut off what is over.
            var delay = TimeSpan.FromTicks(Math.Clamp((at - _services.Time.GetUtcNow()).Ticks + (TimeSpan.TicksPerMillisecond - 1), 0, TimeSpan.FromDays(1).Ticks));
            await Task.Delay(delay, _services.Time, cancellation);
        }
    }

    private async Task AttemptAsync(TaskNode node)
    {
        if (node.Orphans >= _services.Options.OrphanedAttemptsLimit)
        {
            node.Proposed = AttemptState.Failed;
            node.Error = $"The process ended during {node.Orphans} attempts in a row.";
            await SettleAsync(node, null);
            return;
        }

        var number = node.Attempts + 1;
        var started = Now();
        await _services.State.WriteAsync(
            "start of an attempt",
            (connection, transaction) => ExecutionWrites.StartAttemptAsync(connection, transaction, _run.Seq, node.Name, number, started),
            _stop);
        node.Attempts = number;
        node.RetryAt = null;
        node.Started();
        Tell(node, number, AttemptState.Running);

        var log = new AttemptLog(_services.Logs, _services.Time, _run.Seq, _run.Id, node.Name, number, _services.Options.LogLinesPerAttempt);
        TaskContext? context = null;
        var outcome = await _runner.RunAsync(node.Definition, token => context = ContextOf(node, number, log, token), log);
        await EndAttemptAsync(node, number, outcome, context!);
    }

    private TaskContext ContextOf(TaskNode node, int number, AttemptLog log, CancellationToken token)
    {
        var category = $"{_pipeline.Name}.{node.Name}";
        return new TaskContext
        {
            Pipeline = _pipeline.Name,
            RunId = _run.Id,
            QueuedAt = Instant.FromMicroseconds(_run.QueuedAt),
            Task = node.Name,
            Attempt = number,
            LogicalDate = Instant.FromMicroseconds(_run.LogicalDate),
            DataInterval = _run.Interval,
            Trigger = StateNames.TriggerOf(_run.Trigger),
            Log = new AttemptLogger(log, category, _services.TaskLogger(_pipeline.Name, node.Name)),
            CancellationToken = token,
        };
    }

    private async Task EndAttemptAsync(TaskNode node, int number, AttemptOutcome outcome, TaskContext context)
    {
        var now = Now();
        node.Error = outcome.Error;
        var ended = Advance(node, outcome, now);
        var reported = context.Reported.Count == 0 ? null : JsonSerializer.Serialize(context.Reported);
        await SettleAsync(node, new AttemptEnd(node.Name, number, ended, now, outcome.Error, reported));
        Tell(node, number, ended);
        if (node.State == AttemptState.UpForRetry)
        {
            Tell(node, number, AttemptState.UpForRetry);
        }
    }

    /// <summary>Moves the task's state by an outcome; returns the attempt's own.</summary>
    private AttemptState Advance(TaskNode node, AttemptOutcome outcome, DateTimeOffset now)
    {
        if (outcome.Kind == AttemptOutcomeKind.Interrupted)
        {
            node.Proposed = AttemptState.Queued;
            return AttemptState.Failed;
        }

        node.Orphans = 0;
        node.Tries++;
        var retry = node.Definition.Retry;
        if (outcome.Kind == AttemptOutcomeKind.Failed && node.Tries <= retry.Count)
        {
            var delay = retry.DelayBefore(node.Tries, new Random(JitterSeed.Of(_services.Options.JitterSeed, _run.Id, node.Name, node.Attempts)));
            node.RetryAt = now + (outcome.RetryAfter > delay ? outcome.RetryAfter.Value : delay);
            node.Proposed = AttemptState.UpForRetry;
            return AttemptState.Failed;
        }

        var state = outcome.Kind switch
        {
            AttemptOutcomeKind.Success => AttemptState.Success,
            AttemptOutcomeKind.Skipped => AttemptState.Skipped,
            AttemptOutcomeKind.Cancelled => AttemptState.Cancelled,
            _ => AttemptState.Failed,
        };
        node.Proposed = state;
        return state;
    }

    /// <summary>
    /// Stores what has become of a task, what follows from it for those that wait for it, and, where it was the last, the end of the run:
    /// in one commit, with the log lines so far. While another task's end is being stored, only its own is: it may yet not come to pass, so
    /// that what follows from both is drawn when both are stored.
    /// </summary>
    private async Task SettleAsync(TaskNode? moved, AttemptEnd? end)
    {
        for (var again = true; again; (moved, end) = (null, null))
        {
            List<TaskNode> changed = moved is null ? [] : [moved];
            var ended = false;
            lock (_gate)
            {
                if (_settling == 0)
                {
                    changed.AddRange(Consequences(moved));
                    ended = _run.EndedAt is null && Array.TrueForAll(_nodes, static n => n.WillBeSettled);
                }

                if (changed.Count == 0 && !ended)
                {
                    return;
                }

                _settling++;
            }

            await StoreAsync(changed, end, ended);
            lock (_gate)
            {
                changed.ForEach(static n => n.Stored());
                _settling--;
                again = _settling == 0;
            }

            foreach (var node in changed.Where(n => end is null || n.Name != end.Task))
            {
                Tell(node, 0, node.State);
            }
        }
    }

    private async Task StoreAsync(List<TaskNode> changed, AttemptEnd? end, bool ended)
    {
        var changes = changed.ConvertAll(static n => n.Change());
        var (state, error) = ended ? RunOutcome() : (RunState.Running, null);
        var endedAt = Math.Max(Instant.ToMicroseconds(Now()), _run.StartedAt ?? _run.QueuedAt);
        await _services.Logs.StoreWithAsync(
            work => _services.State.WriteAsync("end of an attempt", work, _stop),
            async (connection, transaction) =>
            {
                if (end is not null)
                {
                    await ExecutionWrites.EndAttemptAsync(connection, transaction, _run.Seq, end);
                }

                await ExecutionWrites.SetTasksAsync(connection, transaction, _run.Seq, changes);
                if (ended)
                {
                    await ExecutionWrites.EndRunAsync(connection, transaction, _run.Seq, state, error, endedAt);
                }

                return true;
            });
        if (ended)
        {
            (_run.State, _run.Error, _run.EndedAt) = (state.Name(), error, endedAt);
        }
    }

    /// <summary>The tasks that cannot start any more because of this one (or of any, where null), and because of those in turn; their states are proposed.</summary>
    private List<TaskNode> Consequences(TaskNode? moved)
    {
        List<TaskNode> sealedBy = [];
        var queue = new Queue<TaskNode>(moved is null ? _nodes : moved.Dependents);
        while (queue.TryDequeue(out var node))
        {
            if (node.Fate() is { } fate)
            {
                node.Proposed = fate;
                sealedBy.Add(node);
                foreach (var dependent in node.Dependents)
                {
                    queue.Enqueue(dependent);
                }
            }
        }

        return sealedBy;
    }

    private (RunState State, string? Error) RunOutcome()
    {
        if (_cancel.IsCancellationRequested && Array.Exists(_nodes, static n => n.Coming == AttemptState.Cancelled))
        {
            return (RunState.Cancelled, null);
        }

        var failed = Array.Find(_nodes, static n => n.Coming == AttemptState.Failed);
        if (failed is not null)
        {
            return (RunState.Failed, $"Task {failed.Name} failed: {failed.Error ?? "see its attempts"}");
        }

        return Array.Exists(_nodes, static n => n.Coming == AttemptState.UpstreamFailed) ? (RunState.Failed, null)
            : Array.Exists(_nodes, static n => n.Coming == AttemptState.Cancelled) ? (RunState.Cancelled, null)
            : (RunState.Success, null);
    }

    private DateTimeOffset Now() => Instant.Truncate(_services.Time.GetUtcNow());

    private void Tell(TaskNode node, int number, AttemptState state) =>
        _services.AttemptChanged(new AttemptChanged(_run.Id, _pipeline.Name, node.Name, number, state));
}
