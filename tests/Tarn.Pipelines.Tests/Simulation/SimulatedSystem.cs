using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines.Tests;

/// <summary>Random pipelines whose tasks do as their <see cref="TaskPlan"/> says, and watch that limits hold.</summary>
internal sealed class SimulatedSystem
{
    private readonly int _seed;
    private readonly PipelineWorld _world;
    private readonly Dictionary<string, int> _running = [];
    private readonly HashSet<(string Run, string Task)> _live = [];

    public SimulatedSystem(int seed, PipelineWorld world, Random random)
    {
        _seed = seed;
        _world = world;
        world.Options.Pools["pair"] = 2;
        Pipelines = [.. Enumerable.Range(0, random.Next(1, 5)).Select(i => Draw($"pipeline-{i}", random))];
    }

    public IReadOnlyList<PipelineDefinition> Pipelines { get; }

    public List<string> Violations { get; } = [];

    public TaskPlan PlanOf(RunSummary run, string task) => TaskPlan.Of(_seed, run.Pipeline, run.LogicalDate, run.Trigger, task);

    /// <summary>What ran in the killed process runs no more.</summary>
    public void ProcessDied()
    {
        _running.Clear();
        _live.Clear();
    }

    private PipelineDefinition Draw(string name, Random random)
    {
        var builder = new PipelineBuilder(name)
            .Retries(new RetryPolicy { Count = random.Next(4), Delay = TimeSpan.FromSeconds(random.Next(3)) })
            .Timeout(TimeSpan.FromSeconds(30))
            .MaxActiveRuns(random.Next(1, 4))
            .CatchUp(random.Next(2) == 0);
        if (random.Next(5) > 0)
        {
            builder.Schedule(new[] { "*/5 * * * *", "*/7 * * * *", "0,20 * * * *" }[random.Next(3)]);
        }

        var tasks = random.Next(1, 7);
        for (var i = 0; i < tasks; i++)
        {
            var after = Enumerable.Range(0, i).Where(_ => random.Next(3) == 0).Select(static t => $"task-{t}").ToArray();
            builder.Task($"task-{i}", WorkAsync, after, pool: new[] { null, "single", "pair" }[random.Next(3)]);
        }

        return builder.Build();
    }

    private async Task WorkAsync(TaskContext run)
    {
        var task = _world.Orchestrator.Pipelines.Get(run.Pipeline).Tasks.Single(t => t.Name == run.Task);
        if (!_live.Add((run.RunId, run.Task)))
        {
            Violations.Add($"{run.RunId}/{run.Task} runs twice at a time");
        }

        Enter($"pool {task.Pool}", task.Pool switch { "single" => 1, "pair" => 2, _ => 32 });
        try
        {
            await BehaveAsync(run, TaskPlan.Of(_seed, run.Pipeline, run.LogicalDate, run.Trigger, run.Task));
        }
        finally
        {
            _running[$"pool {task.Pool}"]--;
            _live.Remove((run.RunId, run.Task));
        }
    }

    private async Task BehaveAsync(TaskContext run, TaskPlan plan)
    {
        var tries = await _world.Store.ReadAsync(c => c.QuerySingleAsync<int>(
            "SELECT tries FROM pipeline_task JOIN pipeline_run ON run = seq WHERE id = @RunId AND name = @Task", new { run.RunId, run.Task }));
        Microsoft.Extensions.Logging.LoggerExtensions.LogInformation(run.Log, "try {Try}", tries);
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
}
