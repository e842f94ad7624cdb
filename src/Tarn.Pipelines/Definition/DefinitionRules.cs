namespace Tarn.Pipelines;

/// <summary>The rules of a definition. Each broken one is a sentence that names the task and the value.</summary>
internal static class DefinitionRules
{
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(30);

    public static IEnumerable<string> Check(PipelineSettings pipeline, IReadOnlyList<TaskDraft> tasks)
    {
        if (!IsName(pipeline.Name))
        {
            yield return $"the pipeline's name '{pipeline.Name}' is not a lower-case letter followed by at most 63 lower-case letters, digits, hyphens and underscores";
        }

        if (pipeline.MaxActiveRuns is < 1 or > 1000)
        {
            yield return $"the limit of active runs is 1 to 1,000, not {pipeline.MaxActiveRuns}";
        }

        foreach (var error in pipeline.Retry.Errors().Concat(TimeoutErrors(pipeline.Timeout)))
        {
            yield return error;
        }

        if (tasks.Count == 0)
        {
            yield return "a pipeline has at least one task";
        }

        foreach (var error in tasks.SelectMany(t => TaskErrors(t, pipeline, tasks)).Concat(Duplicates(tasks)).Concat(Cycles(tasks)))
        {
            yield return error;
        }
    }

    public static bool IsName(string name) =>
        name.Length is >= 1 and <= 64 && char.IsAsciiLetterLower(name[0])
        && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_');

    private static IEnumerable<string> TaskErrors(TaskDraft task, PipelineSettings pipeline, IReadOnlyList<TaskDraft> tasks)
    {
        if (!IsName(task.Name))
        {
            yield return $"the task name '{task.Name}' is not a lower-case letter followed by at most 63 lower-case letters, digits, hyphens and underscores";
        }

        foreach (var before in task.After.Where(name => tasks.All(t => t.Name != name)))
        {
            yield return $"task '{task.Name}' is after '{before}', which is no task of the pipeline";
        }

        foreach (var twice in task.After.GroupBy(static n => n).Where(static g => g.Count() > 1))
        {
            yield return $"task '{task.Name}' names '{twice.Key}' more than once in 'after'";
        }

        if (!IsName(task.Pool))
        {
            yield return $"task '{task.Name}': the pool name '{task.Pool}' is not a lower-case letter followed by at most 63 lower-case letters, digits, hyphens and underscores";
        }

        if (task.Slots is < 1 or > 10_000)
        {
            yield return $"task '{task.Name}' takes 1 to 10,000 slots, not {task.Slots}";
        }

        var own = task.Retries is null && task.RetryDelay is null ? [] : task.RetryIn(pipeline).Errors();
        foreach (var error in own.Concat(TimeoutErrors(task.Timeout)))
        {
            yield return $"task '{task.Name}': {error}";
        }
    }

    private static IEnumerable<string> TimeoutErrors(TimeSpan? timeout) =>
        timeout is { } given && (given < TimeSpan.FromMilliseconds(1) || given > LongestTimeout)
            ? [$"a time-out is a millisecond to 30 days, not {given}"]
            : [];

    private static IEnumerable<string> Duplicates(IReadOnlyList<TaskDraft> tasks) =>
        tasks.GroupBy(static t => t.Name).Where(static g => g.Count() > 1).Select(static g => $"{g.Count()} tasks are named '{g.Key}'");

    /// <summary>Names one cycle for each group of tasks that wait for each other, found by walking 'after' from each task not yet cleared.</summary>
    private static IEnumerable<string> Cycles(IReadOnlyList<TaskDraft> tasks)
    {
        var after = tasks.GroupBy(static t => t.Name).ToDictionary(static g => g.Key, static g => g.SelectMany(static t => t.After).ToArray());
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
