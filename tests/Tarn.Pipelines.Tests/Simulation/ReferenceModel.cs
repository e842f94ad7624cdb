namespace Tarn.Pipelines.Tests;

/// <summary>
/// What the rules in words say of a run: which states each task may be in, given those of the tasks before it and what its code does. It knows nothing of how the orchestrator
/// comes to them. More than one state is possible only where a task need not wait for all that is before it.
/// </summary>
internal sealed class ReferenceModel(PipelineDefinition pipeline, Func<string, TaskPlan> planOf, IReadOnlyDictionary<string, AttemptState> states, Func<string, AttemptState?> subRunOf)
{
    private static readonly TriggerRule[] Impatient = [TriggerRule.OneSuccess, TriggerRule.OneFailed, TriggerRule.OneDone, TriggerRule.Always];

    /// <summary>The states in which a task, other than a call of a mapped one, may be.</summary>
    public IReadOnlyCollection<AttemptState> StatesOf(TaskDefinition task)
    {
        if (task.TeardownOf is { } setup)
        {
            return states[setup] switch
            {
                AttemptState.Success => Follows(task),
                AttemptState.Cancelled => [AttemptState.Cancelled],
                _ => [AttemptState.Skipped],
            };
        }

        var steered = pipeline.Tasks.Where(s => Excludes(s, task)).ToList();
        return steered.Count == 0 ? Follows(task)
            : steered.Exists(s => IsSurelyAfter(s, task)) ? [AttemptState.Skipped]
            : [AttemptState.Skipped, .. Follows(task)];
    }

    /// <summary>The state of a task, or of a call, whose code has run, and how many tries it takes.</summary>
    public (AttemptState State, int Tries) Attempted(TaskDefinition task, string name)
    {
        var plan = planOf(name);
        var retries = task.Retry.Count;
        return plan.End switch
        {
            TaskPlan.Ending.Final => (AttemptState.Failed, 1),
            TaskPlan.Ending.Skip => (AttemptState.Skipped, 1),
            _ when plan.Failures > retries => (AttemptState.Failed, retries + 1),
            _ when task.Kind == TaskKind.Branch && plan.Errs => (AttemptState.Failed, plan.Failures + 1),
            _ when RandomPipelines.IsInVain(task) => (task.Sensor!.SkipOnTimeout ? AttemptState.Skipped : AttemptState.Failed, plan.Failures + 1),
            _ => (AttemptState.Success, plan.Failures + 1),
        };
    }

    /// <summary>How many calls a mapped task has.</summary>
    public int CallsOf(TaskDefinition task)
    {
        var over = pipeline.FindTask(task.Over!)!;
        return states[over.Name] != AttemptState.Success ? 0
            : over.Kind == TaskKind.Mapped ? CallStates(over).Count(static s => s == AttemptState.Success)
            : planOf(over.Name).Items;
    }

    public RunState RunOf()
    {
        var failed = states.Any(s => s.Value == AttemptState.UpstreamFailed || (s.Value == AttemptState.Failed && !Task(s.Key).MayFail && Task(s.Key).Kind != TaskKind.Teardown));
        return failed ? RunState.Failed : states.Values.Contains(AttemptState.Cancelled) ? RunState.Cancelled : RunState.Success;
    }

    private TaskDefinition Task(string name) => pipeline.FindTask(name.Split('[')[0])!;

    private List<AttemptState> CallStates(TaskDefinition mapped) =>
        [.. states.Where(s => s.Key.StartsWith(mapped.Name + "[", StringComparison.Ordinal)).Select(static s => s.Value)];

    /// <summary>By the task's rule, and, where that lets it start, by what its code does.</summary>
    private IReadOnlyCollection<AttemptState> Follows(TaskDefinition task)
    {
        var before = task.After.Select(name => states[name]).ToList();
        var failed = before.Count(static s => s is AttemptState.Failed or AttemptState.UpstreamFailed);
        var skipped = before.Count(static s => s == AttemptState.Skipped);
        var succeeded = before.Count(static s => s == AttemptState.Success);
        var cancelled = before.Count(static s => s == AttemptState.Cancelled);
        var (starts, failure) = task.Rule switch
        {
            TriggerRule.AllSuccess => (succeeded == before.Count, true),
            TriggerRule.AllFailed => (failed == before.Count, false),
            TriggerRule.AllSkipped => (skipped == before.Count, false),
            TriggerRule.OneSuccess => (succeeded > 0, true),
            TriggerRule.OneFailed => (failed > 0, false),
            TriggerRule.OneDone => (succeeded + failed > 0, false),
            TriggerRule.NoneFailed => (succeeded + skipped == before.Count, true),
            TriggerRule.NoneFailedMinOneSuccess => (succeeded + skipped == before.Count && succeeded > 0, true),
            TriggerRule.NoneSkipped => (succeeded + failed == before.Count, false),
            _ => (true, false),
        };
        return !starts ? [cancelled > 0 ? AttemptState.Cancelled : failure && failed > 0 ? AttemptState.UpstreamFailed : AttemptState.Skipped]
            : task.Kind == TaskKind.Mapped ? Mapped(task, states[task.Over!])
            : task.Kind == TaskKind.SubPipeline ? [subRunOf(task.Name) ?? AttemptState.Cancelled]
            : [Attempted(task, task.Name).State];
    }

    /// <summary>Whatever its rule says, without the list there is nothing to do.</summary>
    private IReadOnlyCollection<AttemptState> Mapped(TaskDefinition task, AttemptState list)
    {
        if (list != AttemptState.Success)
        {
            return [list is AttemptState.Failed ? AttemptState.UpstreamFailed : list];
        }

        var calls = CallStates(task);
        var state = calls.Count == 0 ? AttemptState.Skipped
            : calls.Contains(AttemptState.Failed) ? AttemptState.Failed
            : calls.Contains(AttemptState.Cancelled) ? AttemptState.Cancelled
            : calls.TrueForAll(static s => s == AttemptState.Skipped) ? AttemptState.Skipped
            : AttemptState.Success;
        return [state];
    }

    /// <summary>Whether a short circuit, or a branch, leaves a task out.</summary>
    private bool Excludes(TaskDefinition steering, TaskDefinition task)
    {
        if (states[steering.Name] != AttemptState.Success)
        {
            return false;
        }

        if (steering.Kind == TaskKind.Branch)
        {
            var chosen = planOf(steering.Name).Choose(pipeline, steering.Name);
            return task.After.Contains(steering.Name) && !chosen.Contains(task.Name) && !chosen.Any(c => IsAfter(c, task));
        }

        return steering.Kind == TaskKind.ShortCircuit && !planOf(steering.Name).GoesOn && IsAfter(steering.Name, task);
    }

    private bool IsAfter(string before, TaskDefinition task) => task.After.Any(name => name == before || IsAfter(before, pipeline.FindTask(name)!));

    /// <summary>Whether a task cannot have started before another had ended: not where it goes on with the first of several.</summary>
    private bool IsSurelyAfter(TaskDefinition before, TaskDefinition task) =>
        !Impatient.Contains(task.Rule)
        && task.After.Any(name => name == before.Name
            || (pipeline.FindTask(name) is { } between && IsSurelyAfter(before, between) && !pipeline.Tasks.Any(b => b.Kind == TaskKind.Branch && Excludes(b, between))));

    /// <summary>Whether a task may have started before all that it takes was there.</summary>
    public static bool MayMissResults(TaskDefinition task) => Impatient.Contains(task.Rule);
}
