namespace Tarn.Pipelines;

/// <summary>Finds the tasks that names mean: a name is looked up in the group that uses it, then in those around it; the name of a group means its last tasks.</summary>
internal sealed class TaskNames
{
    private readonly IReadOnlyList<TaskDraft> _tasks;
    private readonly IReadOnlyList<GroupDraft> _groups;
    private readonly HashSet<string> _names;
    private readonly HashSet<string> _groupNames;
    private readonly Dictionary<string, string[]> _after = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string[]> _last = new(StringComparer.Ordinal);

    public TaskNames(IReadOnlyList<TaskDraft> tasks, IReadOnlyList<GroupDraft> groups)
    {
        _tasks = tasks;
        _groups = groups;
        _names = tasks.Select(static t => t.Name).ToHashSet(StringComparer.Ordinal);
        _groupNames = groups.Select(static g => g.Name).ToHashSet(StringComparer.Ordinal);
    }

    public bool IsGroup(string name) => _groupNames.Contains(name);

    /// <summary>The task of that name as seen from a group, or null.</summary>
    public string? FindTask(string name, string? group) => Find(name, group, _names);

    /// <summary>The tasks that a task is directly after, each once; what is unknown is left out.</summary>
    public string[] AfterOf(TaskDraft task)
    {
        if (!_after.TryGetValue(task.Name, out var found))
        {
            found = [.. Resolve(Direct(task), task.Group).Concat(GroupAfter(task)).Distinct(StringComparer.Ordinal)];
            _after[task.Name] = found;
        }

        return found;
    }

    /// <summary>The names in <paramref name="names"/> that mean neither a task nor a group.</summary>
    public IEnumerable<string> Unknown(IEnumerable<string> names, string? group) =>
        names.Where(n => Find(n, group, _names) is null && Find(n, group, _groupNames) is null);

    public static IEnumerable<string> Direct(TaskDraft task)
    {
        IEnumerable<string> all = task.After;
        all = task.Over is { } over ? all.Append(over) : all;
        all = task.TeardownOf is { } setup ? all.Append(setup) : all;
        return all.Concat(task.Run is { } run ? TaskCode.TakenBy(run) : []);
    }

    private IEnumerable<string> Resolve(IEnumerable<string> names, string? group) => names.SelectMany(name =>
        Find(name, group, _names) is { } task ? [task]
        : Find(name, group, _groupNames) is { } other ? LastOf(other)
        : []);

    /// <summary>What its groups are after, where nothing of the group is before it.</summary>
    private IEnumerable<string> GroupAfter(TaskDraft task)
    {
        var before = Resolve(Direct(task), task.Group).ToList();
        for (var group = _groups.FirstOrDefault(g => g.Name == task.Group); group is not null; group = _groups.FirstOrDefault(g => g.Name == group.Parent))
        {
            var prefix = group.Name + ".";
            if (before.Exists(n => n.StartsWith(prefix, StringComparison.Ordinal)))
            {
                break;
            }

            before.AddRange(Resolve(group.After, group.Parent));
        }

        return before;
    }

    /// <summary>The tasks of a group that no other of it is after; teardowns are not waited for.</summary>
    private string[] LastOf(string group)
    {
        if (_last.TryGetValue(group, out var found))
        {
            return found;
        }

        _last[group] = [];
        var prefix = group + ".";
        var inside = _tasks.Where(t => t.Name.StartsWith(prefix, StringComparison.Ordinal) && t.Kind != TaskKind.Teardown).ToList();
        var before = inside.SelectMany(t => Resolve(Direct(t), t.Group))
            .Concat(_groups.Where(g => g.Name.StartsWith(prefix, StringComparison.Ordinal)).SelectMany(g => Resolve(g.After, g.Parent)))
            .ToHashSet(StringComparer.Ordinal);
        return _last[group] = [.. inside.Select(static t => t.Name).Where(n => !before.Contains(n))];
    }

    private static string? Find(string name, string? group, HashSet<string> among)
    {
        for (var scope = group; scope is not null; scope = scope.LastIndexOf('.') is var dot and >= 0 ? scope[..dot] : null)
        {
            if (among.Contains($"{scope}.{name}"))
            {
                return $"{scope}.{name}";
            }
        }

        return among.Contains(name) ? name : null;
    }
}

/// <summary>A group as it was given to the builder.</summary>
internal sealed record GroupDraft(string Name, string[] After)
{
    public string? Parent => Name.LastIndexOf('.') is var dot and >= 0 ? Name[..dot] : null;
}
