namespace Tarn.Pipelines;

/// <summary>The rules of a definition. Each broken one is a sentence that names the task and the value.</summary>
internal static class DefinitionRules
{
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(30);

    public static IEnumerable<string> Check(PipelineSettings pipeline, IReadOnlyList<TaskDraft> tasks, IReadOnlyList<GroupDraft> groups, TaskNames names)
    {
        if (!IsName(pipeline.Name))
        {
            yield return $"the pipeline's name '{pipeline.Name}' is not a lower-case letter followed by at most 63 lower-case letters, digits, hyphens and underscores";
        }

        if (pipeline.MaxActiveRuns is < 1 or > 1000)
        {
            yield return $"the limit of active runs is 1 to 1,000, not {pipeline.MaxActiveRuns}";
        }

        foreach (var error in pipeline.Retry.Errors().Concat(TimeoutErrors(pipeline.Timeout)).Concat(PipelineErrors(pipeline)).Concat(GroupErrors(groups, tasks, names)))
        {
            yield return error;
        }

        if (tasks.Count == 0)
        {
            yield return "a pipeline has at least one task";
        }

        foreach (var error in tasks.SelectMany(t => TaskErrors(t, pipeline, names)).Concat(Duplicates(tasks)).Concat(Cycles(tasks, names)))
        {
            yield return error;
        }
    }

    public static bool IsName(string name) =>
        name.Length is >= 1 and <= 64 && char.IsAsciiLetterLower(name[0])
        && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_');

    private static IEnumerable<string> TaskErrors(TaskDraft task, PipelineSettings pipeline, TaskNames names)
    {
        if (!IsName(Own(task.Name)))
        {
            yield return $"the task name '{task.Name}' is not a lower-case letter followed by at most 63 lower-case letters, digits, hyphens and underscores";
        }

        foreach (var before in names.Unknown(task.After, task.Group))
        {
            yield return $"task '{task.Name}' is after '{before}', which is no task of the pipeline";
        }

        foreach (var twice in task.After.GroupBy(static n => n).Where(static g => g.Count() > 1))
        {
            yield return $"task '{task.Name}' names '{twice.Key}' more than once in 'after'";
        }

        foreach (var error in NameErrors(task, names))
        {
            yield return error;
        }

        if (!IsName(task.PoolName))
        {
            yield return $"task '{task.Name}': the pool name '{task.PoolName}' is not a lower-case letter followed by at most 63 lower-case letters, digits, hyphens and underscores";
        }

        if (task.SlotCount is < 1 or > 10_000)
        {
            yield return $"task '{task.Name}' takes 1 to 10,000 slots, not {task.SlotCount}";
        }

        var own = task.HasOwnRetry ? task.RetryIn(pipeline).Errors() : [];
        foreach (var error in own.Concat(TimeoutErrors(task.OwnTimeout)).Concat(SettingErrors(task)))
        {
            yield return $"task '{task.Name}': {error}";
        }
    }

    private static string Own(string name) => name[(name.LastIndexOf('.') + 1)..];

    private static IEnumerable<string> PipelineErrors(PipelineSettings pipeline)
    {
        if (pipeline.MaxActiveTasks is < 1 or > 10_000)
        {
            yield return $"the limit of active tasks is 1 to 10,000, not {pipeline.MaxActiveTasks}";
        }

        if (pipeline.RunTimeout is { } limit && !IsSpan(limit, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365)))
        {
            yield return $"a run's time-out is a second to 365 days, not {limit}";
        }

        if (pipeline.Sla is { } sla && !IsSpan(sla, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365)))
        {
            yield return $"an SLA is a second to 365 days, not {sla}";
        }

        foreach (var repair in pipeline.RepairedBy)
        {
            if (!IsSpan(repair.Horizon, TimeSpan.FromMinutes(1), TimeSpan.FromDays(3650)))
            {
                yield return $"the horizon of repairs by '{repair.Table}' is a minute to 3,650 days, not {repair.Horizon}";
            }

            if (repair.MaxActiveRuns is < 1 or > 1000)
            {
                yield return $"repairs by '{repair.Table}' run 1 to 1,000 at a time, not {repair.MaxActiveRuns}";
            }

            if (pipeline.Schedule is null)
            {
                yield return $"repairs by '{repair.Table}' need a schedule: without one there are no intervals to repair";
            }
        }
    }

    private static IEnumerable<string> GroupErrors(IReadOnlyList<GroupDraft> groups, IReadOnlyList<TaskDraft> tasks, TaskNames names)
    {
        foreach (var group in groups)
        {
            if (!IsName(Own(group.Name)))
            {
                yield return $"the group name '{group.Name}' is not a lower-case letter followed by at most 63 lower-case letters, digits, hyphens and underscores";
            }

            if (!tasks.Any(t => t.Name.StartsWith(group.Name + ".", StringComparison.Ordinal)))
            {
                yield return $"the group '{group.Name}' has no task";
            }

            foreach (var before in names.Unknown(group.After, group.Parent))
            {
                yield return $"the group '{group.Name}' is after '{before}', which is no task of the pipeline";
            }
        }

        foreach (var twice in groups.GroupBy(static g => g.Name).Where(static g => g.Count() > 1))
        {
            yield return $"{twice.Count()} groups are named '{twice.Key}'";
        }

        foreach (var both in groups.Where(g => tasks.Any(t => t.Name == g.Name)))
        {
            yield return $"a task and a group are both named '{both.Name}'";
        }
    }

    /// <summary>Names of tasks in other places than 'after'.</summary>
    private static IEnumerable<string> NameErrors(TaskDraft task, TaskNames names)
    {
        if (task.Over is { } over && names.FindTask(over, task.Group) is null)
        {
            yield return $"task '{task.Name}' is mapped over '{over}', which is no task of the pipeline";
        }

        if (task.TeardownOf is { } setup && names.FindTask(setup, task.Group) is null)
        {
            yield return $"task '{task.Name}' is the teardown of '{setup}', which is no task of the pipeline";
        }

        foreach (var taken in task.Run is { } run ? TaskCode.TakenBy(run).Where(n => names.FindTask(n, task.Group) is null) : [])
        {
            yield return $"task '{task.Name}' takes the result of '{taken}', which is no task of the pipeline";
        }
    }

    private static IEnumerable<string> SettingErrors(TaskDraft task)
    {
        var settings = task.Settings;
        if (settings.PriorityValue is < -1_000_000 or > 1_000_000)
        {
            yield return $"a priority is -1,000,000 to 1,000,000, not {settings.PriorityValue}";
        }

        if (settings.MaxActiveValue is < 1 or > 10_000)
        {
            yield return $"the limit of active attempts is 1 to 10,000, not {settings.MaxActiveValue}";
        }

        if (settings.MemoryLimitValue is < (64L << 20) or > (1L << 40))
        {
            yield return $"a memory limit is 64 MiB to 1 TiB, not {settings.MemoryLimitValue} bytes";
        }

        if (task.Sensor is { } sensor)
        {
            if (!IsSpan(sensor.Every, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1)))
            {
                yield return $"a sensor looks every 100 ms to every day, not every {sensor.Every}";
            }

            if (sensor.Timeout is { } limit && !IsSpan(limit, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(365)))
            {
                yield return $"a sensor's time-out is 100 ms to 365 days, not {limit}";
            }
        }

        foreach (var error in settings.CacheValue?.Errors() ?? [])
        {
            yield return error;
        }
    }

    private static bool IsSpan(TimeSpan value, TimeSpan least, TimeSpan most) => value >= least && value <= most;

    private static IEnumerable<string> TimeoutErrors(TimeSpan? timeout) =>
        timeout is { } given && (given < TimeSpan.FromMilliseconds(1) || given > LongestTimeout)
            ? [$"a time-out is a millisecond to 30 days, not {given}"]
            : [];

    private static IEnumerable<string> Duplicates(IReadOnlyList<TaskDraft> tasks) =>
        tasks.GroupBy(static t => t.Name).Where(static g => g.Count() > 1).Select(static g => $"{g.Count()} tasks are named '{g.Key}'");

    /// <summary>Names one cycle for each set of tasks that wait for each other, found by walking 'after' from each task not yet cleared.</summary>
    private static IEnumerable<string> Cycles(IReadOnlyList<TaskDraft> tasks, TaskNames names)
    {
        var after = tasks.GroupBy(static t => t.Name).ToDictionary(static g => g.Key, g => g.SelectMany(names.AfterOf).ToArray());
        var cleared = new HashSet<string>();
        foreach (var start in tasks)
        {
            var path = new List<string>();
            var branches = new Stack<(string Name, int Next)>();
            Enter(start.Name);
            while (branches.TryPop(out var at))
            {
                if (at.Next == after[at.Name].Length)
                {
                    cleared.Add(at.Name);
                    path.RemoveAt(path.Count - 1);
                    continue;
                }

                branches.Push((at.Name, at.Next + 1));
                var before = after[at.Name][at.Next];
                if (path.IndexOf(before) is var index and >= 0)
                {
                    yield return $"tasks wait for each other in a circle: {string.Join(" → ", path.Skip(index).Append(before).Reverse())}";
                    cleared.UnionWith(path);
                    break;
                }

                Enter(before);
            }

            void Enter(string name)
            {
                if (after.ContainsKey(name) && !cleared.Contains(name))
                {
                    path.Add(name);
                    branches.Push((name, 0));
                }
            }
        }
    }
}
