using System.Text.Json;
using Dapper;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines.Tests;

/// <summary>Random pipelines whose tasks do as their <see cref="TaskPlan"/> says, keep what they got, and watch that limits hold.</summary>
internal sealed class SimulatedSystem
{
    private readonly int _seed;
    private readonly PipelineWorld _world;
    private readonly Dictionary<string, int> _running = [];
    private readonly HashSet<(string Run, string Task)> _live = [];
    private readonly Dictionary<(string Run, string Task), int> _looks = [];
    private readonly HashSet<(string Run, string Setup)> _made = [];

    public SimulatedSystem(int seed, PipelineWorld world, Random random)
    {
        _seed = seed;
        _world = world;
        world.Options.Pools["pair"] = 2;
        var drawing = new RandomPipelines(this, random);
        var pipelines = new List<PipelineDefinition>();
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            pipelines.Add(drawing.Draw($"pipeline-{pipelines.Count}", pipelines));
        }

        Pipelines = pipelines;
    }

    public IReadOnlyList<PipelineDefinition> Pipelines { get; }

    public List<string> Violations { get; } = [];

    /// <summary>What attempts got: of another task its result, of a mapped task its item; as JSON, null where nothing.</summary>
    public Dictionary<(string Run, string Task, int Attempt), (string? From, string? Value)> Got { get; } = [];

    /// <summary>The parameter that attempts got.</summary>
    public Dictionary<(string Run, string Task, int Attempt), int> Parameters { get; } = [];

    public TaskPlan PlanOf(RunSummary run, string task) => TaskPlan.Of(_seed, run.Pipeline, run.LogicalDate, run.Trigger, task);

    /// <summary>Whether a setup made something that no teardown has taken away.</summary>
    public bool IsLeft(string run, string setup) => _made.Contains((run, setup));

    /// <summary>What ran in the killed process runs no more.</summary>
    public void ProcessDied()
    {
        _running.Clear();
        _live.Clear();
    }

    /// <summary>What a cached task returns: a function of its input, and of nothing else.</summary>
    public static string Cached(TaskDefinition task, DataInterval interval, int? parameter, string? got) =>
        $"{task.Name}/{(task.Cache!.PerInterval ? $"{interval.Start.UtcTicks}-{interval.End.UtcTicks}" : "")}/{parameter}/{got?.Length}:{got}";

    public Task<string> WorkAsync(TaskContext run) => RunAsync(run, (_, _) => $"{run.Task}#{run.Attempt}");

    public Task<string[]> ListAsync(TaskContext run) => RunAsync(run, (_, plan) => Enumerable.Range(0, plan.Items).Select(i => $"{run.Task}#{run.Attempt}#{i}").ToArray());

    public Task<string[]> ChooseAsync(TaskContext run) => RunAsync(run, (task, plan) => plan.Choose(_world.Orchestrator.Pipelines.Get(run.Pipeline), task.Name));

    public Task<bool> DecideAsync(TaskContext run) => RunAsync(run, static (_, plan) => plan.GoesOn);

    public Task<bool> LookAsync(TaskContext run) => RunAsync(run, (task, plan) =>
    {
        var looks = _looks[(run.RunId, run.Task)] = _looks.GetValueOrDefault((run.RunId, run.Task)) + 1;
        return !RandomPipelines.IsInVain(task) && looks > plan.Looks;
    });

    public Task<string> CallAsync(TaskContext run, string item)
    {
        Got[(run.RunId, run.Task, run.Attempt)] = (null, JsonSerializer.Serialize(item));
        return WorkAsync(run);
    }

    public Task<string> TakeAsync(TaskContext run, string? from, object? value, int? parameter)
    {
        var got = value is null ? null : JsonSerializer.Serialize(value);
        Got[(run.RunId, run.Task, run.Attempt)] = (from, got);
        if (parameter is { } given)
        {
            Parameters[(run.RunId, run.Task, run.Attempt)] = given;
        }

        return RunAsync(run, (task, _) => task.Cache is null ? $"{run.Task}#{run.Attempt}" : Cached(task, run.DataInterval, parameter, got));
    }

    private async Task<T> RunAsync<T>(TaskContext run, Func<TaskDefinition, TaskPlan, T> end)
    {
        var pipeline = _world.Orchestrator.Pipelines.Get(run.Pipeline);
        var task = pipeline.FindTask(run.Task.Split('[')[0])!;
        if (!_live.Add((run.RunId, run.Task)))
        {
            Violations.Add($"{run.RunId}/{run.Task} runs twice at a time");
        }

        foreach (var teardown in task.Rule != TriggerRule.AllSuccess ? [] : pipeline.Tasks.Where(t => t.TeardownOf is { } of && task.After.Contains(of) && t.After.Contains(task.Name)))
        {
            if (!_made.Contains((run.RunId, teardown.TeardownOf!)))
            {
                Violations.Add($"{run.RunId}/{run.Task} runs without what {teardown.TeardownOf} makes");
            }
        }

        Enter($"pool {task.Pool}", task.Pool switch { "single" => 1, "pair" => 2, _ => 32 });
        Enter($"task {run.Pipeline}/{task.Name}", task.MaxActive ?? int.MaxValue);
        Enter($"tasks of {run.Pipeline}", pipeline.MaxActiveTasks ?? int.MaxValue);
        try
        {
            var plan = TaskPlan.Of(_seed, run.Pipeline, run.LogicalDate, run.Trigger, run.Task);
            await BehaveAsync(run, plan);
            if (task.Kind == TaskKind.Setup)
            {
                _made.Add((run.RunId, task.Name));
            }
            else if (task.TeardownOf is { } setup)
            {
                _made.Remove((run.RunId, setup));
            }

            return end(task, plan);
        }
        finally
        {
            Leave($"pool {task.Pool}");
            Leave($"task {run.Pipeline}/{task.Name}");
            Leave($"tasks of {run.Pipeline}");
            _live.Remove((run.RunId, run.Task));
        }
    }

    private async Task BehaveAsync(TaskContext run, TaskPlan plan)
    {
        var tries = await _world.Store.ReadAsync(c => c.QuerySingleAsync<int>(
            "SELECT tries FROM pipeline_task JOIN pipeline_run ON run = seq WHERE id = @RunId AND name = @Task", new { run.RunId, run.Task }));
        run.Log.LogInformation("try {Try}", tries);
        if (plan.End == TaskPlan.Ending.Hang && tries < plan.Failures)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _world.Time, run.CancellationToken);
        }

        await Task.Delay(plan.Duration, _world.Time, run.CancellationToken);
        switch (plan.End)
        {
            case TaskPlan.Ending.Final:
                throw TaskException.Final("as planned");
            case TaskPlan.Ending.Skip:
                throw TaskException.Skip("as planned");
            default:
                if (tries < plan.Failures)
                {
                    throw new IOException("as planned");
                }

                run.Report("tries", tries);
                break;
        }
    }

    private void Enter(string limited, int limit)
    {
        _running[limited] = _running.GetValueOrDefault(limited) + 1;
        if (_running[limited] > limit)
        {
            Violations.Add($"{_running[limited]} in {limited}, which has {limit}");
        }
    }

    private void Leave(string limited) => _running[limited]--;
}
