using System.Text.Json;

namespace Tarn.Pipelines;

/// <summary>
/// The tasks of one run and what follows from their states: a state machine without clock, store or threads. Whoever drives it settles tasks, and takes what became ready
/// and what has to be stored.
/// </summary>
internal sealed class RunGraph
{
    private readonly PipelineDefinition _pipeline;
    private readonly Dictionary<string, TaskNode> _byName = new(StringComparer.Ordinal);
    private readonly List<TaskNode> _nodes = [];
    private readonly Queue<TaskNode> _undecided = new();
    private readonly List<TaskNode> _changed = [];
    private readonly List<TaskNode> _ready = [];
    private int _unsettled;

    public RunGraph(PipelineDefinition pipeline, IReadOnlyList<TaskRow> rows)
    {
        _pipeline = pipeline;
        Dictionary<string, TaskRow>? byName = null;
        for (var i = 0; i < pipeline.Tasks.Count; i++)
        {
            // Of a new run, and of most others, the rows are in the order of the tasks.
            var task = pipeline.Tasks[i];
            Add(new TaskNode(
                task,
                i < rows.Count && rows[i].Item is null && rows[i].Name == task.Name
                    ? rows[i]
                    : (byName ??= rows.Where(static r => r.Item is null).ToDictionary(static r => r.Name, StringComparer.Ordinal))[task.Name]));
        }

        foreach (var row in rows.Where(static r => r.Item is not null).OrderBy(static r => r.Item))
        {
            if (row.Task is { } name && _byName.TryGetValue(name, out var whole) && whole.Definition.Kind == TaskKind.Mapped)
            {
                AddCall(whole, new TaskNode(whole.Definition, row));
            }
        }

        foreach (var node in _nodes.Where(static n => n.Item is null))
        {
            node.Before.All = node.Definition.After.Count;
            node.Setup = node.Definition.TeardownOf is { } setup ? _byName[setup] : null;
            node.Over = node.Definition.Over is { } over ? _byName[over] : null;
            foreach (var name in node.Definition.After)
            {
                var before = _byName[name];
                before.Dependents.Add(node);
                if (before.IsSettled)
                {
                    node.Before.Add(before.State);
                }
            }
        }
    }

    public IReadOnlyList<TaskNode> Nodes => _nodes;

    public bool AllSettled => _unsettled == 0;

    public TaskNode? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Looks at every task that waits: after a restart or a retry, fates may be sealed already.</summary>
    public void DecideAll()
    {
        foreach (var node in _nodes.Where(static n => n.Item is null && n.Phase == NodePhase.Waiting && !n.IsSettled))
        {
            _undecided.Enqueue(node);
        }
    }

    /// <summary>Draws every conclusion; returns the tasks that may start.</summary>
    public List<TaskNode> TakeReady()
    {
        while (_undecided.TryDequeue(out var node))
        {
            if (node.IsSettled || node.Phase != NodePhase.Waiting)
            {
                continue;
            }

            switch (node.Decide())
            {
                case Verdict.Start:
                    node.Phase = NodePhase.WaitsForSlots;
                    _ready.Add(node);
                    break;
                case Verdict.UpstreamFailed:
                    Settle(node, AttemptState.UpstreamFailed);
                    break;
                case Verdict.Skip:
                    Settle(node, AttemptState.Skipped);
                    break;
                case Verdict.Cancel:
                    Settle(node, AttemptState.Cancelled);
                    break;
            }
        }

        if (_ready.Count == 0)
        {
            return [];
        }

        List<TaskNode> ready = [.. _ready];
        _ready.Clear();
        return ready;
    }

    /// <summary>The tasks whose rows are to be stored, in the order in which they changed.</summary>
    public List<TaskNode> TakeChanged()
    {
        if (_changed.Count == 0)
        {
            return [];
        }

        List<TaskNode> changed = [.. _changed];
        _changed.Clear();
        changed.ForEach(static n => n.Changed = false);
        return changed;
    }

    public void Touch(TaskNode node)
    {
        if (!node.Changed)
        {
            node.Changed = true;
            _changed.Add(node);
        }
    }

    /// <summary>A task has come to its end.</summary>
    public void Settle(TaskNode node, AttemptState state, string? note = null)
    {
        if (node.IsSettled)
        {
            return;
        }

        node.State = state;
        node.Phase = NodePhase.Settled;
        node.RetryAt = null;
        node.Note = note ?? node.Note;
        _unsettled--;
        Touch(node);
        if (node.Mapped is { } whole)
        {
            whole.CallsSettled++;
            SettleWhole(whole);
            return;
        }

        foreach (var call in node.Calls.Where(static c => !c.IsSettled))
        {
            // Of a run that is tried again, and comes to another end this time.
            Settle(call, state, note);
        }

        if (state == AttemptState.Success)
        {
            Steer(node);
        }

        foreach (var dependent in node.Dependents)
        {
            dependent.Before.Add(state);
            _undecided.Enqueue(dependent);
        }
    }

    /// <summary>Makes the calls of a mapped task; an empty list ends it.</summary>
    public IReadOnlyList<TaskNode> Expand(TaskNode whole, IReadOnlyList<string> items, Func<TaskDefinition, int, string, TaskRow> rowOf)
    {
        if (items.Count == 0)
        {
            Settle(whole, AttemptState.Skipped, "The list has no items.");
            return [];
        }

        Resume(whole);
        for (var i = 0; i < items.Count; i++)
        {
            AddCall(whole, new TaskNode(whole.Definition, rowOf(whole.Definition, i, items[i])));
        }

        return whole.Calls;
    }

    /// <summary>A mapped task waits for its calls from now on.</summary>
    public void Resume(TaskNode whole)
    {
        whole.Phase = NodePhase.WaitsForCalls;
        whole.State = AttemptState.Running;
        Touch(whole);
    }

    /// <summary>Cancels what has not started; teardowns follow their own rules. Running code is cancelled by its token.</summary>
    public void CancelWaiting(string? note)
    {
        foreach (var node in _nodes)
        {
            if (!node.IsTeardown && node.Phase is NodePhase.Waiting or NodePhase.WaitsForSlots or NodePhase.HasSlots or NodePhase.Delayed)
            {
                Settle(node, AttemptState.Cancelled, note);
            }
        }
    }

    /// <summary>What a task gave to those after it, as JSON, or null: of a mapped one, the list of what its calls returned.</summary>
    public string? ResultOf(string task)
    {
        var node = _byName[task];
        return !node.IsMappedWhole ? node.Result
            : node.State == AttemptState.Success ? $"[{string.Join(',', node.Calls.Select(static c => c.Result).OfType<string>())}]"
            : null;
    }

    /// <summary>How the run ends.</summary>
    public (RunState State, string? Error) Outcome(bool cancelled)
    {
        if (cancelled && _nodes.Exists(static n => n.State == AttemptState.Cancelled))
        {
            return (RunState.Cancelled, null);
        }

        var failed = _nodes.Find(static n => n.State == AttemptState.Failed && !n.Definition.MayFail && !(n.IsMappedWhole && n.Calls.Count > 0));
        if (failed is not null)
        {
            return (RunState.Failed, $"Task {failed.Name} failed: {failed.Error ?? failed.Note ?? "see its attempts"}");
        }

        return _nodes.Exists(static n => n.State == AttemptState.UpstreamFailed) ? (RunState.Failed, null)
            : _nodes.Exists(static n => n.State == AttemptState.Cancelled) ? (RunState.Cancelled, null)
            : (RunState.Success, null);
    }

    private void Add(TaskNode node)
    {
        _nodes.Add(node);
        _byName.Add(node.Name, node);
        if (!node.IsSettled)
        {
            _unsettled++;
        }
        else
        {
            node.Phase = NodePhase.Settled;
        }
    }

    private void AddCall(TaskNode whole, TaskNode call)
    {
        Add(call);
        call.Mapped = whole;
        whole.Calls.Add(call);
        if (call.IsSettled)
        {
            whole.CallsSettled++;
        }
    }

    /// <summary>A mapped task ends with its last call.</summary>
    public void SettleWhole(TaskNode whole)
    {
        if (whole.CallsSettled < whole.Calls.Count || whole.IsSettled)
        {
            return;
        }

        var failed = whole.Calls.Count(static c => c.State == AttemptState.Failed);
        var cancelled = whole.Calls.Count(static c => c.State == AttemptState.Cancelled);
        var skipped = whole.Calls.Count(static c => c.State == AttemptState.Skipped);
        Settle(
            whole,
            failed > 0 ? AttemptState.Failed
                : cancelled > 0 ? AttemptState.Cancelled
                : skipped == whole.Calls.Count ? AttemptState.Skipped
                : AttemptState.Success,
            failed > 0 ? $"{failed} of {whole.Calls.Count} calls failed." : null);
    }

    /// <summary>A branch and a short circuit skip what they did not choose.</summary>
    private void Steer(TaskNode node)
    {
        switch (node.Definition.Kind)
        {
            case TaskKind.ShortCircuit when node.Result == "false":
                foreach (var later in Reachable(node.Dependents).Where(static n => !n.IsTeardown && n.Phase == NodePhase.Waiting))
                {
                    Settle(later, AttemptState.Skipped, $"Skipped by {node.Name}.");
                }

                break;
            case TaskKind.Branch:
                var chosen = ChosenBy(node).Select(name => _byName[name]).ToList();
                var kept = Reachable(chosen);
                foreach (var other in node.Dependents.Where(n => !kept.Contains(n) && !n.IsTeardown && n.Phase == NodePhase.Waiting))
                {
                    Settle(other, AttemptState.Skipped, $"Not chosen by {node.Name}.");
                }

                break;
        }
    }

    /// <summary>The full names of the tasks that a branch chose; those that are not directly after it are an error, told by <see cref="BranchError"/>.</summary>
    private IEnumerable<string> ChosenBy(TaskNode branch) =>
        Names(branch.Result).Select(name => FindDependent(branch, name)).OfType<string>();

    /// <summary>What is wrong with a branch's choice, or null.</summary>
    public static string? BranchError(TaskNode branch, string? result)
    {
        var unknown = Names(result).Where(name => FindDependent(branch, name) is null).ToList();
        return unknown.Count == 0
            ? null
            : $"The branch chose {string.Join(", ", unknown.Select(static n => $"'{n}'"))}, and directly after it are: {string.Join(", ", branch.Dependents.Select(static d => d.Name))}.";
    }

    private static string? FindDependent(TaskNode branch, string name) =>
        branch.Dependents.Find(d => d.Name == name || (branch.Definition.Group is { } group && d.Name == $"{group}.{name}"))?.Name;

    private static IEnumerable<string> Names(string? result)
    {
        if (result is null)
        {
            return [];
        }

        using var parsed = JsonDocument.Parse(result);
        return parsed.RootElement.ValueKind switch
        {
            JsonValueKind.String => [parsed.RootElement.GetString()!],
            JsonValueKind.Array => [.. parsed.RootElement.EnumerateArray().Select(static e => e.GetString()).OfType<string>()],
            _ => [],
        };
    }

    private static HashSet<TaskNode> Reachable(IEnumerable<TaskNode> from)
    {
        var found = new HashSet<TaskNode>(from);
        var queue = new Queue<TaskNode>(found);
        while (queue.TryDequeue(out var node))
        {
            foreach (var next in node.Dependents.Where(found.Add))
            {
                queue.Enqueue(next);
            }
        }

        return found;
    }
}
