using System.Text.Json;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>Compares a run that has ended with the model: states, tries, and the values that passed between its tasks.</summary>
internal sealed class RunCheck
{
    private readonly SimulatedSystem _system;
    private readonly RunSummary _run;
    private readonly PipelineDefinition _pipeline;
    private readonly Dictionary<string, TaskDetails> _tasks;
    private readonly Dictionary<string, AttemptState> _states;
    private readonly IReadOnlyDictionary<string, RunSummary> _runs;
    private readonly Meddling _meddling;

    public RunCheck(SimulatedSystem system, RunDetails details, IReadOnlyDictionary<string, RunSummary> runs, Meddling meddling)
    {
        _system = system;
        _run = details.Run;
        _runs = runs;
        _meddling = meddling;
        _pipeline = system.Pipelines.Single(p => p.Name == _run.Pipeline);
        _tasks = details.Tasks.ToDictionary(static t => t.Name);
        _states = _tasks.ToDictionary(static t => t.Key, static t => t.Value.State);
    }

    private bool HasTimedOut => _run.Error?.StartsWith("The run took longer", StringComparison.Ordinal) == true;

    private bool IsCutShort => _run.State == RunState.Cancelled || HasTimedOut;

    /// <summary>Whether somebody cancelled it: a person, its parent, or a task of it that runs another pipeline.</summary>
    private bool MayBeCutShort => HasTimedOut || _meddling.Cancelled.Contains(_run.Id) || _pipeline.Tasks.Any(static t => t.Kind == TaskKind.SubPipeline)
        || (_run.Parent is { } parent && (_meddling.Cancelled.Contains(parent) || _system.Pipelines.Single(p => p.Name == _runs[parent].Pipeline).RunTimeout is not null || _runs[parent].Parent is not null));

    public void Check()
    {
        var list = string.Join(", ", _tasks.Values.Select(static t => $"{t.Name} {t.State} {t.Note} {string.Join('/', t.Attempts.Select(static a => $"{a.Number} {a.State} {a.Error}"))}"));
        Assert.True(_run.HasEnded, $"{_run.Id} of {_run.Pipeline} has not ended: {list}");
        foreach (var task in _tasks.Values)
        {
            Assert.True(task.State.IsSettled(), $"{_run}: {task.Name} is {task.State}");
            Assert.Equal(Enumerable.Range(1, task.Attempts.Count), task.Attempts.Select(static a => a.Number));
            Assert.All(task.Attempts, a => Assert.True(a.EndedAt is not null, $"{_run}: {task.Name}, attempt {a.Number} is {a.State} without an end"));
        }

        var isRetried = _meddling.Retried.Contains(_run.Id);
        if (isRetried && (IsCutShort || _pipeline.Tasks.Any(static t => t.Kind == TaskKind.SubPipeline || t.Cache is not null)))
        {
            // What was skipped, or succeeded, at first stays so, and the tasks before it may have come to another end by now.
            return;
        }

        Assert.True(!IsCutShort || MayBeCutShort, $"{_run}: nobody cancelled it");
        var model = new ReferenceModel(_pipeline, task => _system.PlanOf(_run, task), _states, SubRunState);
        foreach (var task in _pipeline.Tasks)
        {
            CheckTask(model, task, isRetried);
        }

        if (HasTimedOut)
        {
            Assert.Equal(RunState.Failed, _run.State);
        }
        else
        {
            var state = model.RunOf();
            Assert.True(state == _run.State || (_run.State == RunState.Cancelled && _states.ContainsValue(AttemptState.Cancelled)), $"{_run}: {_run.State}, the model says {state}: {list}");
        }

        if (!isRetried)
        {
            CheckValues();
        }
    }

    private void CheckTask(ReferenceModel model, TaskDefinition task, bool isRetried)
    {
        var details = _tasks[task.Name];
        var may = model.StatesOf(task);
        var isCached = details.Note?.StartsWith("Cached", StringComparison.Ordinal) == true && task.Cache is not null && details.State == AttemptState.Success;
        var isUnknown = task.Kind == TaskKind.SubPipeline && details.SubRun is { } sub && _meddling.Touched(_runs[sub]) && details.State is AttemptState.Success or AttemptState.Failed or AttemptState.Cancelled;
        Assert.True(
            may.Contains(details.State) || isCached || isUnknown || (IsCutShort && details.State == AttemptState.Cancelled),
            $"{_run}: {task.Name} ({task.Kind}, {task.Rule}) is {details.State}, the model says {string.Join(" or ", may)}");
        if (task.Kind == TaskKind.Setup && !isRetried && _system.IsLeft(_run.Id, task.Name))
        {
            var teardown = _tasks[_pipeline.Tasks.Single(t => t.TeardownOf == task.Name).Name];
            Assert.True(details.State != AttemptState.Success || teardown.State is AttemptState.Failed || teardown.Attempts.Count > 0, $"{_run}: nothing took away what {task.Name} made");
        }

        if (task.Kind != TaskKind.Mapped)
        {
            CheckTries(model, task, details, isCached);
            return;
        }

        var calls = _tasks.Values.Where(t => t.MappedTask == task.Name).OrderBy(static t => t.Item).ToList();
        Assert.Equal(Enumerable.Range(0, calls.Count), calls.Select(static c => c.Item!.Value));
        Assert.True(
            calls.Count == model.CallsOf(task) || (calls.Count == 0 && details.State != AttemptState.Success), $"{_run}: {task.Name} has {calls.Count} calls, the model says {model.CallsOf(task)}");
        foreach (var call in calls)
        {
            var (expected, _) = model.Attempted(task, call.Name);
            Assert.True(call.State == expected || (IsCutShort && call.State == AttemptState.Cancelled), $"{_run}: {call.Name} is {call.State}, the model says {expected}");
            CheckTries(model, task, call, isCached: false);
        }
    }

    private void CheckTries(ReferenceModel model, TaskDefinition task, TaskDetails details, bool isCached)
    {
        if (IsCutShort || MayBeCutShort || isCached || task.Kind == TaskKind.SubPipeline || details.State is not (AttemptState.Success or AttemptState.Failed))
        {
            return;
        }

        var counted = details.Attempts.Count(static a => a.Error is not ("The process ended during this attempt." or "The process was stopped during this attempt."));
        var (_, tries) = model.Attempted(task, details.Name);
        Assert.True(
            task.Kind is TaskKind.Setup or TaskKind.Teardown ? counted >= tries
                : details.State is AttemptState.Failed ? counted % tries == 0 && counted >= tries : counted == tries || _meddling.Retried.Contains(_run.Id),
            $"{_run}: {details.Name} counted {counted}, the model {tries}");
    }

    private AttemptState? SubRunState(string task) => _tasks[task].SubRun is not { } id ? null : _runs[id].State switch
    {
        RunState.Success => AttemptState.Success,
        RunState.Cancelled => AttemptState.Cancelled,
        _ => AttemptState.Failed,
    };

    /// <summary>What tasks got of others is what those returned.</summary>
    private void CheckValues()
    {
        foreach (var details in _tasks.Values)
        {
            if (Winner(details) is not { } attempt)
            {
                continue;
            }

            if (_system.Parameters.TryGetValue((_run.Id, details.Name, attempt), out var parameter))
            {
                Assert.Equal(_run.Parameters!.Value.GetProperty("p").GetInt32(), parameter);
            }

            if (_system.Got.TryGetValue((_run.Id, details.Name, attempt), out var got))
            {
                var task = _pipeline.FindTask(details.MappedTask ?? details.Name)!;
                var expected = details.MappedTask is null ? got.From is null ? null : ValueOf(got.From) : Item(ValueOf(task.Over!)!, details.Item!.Value);
                Assert.True(
                    got.Value == expected || (got.Value is null && details.MappedTask is null && ReferenceModel.MayMissResults(task)), $"{_run}: {details.Name} got {got.Value}, and {got.From} returned {expected}");
            }
        }
    }

    private static int? Winner(TaskDetails task) => task.State == AttemptState.Success && task.Attempts.LastOrDefault() is { State: AttemptState.Success } last ? last.Number : null;

    private static string Item(string list, int index) => JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement[]>(list)![index]);

    /// <summary>What a task returned, as JSON; null where it did not succeed.</summary>
    private string? ValueOf(string name)
    {
        var details = _tasks[name];
        var task = _pipeline.FindTask(name)!;
        var plan = _system.PlanOf(_run, name);
        if (details.State != AttemptState.Success)
        {
            return null;
        }

        if (task.Cache is not null)
        {
            // Its own value is a function of its input, which one that goes on with the first of several may have missed.
            return ReferenceModel.MayMissResults(task) ? JsonSerializer.Serialize(details.Result) : Read(details);
        }

        return JsonSerializer.Serialize<object>(task.Kind switch
        {
            TaskKind.Branch => plan.Choose(_pipeline, name),
            TaskKind.ShortCircuit => plan.GoesOn,
            TaskKind.Mapped => _tasks.Values.Where(t => t.MappedTask == name && t.State == AttemptState.Success).OrderBy(static t => t.Item).Select(static t => $"{t.Name}#{Winner(t)}").ToArray(),
            _ => task.ResultType == typeof(string[]) ? Enumerable.Range(0, plan.Items).Select(i => $"{name}#{Winner(details)}#{i}").ToArray() : $"{name}#{Winner(details)}",
        });
    }

    private string? Read(TaskDetails details)
    {
        var task = _pipeline.FindTask(details.Name)!;
        var from = task.Takes.SingleOrDefault();
        var parameter = task.Code!.Parameters.Any(static p => p.Origin == CodeParameter.Source.Parameter) ? _run.Parameters!.Value.GetProperty("p").GetInt32() : (int?)null;
        return JsonSerializer.Serialize(SimulatedSystem.Cached(task, _run.DataInterval, parameter, from is null ? null : ValueOf(from)));
    }
}

/// <summary>What was done to runs from outside.</summary>
internal sealed class Meddling
{
    public HashSet<string> Cancelled { get; } = [];

    public HashSet<string> Retried { get; } = [];

    /// <summary>Whether a run may have come to another end than it had when its parent heard of it.</summary>
    public bool Touched(RunSummary run) => Cancelled.Contains(run.Id) || Retried.Contains(run.Id);
}
