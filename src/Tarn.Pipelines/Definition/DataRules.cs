namespace Tarn.Pipelines;

/// <summary>The rules of a definition about what passes between tasks, and about tasks that could never start. They are checked where all names are known.</summary>
internal static class DataRules
{
    public static IEnumerable<string> Check(PipelineSettings pipeline, IReadOnlyList<TaskDraft> tasks, Dictionary<TaskDraft, TaskCode> codes, TaskNames names)
    {
        var byName = tasks.ToDictionary(static t => t.Name, StringComparer.Ordinal);
        foreach (var twice in pipeline.Parameters.GroupBy(static p => p.Name).Where(static g => g.Count() > 1))
        {
            yield return $"{twice.Count()} parameters are named '{twice.Key}'";
        }

        foreach (var parameter in pipeline.Parameters.Where(p => p.IsRequired && (pipeline.Schedule is not null || pipeline.TriggeredBy.Count > 0)))
        {
            yield return $"the parameter '{parameter.Name}' has to be given, and runs by a schedule or by data cannot give it; give it a default";
        }

        var before = tasks.ToDictionary(static t => t.Name, t => names.AfterOf(t), StringComparer.Ordinal);
        var followed = before.Values.SelectMany(static n => n).ToHashSet(StringComparer.Ordinal);
        foreach (var task in tasks)
        {
            var code = codes.GetValueOrDefault(task);
            foreach (var error in Unreachable(task, before[task.Name], followed).Concat(KindErrors(task, code, byName, codes, names)).Concat(TakenErrors(task, code, pipeline, byName, codes, names)))
            {
                yield return $"task '{task.Name}': {error}";
            }
        }
    }

    /// <summary>The type of the items of a list type, or null where it is none.</summary>
    public static Type? ItemOf(Type? type) =>
        type is null || type == typeof(string) ? null
        : type.IsArray ? type.GetElementType()
        : new[] { type }.Concat(type.GetInterfaces()).FirstOrDefault(static i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];

    private static IEnumerable<string> Unreachable(TaskDraft task, string[] before, HashSet<string> followed)
    {
        if (before.Length == 0
            && task.Rule is TriggerRule.OneSuccess or TriggerRule.OneFailed or TriggerRule.OneDone or TriggerRule.AllFailed or TriggerRule.AllSkipped or TriggerRule.NoneFailedMinOneSuccess)
        {
            yield return $"it can never start: its rule is {task.Rule}, and it is after no task";
        }

        if (task.Kind is TaskKind.Branch && !followed.Contains(task.Name))
        {
            yield return "it is a branch, and no task is after it";
        }
    }

    private static IEnumerable<string> KindErrors(TaskDraft task, TaskCode? code, Dictionary<string, TaskDraft> byName, Dictionary<TaskDraft, TaskCode> codes, TaskNames names)
    {
        var item = ItemOf(code?.ResultType);
        switch (task.Kind)
        {
            case TaskKind.Branch when code?.ResultType != typeof(string) && item != typeof(string):
                yield return $"a branch returns the name of a task, or a list of names, not {code?.ResultType?.Name ?? "nothing"}";
                break;
            case TaskKind.ShortCircuit or TaskKind.Sensor when code?.ResultType != typeof(bool):
                yield return $"a {(task.Kind == TaskKind.Sensor ? "sensor" : "short circuit")} returns a bool, not {code?.ResultType?.Name ?? "nothing"}";
                break;
            case TaskKind.Teardown when byName[names.FindTask(task.TeardownOf!, task.Group)!].Kind != TaskKind.Setup:
                yield return $"it is the teardown of '{task.TeardownOf}', which is no setup";
                break;
            case TaskKind.Mapped:
                var over = byName[names.FindTask(task.Over!, task.Group)!];
                if (ItemOf(ListOf(over, codes)) is null)
                {
                    yield return $"it is mapped over '{over.Name}', which returns {ListOf(over, codes)?.Name ?? "nothing"} and no list";
                }

                break;
        }

        if (task.Settings.CacheValue is not null && task.Kind is not (TaskKind.Task or TaskKind.Mapped))
        {
            yield return $"only plain and mapped tasks can be cached, not a {task.Kind}";
        }
    }

    /// <summary>What a task's end gives to those after it: of a mapped one, the list of what its calls return.</summary>
    private static Type? ListOf(TaskDraft task, Dictionary<TaskDraft, TaskCode> codes) =>
        codes.GetValueOrDefault(task)?.ResultType is not { } type ? null : task.Kind == TaskKind.Mapped ? type.MakeArrayType() : type;

    private static IEnumerable<string> TakenErrors(
        TaskDraft task, TaskCode? code, PipelineSettings pipeline, Dictionary<string, TaskDraft> byName, Dictionary<TaskDraft, TaskCode> codes, TaskNames names)
    {
        foreach (var taken in code?.Parameters ?? [])
        {
            switch (taken.Origin)
            {
                case CodeParameter.Source.Result when !Fits(ListOf(byName[taken.Name], codes), taken.Type, byName[taken.Name].Kind == TaskKind.Mapped):
                    yield return $"it takes the result of '{taken.Name}' as {taken.Type.Name}, and that returns {ListOf(byName[taken.Name], codes)?.Name ?? "nothing"}";
                    break;
                case CodeParameter.Source.Item when task.Kind != TaskKind.Mapped:
                    yield return $"its parameter '{taken.Name}' is an item, and the task is not mapped";
                    break;
                case CodeParameter.Source.Item when ItemOf(ListOf(byName[names.FindTask(task.Over!, task.Group)!], codes)) is { } item && !taken.Type.IsAssignableFrom(item):
                    yield return $"its item is a {item.Name}, and its parameter '{taken.Name}' a {taken.Type.Name}";
                    break;
                case CodeParameter.Source.Parameter when pipeline.Parameters.FirstOrDefault(p => p.Name == taken.Name) is not { } declared:
                    yield return $"it takes the parameter '{taken.Name}', which the pipeline does not declare";
                    break;
                case CodeParameter.Source.Parameter when pipeline.Parameters.First(p => p.Name == taken.Name).Type is var type && !taken.Type.IsAssignableFrom(type):
                    yield return $"it takes the parameter '{taken.Name}' as {taken.Type.Name}, and it is declared as {type.Name}";
                    break;
            }
        }
    }

    private static bool Fits(Type? result, Type parameter, bool mapped) =>
        result is not null && (parameter.IsAssignableFrom(result)
            || (Nullable.GetUnderlyingType(parameter) ?? parameter) == result
            || (mapped && parameter.IsAssignableFrom(typeof(List<>).MakeGenericType(result.GetElementType()!))));
}
