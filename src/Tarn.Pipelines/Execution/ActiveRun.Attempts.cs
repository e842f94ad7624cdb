using System.Text.Json;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <content>From a task that may start to the end of its attempts.</content>
internal sealed partial class ActiveRun
{
    /// <summary>A clock that was set back must not stretch a delay without end.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    private static readonly TimeSpan LatestRetry = TimeSpan.FromDays(365);

    /// <summary>A task's turn has come: a mapped one is expanded, a cached one served, a sub-pipeline's run made, any other asks for slots.</summary>
    private async Task StartAsync(TaskNode node)
    {
        if (_cancelling && !node.IsTeardown)
        {
            _graph.Settle(node, AttemptState.Cancelled);
            return;
        }

        if (node.IsMappedWhole)
        {
            await (node.Calls.Count == 0 ? ExpandAsync(node) : RepeatAsync(node));
            return;
        }

        await AskAsync(node);
    }

    private async Task AskAsync(TaskNode node)
    {
        if (node.Definition.Cache is { } policy)
        {
            node.CacheKey = TaskCache.KeyOf(_pipeline, _run, node, policy, InputOf(node));
            if (_run.Recompute == 0 && await _services.State.Store.ReadAsync(connection => TaskCache.FindAsync(connection, node.CacheKey, Now())) is { } hit)
            {
                node.Result = hit.Result;
                _graph.Settle(node, AttemptState.Success, $"Cached: run {hit.Run} had the same input.");
                return;
            }
        }

        RequestSlots(node);
    }

    private async Task ExpandAsync(TaskNode whole)
    {
        List<string> items;
        var list = _graph.ResultOf(whole.Definition.Over!);
        using (var parsed = JsonDocument.Parse(list ?? "[]"))
        {
            items = parsed.RootElement.ValueKind == JsonValueKind.Array ? [.. parsed.RootElement.EnumerateArray().Select(static e => e.GetRawText())] : [];
        }

        if (items.Count > _services.Options.MappedItemsLimit)
        {
            whole.Error = $"The list has {items.Count} items, and a mapped task has at most {_services.Options.MappedItemsLimit} (Pipelines:MappedItemsLimit).";
            _graph.Settle(whole, AttemptState.Failed, whole.Error);
            return;
        }

        var ordinal = _graph.Nodes.Count;
        var calls = _graph.Expand(whole, items, (task, index, item) => new TaskRow
        {
            Run = _run.Seq,
            Name = $"{task.Name}[{index}]",
            Task = task.Name,
            Item = index,
            ItemValue = item,
            Ordinal = ordinal + index,
            State = AttemptState.Queued.Name(),
        });
        _step.NewCalls.AddRange(calls);
        foreach (var call in calls)
        {
            await AskAsync(call);
        }
    }

    /// <summary>Makes the calls again that are not done, of a mapped task of a run that is tried again.</summary>
    private async Task RepeatAsync(TaskNode whole)
    {
        _graph.Resume(whole);
        foreach (var call in whole.Calls.Where(static c => !c.IsSettled))
        {
            await AskAsync(call);
        }

        _graph.SettleWhole(whole);
    }

    private void RequestSlots(TaskNode node)
    {
        node.Phase = NodePhase.WaitsForSlots;
        if (node.Definition.Kind == TaskKind.SubPipeline)
        {
            node.Phase = NodePhase.HasSlots;
            _toStart.Add(node);
            return;
        }

        node.Slots = _services.SlotsFor(_pipeline, node.Definition);
        if (_services.Slots.Acquire(node.Slots, () => Post(new RunEvent.SlotsGranted(node))))
        {
            node.Phase = NodePhase.HasSlots;
            _toStart.Add(node);
        }
    }

    /// <summary>Makes the attempts of the tasks that have their slots part of the step.</summary>
    private void BeginAttempts()
    {
        foreach (var node in _toStart)
        {
            if (node.Phase != NodePhase.HasSlots)
            {
                Release(node);
            }
            else if (!_stopping)
            {
                Begin(node);
            }
        }

        _toStart.Clear();
    }

    private void Begin(TaskNode node)
    {
        if (node.Orphans >= _services.Options.OrphanedAttemptsLimit)
        {
            Release(node);
            node.Error = $"The process ended during {node.Orphans} attempts in a row.";
            _graph.Settle(node, AttemptState.Failed, node.Error);
            return;
        }

        var now = Now();
        var resumed = node.HasDeferredAttempt;
        node.HasDeferredAttempt = false;
        if (!resumed)
        {
            node.Attempts++;
        }

        node.Since ??= now;
        node.RetryAt = null;
        _graph.Touch(node);
        if (node.Definition.Kind == TaskKind.SubPipeline)
        {
            node.State = AttemptState.Deferred;
            node.Phase = NodePhase.WaitsForRun;
            node.ChildRun = _services.NewId();
            _step.Starts.Add(new AttemptStart(node, node.Attempts, resumed, now, null));
            _step.SubRuns.Add(node);
            return;
        }

        node.State = AttemptState.Running;
        node.Phase = NodePhase.Running;
        var worker = _services.TakeWorker();
        node.IsElsewhere = worker is null;
        _running += worker is null ? 0 : 1;
        _step.Starts.Add(new AttemptStart(node, node.Attempts, resumed, now, worker));
    }

    private async Task RunAttemptAsync(AttemptStart start)
    {
        AttemptOutcome outcome;
        try
        {
            outcome = await _runner.RunAsync(start.Node.Definition, OrderOf(start), start.Node.IsTeardown ? _break.Token : _cancel.Token, _activity);
        }
        finally
        {
            _services.ReturnWorker();
        }

        Post(new RunEvent.Ended(start.Node, start.Number, outcome));
    }

    private AttemptOrder OrderOf(AttemptStart start)
    {
        var input = InputOf(start.Node);
        return new AttemptOrder
        {
            Pipeline = _pipeline.Name,
            Task = start.Node.Definition.Name,
            Name = start.Node.Name,
            RunId = _run.Id,
            RunNumber = _run.Seq,
            WriteId = WriteIds.IdOf(_run, start.Node.Name, start.Node.Definition.Kind),
            WriteVersion = _services.WriteVersion(_run.Seq),
            Attempt = start.Number,
            QueuedAt = Instant.FromMicroseconds(_run.QueuedAt),
            LogicalDate = Instant.FromMicroseconds(_run.LogicalDate),
            DataInterval = _run.Interval,
            Trigger = StateNames.TriggerOf(_run.Trigger),
            Since = start.Node.Since ?? start.At,
            Item = input.Item,
            Results = input.Results,
            Parameters = input.Parameters,
            MemoryLimit = start.Node.Definition.MemoryLimit,
        };
    }

    private AttemptInput InputOf(TaskNode node)
    {
        var results = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in node.Definition.Takes)
        {
            if (_graph.ResultOf(name) is { } result)
            {
                results[name] = result;
            }
        }

        return new AttemptInput(results, node.ItemValue, _run.Parameters);
    }

    private void OnEnded(RunEvent.Ended ended)
    {
        _running--;
        OnEnded(ended.Node, ended.Number, ended.Outcome);
    }

    private void OnEnded(TaskNode node, int number, AttemptOutcome outcome)
    {
        Release(node);
        outcome = CheckChoice(node, outcome);
        var state = outcome.Kind switch
        {
            AttemptOutcomeKind.Success => AttemptState.Success,
            AttemptOutcomeKind.Skipped => AttemptState.Skipped,
            AttemptOutcomeKind.Cancelled => AttemptState.Cancelled,
            AttemptOutcomeKind.Deferred => AttemptState.Deferred,
            _ => AttemptState.Failed,
        };
        _step.Ends.Add(new AttemptEnd(node.Name, number, state, state == AttemptState.Deferred ? null : Now(), outcome.Error, outcome.Reported));
        Conclude(node, outcome);
    }

    /// <summary>The store is read until it says that the run has heard: what was heard already, or is of an attempt that is over, says nothing new.</summary>
    private void OnEndedElsewhere(string task, int number, RemoteOutcome outcome)
    {
        if (_graph.Find(task) is not { } node || node.LastOutcome == outcome.Id)
        {
            return;
        }

        node.LastOutcome = outcome.Id;
        _step.Heard.Add(new AttemptEnd(task, number, AttemptState.Success, null, null, null));
        if (node is { IsElsewhere: true, Phase: NodePhase.Running } && node.Attempts == number)
        {
            OnEnded(node, number, outcome.ToOutcome());
        }
    }

    private void OnOrphaned(string task, int number)
    {
        if (_graph.Find(task) is { IsElsewhere: true, Phase: NodePhase.Running } node && node.Attempts == number)
        {
            Release(node);
            node.Orphans++;
            _step.Ends.Add(new AttemptEnd(node.Name, number, AttemptState.Failed, Now(), ExecutionWrites.ProcessEnded, null));
            _graph.Touch(node);
            node.State = AttemptState.Queued;
            if (_cancelling && !node.IsTeardown)
            {
                _graph.Settle(node, AttemptState.Cancelled);
            }
            else
            {
                RequestSlots(node);
            }
        }
    }

    /// <summary>A branch whose choice names no task directly after it has failed.</summary>
    private static AttemptOutcome CheckChoice(TaskNode node, AttemptOutcome outcome) =>
        node.Definition.Kind == TaskKind.Branch && outcome.Kind == AttemptOutcomeKind.Success && RunGraph.BranchError(node, outcome.Result) is { } error
            ? new AttemptOutcome(AttemptOutcomeKind.FailedForGood, error) { Reported = outcome.Reported }
            : outcome;

    /// <summary>Moves the task's state by how its attempt ended.</summary>
    private void Conclude(TaskNode node, AttemptOutcome outcome)
    {
        _graph.Touch(node);
        node.Error = outcome.Error;
        switch (outcome.Kind)
        {
            case AttemptOutcomeKind.Interrupted when _cancelling && !node.IsTeardown && node.IsElsewhere:
                // The node that had it stopped before it heard of the wish: there is nothing to go on with.
                _graph.Settle(node, AttemptState.Cancelled);
                return;
            case AttemptOutcomeKind.Interrupted:
                node.State = AttemptState.Queued;
                if (node.IsElsewhere)
                {
                    RequestSlots(node);
                }
                else
                {
                    node.Phase = NodePhase.WaitsForSlots;
                }

                return;
            case AttemptOutcomeKind.Deferred when _cancelling && !node.IsTeardown:
                _step.Ends.Add(new AttemptEnd(node.Name, node.Attempts, AttemptState.Cancelled, Now(), null, null));
                _graph.Settle(node, AttemptState.Cancelled);
                return;
            case AttemptOutcomeKind.Deferred:
                node.State = AttemptState.Deferred;
                node.HasDeferredAttempt = true;
                node.RetryAt = Later(outcome.DeferFor ?? TimeSpan.Zero);
                Delay(node);
                return;
        }

        node.Orphans = 0;
        node.Tries++;
        var retry = node.Definition.Retry;
        if (outcome.Kind == AttemptOutcomeKind.Failed && node.Tries <= retry.Count && (!_cancelling || node.IsTeardown))
        {
            var delay = retry.DelayBefore(node.Tries, new Random(JitterSeed.Of(_services.Options.JitterSeed, _run.Id, node.Name, node.Attempts)));
            node.RetryAt = Later(outcome.RetryAfter > delay ? outcome.RetryAfter.Value : delay);
            node.State = AttemptState.UpForRetry;
            node.ChildRun = null;
            _step.Retried.Add(new AttemptEnd(node.Name, node.Attempts, AttemptState.Failed, node.RetryAt.Value, outcome.Error, null));
            Delay(node);
            return;
        }

        if (outcome.Kind == AttemptOutcomeKind.Success)
        {
            node.Result = outcome.Result;
            if (node.CacheKey is not null)
            {
                _step.ToCache.Add(node);
            }
        }

        _graph.Settle(
            node,
            outcome.Kind switch
            {
                AttemptOutcomeKind.Success => AttemptState.Success,
                AttemptOutcomeKind.Skipped => AttemptState.Skipped,
                AttemptOutcomeKind.Cancelled => AttemptState.Cancelled,
                _ => AttemptState.Failed,
            },
            outcome.Kind == AttemptOutcomeKind.Skipped ? outcome.Error : null);
    }

    /// <summary>A moment after a delay that code asked for: any is taken, and a year is as good as for ever.</summary>
    private DateTimeOffset Later(TimeSpan delay) => Now() + (delay < TimeSpan.Zero ? TimeSpan.Zero : delay > LatestRetry ? LatestRetry : delay);

    private void Delay(TaskNode node)
    {
        node.Phase = NodePhase.Delayed;
        var delay = (node.RetryAt ?? Now()) - _services.Time.GetUtcNow();
        node.Timer?.Dispose();
        node.Timer = Timer(delay > LongestDelay ? LongestDelay : delay, new RunEvent.Due(node));
    }

    private void Release(TaskNode node)
    {
        if (node.Slots is { } slots)
        {
            node.Slots = null;
            _services.Slots.Release(slots);
        }
    }
}
