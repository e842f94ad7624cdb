using Tarn.Core;

namespace Tarn.Pipelines.Tests;

/// <summary>Draws pipelines with tasks of all kinds. Their code calls back into the <see cref="SimulatedSystem"/>.</summary>
internal sealed class RandomPipelines(SimulatedSystem system, Random random)
{
    private const int MostTasks = 10;
    private static readonly TriggerRule[] ForFirst = [TriggerRule.AllSuccess, TriggerRule.AllDone, TriggerRule.NoneFailed, TriggerRule.NoneSkipped, TriggerRule.Always];
    private readonly List<Drawn> _tasks = [];
    private readonly List<string> _groups = [];
    private PipelineBuilder _builder = new("none");
    private PipelineDefinition[] _others = [];
    private bool _hasParameter;

    /// <summary>The time-out of sensors that look in vain; those of others is the longest.</summary>
    public static TimeSpan ShortWait { get; } = TimeSpan.FromSeconds(40);

    public static bool IsInVain(TaskDefinition task) => task.Sensor?.Timeout == ShortWait;

    public PipelineDefinition Draw(string name, IEnumerable<PipelineDefinition> others)
    {
        _tasks.Clear();
        _groups.Clear();
        _others = [.. others];
        _builder = new PipelineBuilder(name)
            .Retries(new RetryPolicy { Count = random.Next(4), Delay = TimeSpan.FromSeconds(random.Next(3)) })
            .Timeout(TimeSpan.FromSeconds(30))
            .MaxActiveRuns(random.Next(1, 4))
            .CatchUp(random.Next(2) == 0);
        if (random.Next(5) > 0)
        {
            _builder.Schedule(new[] { "*/5 * * * *", "*/7 * * * *", "0,20 * * * *" }[random.Next(3)]);
        }

        if (random.Next(3) == 0)
        {
            _builder.MaxActiveTasks(random.Next(1, 4));
        }

        if (random.Next(5) == 0)
        {
            _builder.RunTimeout(TimeSpan.FromSeconds(random.Next(60, 400)));
        }

        _hasParameter = random.Next(2) == 0;
        if (_hasParameter)
        {
            _builder.Parameter("p", 1, check: static p => p < 1000 ? null : "it is below 1,000");
        }

        AddTasks(random.Next(1, MostTasks));
        foreach (var branch in _tasks.Where(b => b.Kind == TaskKind.Branch && !_tasks.Exists(t => t.After.Contains(b.Name))).ToList())
        {
            Add(null, TaskKind.Task, [branch.Name]);
        }

        foreach (var setup in _tasks.Where(static t => t.Kind == TaskKind.Setup))
        {
            _builder.Teardown(
                $"down-{setup.Name.Replace('.', '-')}", setup.Name, (TaskContext run) => system.WorkAsync(run), [.. _tasks.Where(t => t.After.Contains(setup.Name)).Select(static t => t.Name)]);
        }

        return _builder.Build();
    }

    private void AddTasks(int count)
    {
        while (_tasks.Count < count)
        {
            if (random.Next(6) > 0)
            {
                Add(null, DrawKind(), DrawAfter(null));
                continue;
            }

            var group = $"g{_groups.Count}";
            string[] after = random.Next(2) == 0 ? [] : DrawAfter(null);
            _builder.Group(
                group,
                _ =>
                {
                    for (var i = random.Next(1, 4); i > 0; i--)
                    {
                        Add(group, DrawKind(), DrawAfter(group));
                    }
                },
                after);
            _groups.Add(group);
        }
    }

    private TaskKind DrawKind() => random.Next(20) switch
    {
        < 9 => TaskKind.Task,
        < 12 => TaskKind.Mapped,
        12 => TaskKind.Branch,
        13 => TaskKind.ShortCircuit,
        < 16 => TaskKind.Sensor,
        < 18 => TaskKind.Setup,
        _ => _others.Length > 0 ? TaskKind.SubPipeline : TaskKind.Task,
    };

    private string[] DrawAfter(string? group)
    {
        var after = _tasks.Where(_ => random.Next(4) == 0).Select(t => NameFrom(t, group));
        return [.. after.Concat(_groups.Where(_ => random.Next(4) == 0))];
    }

    private static string NameFrom(Drawn task, string? group) => group is not null && task.Group == group ? task.Name[(group.Length + 1)..] : task.Name;

    private void Add(string? group, TaskKind kind, string[] after)
    {
        var own = $"t{_tasks.Count}";
        var visible = _tasks.Where(t => t.Group is null || t.Group == group).ToList();
        var lists = visible.Where(static t => t.IsList).ToList();
        if (kind == TaskKind.Mapped && lists.Count == 0)
        {
            kind = TaskKind.Task;
        }

        var usesSetup = after.Any(name => _tasks.Exists(t => t.Kind == TaskKind.Setup && NameFrom(t, group) == name));
        var isList = kind == TaskKind.Mapped || (kind == TaskKind.Task && random.Next(3) == 0);
        var taken = kind == TaskKind.Task && !isList && random.Next(2) == 0 ? visible.Where(static t => t.Kind is not (TaskKind.Sensor or TaskKind.SubPipeline)).ToList() : [];
        var from = taken.Count == 0 ? null : taken[random.Next(taken.Count)];
        var over = kind == TaskKind.Mapped ? lists[random.Next(lists.Count)] : null;
        var isFirst = after.Length == 0 && from is null && over is null && group is null;
        var settings = DrawSettings(kind, isFirst || group is not null, usesSetup, isList);
        switch (kind)
        {
            case TaskKind.Mapped:
                _builder.Map(own, NameFrom(over!, group), ([Item] string item, TaskContext run) => system.CallAsync(run, item), after, settings);
                break;
            case TaskKind.Branch:
                _builder.Branch(own, (TaskContext run) => system.ChooseAsync(run), after, settings);
                break;
            case TaskKind.ShortCircuit:
                _builder.ShortCircuit(own, (TaskContext run) => system.DecideAsync(run), after, settings);
                break;
            case TaskKind.Sensor:
                _builder.Sensor(
                    own, (TaskContext run) => system.LookAsync(run), TimeSpan.FromSeconds(random.Next(1, 15)), random.Next(4) == 0 ? ShortWait : TimeSpan.FromDays(365), random.Next(2) == 0, after, settings);
                break;
            case TaskKind.Setup:
                _builder.Setup(own, (TaskContext run) => system.WorkAsync(run), after, settings);
                break;
            case TaskKind.SubPipeline:
                var other = _others[random.Next(_others.Length)];
                var given = other.Parameters.Count > 0 && random.Next(2) == 0 ? new Dictionary<string, object?> { ["p"] = 77 } : null;
                _builder.SubPipeline(own, other.Name, given, after, settings);
                break;
            default:
                _builder.Task(own, isList ? (TaskContext run) => system.ListAsync(run) : CodeOf(from), after, new[] { null, null, "single", "pair" }[random.Next(4)], configure: settings);
                break;
        }

        string[] all = [.. after, .. from is null ? Array.Empty<string>() : [NameFrom(from, group)], .. over is null ? Array.Empty<string>() : [NameFrom(over, group)]];
        _tasks.Add(new Drawn(
            group is null ? own : $"{group}.{own}",
            group,
            kind,
            isList,
            [.. all.SelectMany(name => _tasks.Where(t => NameFrom(t, group) == name || t.Group == name).Select(static t => t.Name))]));
    }

    private Action<TaskSettings> DrawSettings(TaskKind kind, bool isFirst, bool usesSetup, bool isList)
    {
        var rule = random.Next(2) == 0 || usesSetup ? TriggerRule.AllSuccess : isFirst ? ForFirst[random.Next(ForFirst.Length)] : Enum.GetValues<TriggerRule>()[random.Next(11)];
        var mayFail = random.Next(6) == 0;
        var priority = random.Next(-1, 3);
        var most = random.Next(6) == 0 ? random.Next(1, 3) : (int?)null;
        var cached = kind == TaskKind.Task && !isList && random.Next(3) == 0;
        var perInterval = random.Next(2) == 0;
        return settings =>
        {
            settings.Rule(rule).Priority(priority);
            if (mayFail)
            {
                settings.MayFail();
            }

            if (most is { } limit)
            {
                settings.MaxActive(limit);
            }

            if (cached)
            {
                settings.Cache(TimeSpan.FromMinutes(30), perInterval: perInterval);
            }
        };
    }

    private Delegate CodeOf(Drawn? from)
    {
        if (from is null)
        {
            return _hasParameter ? (TaskContext run, [Parameter] int p) => system.TakeAsync(run, null, null, p) : (TaskContext run) => system.TakeAsync(run, null, null, null);
        }

        var name = from.Name;
        return name[(name.LastIndexOf('.') + 1)..] switch
        {
            "t0" => (TaskContext run, [Result("t0")] object? value) => system.TakeAsync(run, name, value, null),
            "t1" => (TaskContext run, [Result("t1")] object? value) => system.TakeAsync(run, name, value, null),
            "t2" => (TaskContext run, [Result("t2")] object? value) => system.TakeAsync(run, name, value, null),
            "t3" => (TaskContext run, [Result("t3")] object? value) => system.TakeAsync(run, name, value, null),
            "t4" => (TaskContext run, [Result("t4")] object? value) => system.TakeAsync(run, name, value, null),
            "t5" => (TaskContext run, [Result("t5")] object? value) => system.TakeAsync(run, name, value, null),
            "t6" => (TaskContext run, [Result("t6")] object? value) => system.TakeAsync(run, name, value, null),
            "t7" => (TaskContext run, [Result("t7")] object? value) => system.TakeAsync(run, name, value, null),
            "t8" => (TaskContext run, [Result("t8")] object? value) => system.TakeAsync(run, name, value, null),
            "t9" => (TaskContext run, [Result("t9")] object? value) => system.TakeAsync(run, name, value, null),
            "t10" => (TaskContext run, [Result("t10")] object? value) => system.TakeAsync(run, name, value, null),
            "t11" => (TaskContext run, [Result("t11")] object? value) => system.TakeAsync(run, name, value, null),
            "t12" => (TaskContext run, [Result("t12")] object? value) => system.TakeAsync(run, name, value, null),
            "t13" => (TaskContext run, [Result("t13")] object? value) => system.TakeAsync(run, name, value, null),
            _ => (TaskContext run) => system.TakeAsync(run, null, null, null),
        };
    }

    private sealed record Drawn(string Name, string? Group, TaskKind Kind, bool IsList, string[] After);
}
