namespace Tarn.Pipelines;

/// <summary>The setups and teardowns around tasks that are done again: what a setup made was taken away when they had ended at first.</summary>
internal static class Surroundings
{
    /// <summary>The setups and teardowns that are to be done again with these tasks; a setup that was skipped stays so.</summary>
    public static IReadOnlySet<string> Of(PipelineDefinition pipeline, IEnumerable<string> again, IReadOnlySet<string> skipped)
    {
        var all = again.ToHashSet(StringComparer.Ordinal);
        var around = new HashSet<string>(StringComparer.Ordinal);
        var before = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        var teardowns = pipeline.Tasks.Where(t => t.TeardownOf is { } setup && !skipped.Contains(setup)).ToList();
        while (teardowns.RemoveAll(t => IsConcerned(t)) > 0)
        {
            // A setup that is done again may itself use what another made.
        }

        return around;

        bool IsConcerned(TaskDefinition teardown)
        {
            var setup = teardown.TeardownOf!;
            if (!all.Contains(setup) && !Before(teardown.Name).Any(name => all.Contains(name) && Before(name).Contains(setup)))
            {
                return false;
            }

            all.UnionWith([setup, teardown.Name]);
            around.UnionWith([setup, teardown.Name]);
            return true;
        }

        HashSet<string> Before(string task)
        {
            if (!before.TryGetValue(task, out var found))
            {
                before[task] = found = new HashSet<string>(StringComparer.Ordinal);
                foreach (var name in pipeline.FindTask(task)?.After ?? [])
                {
                    found.Add(name);
                    found.UnionWith(Before(name));
                }
            }

            return found;
        }
    }
}
