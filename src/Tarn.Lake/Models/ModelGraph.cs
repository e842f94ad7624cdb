namespace Tarn.Lake;

/// <summary>The order in which models can run.</summary>
internal static class ModelGraph
{
    /// <summary>The models, each after those that it needs, else by name; those on a cycle are errors and left out, with all that need them.</summary>
    public static IReadOnlyList<SqlModel> Order(IReadOnlyCollection<SqlModel> models, ModelErrors errors)
    {
        var waiting = models.ToDictionary(static m => m.Name, StringComparer.Ordinal);
        var ordered = new List<SqlModel>();
        while (true)
        {
            var ready = waiting.Values.Where(m => !m.Upstream.Any(waiting.ContainsKey)).OrderBy(static m => m.Name, StringComparer.Ordinal).ToList();
            if (ready.Count == 0)
            {
                break;
            }

            ordered.AddRange(ready);
            ready.ForEach(m => waiting.Remove(m.Name));
        }

        foreach (var cycle in Cycles(waiting))
        {
            var first = waiting[cycle[0]];
            errors.Add(first.File, first.LineOf("name"), $"Models do not go in a circle: {string.Join(" → ", cycle.Append(cycle[0]))}.");
        }

        return ordered;
    }

    // Each cycle once: from its first name on, along what is needed.
    private static IEnumerable<IReadOnlyList<string>> Cycles(Dictionary<string, SqlModel> waiting)
    {
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (var start in waiting.Keys.Order(StringComparer.Ordinal))
        {
            var path = new List<string>();
            if (!told.Contains(start) && Find(start, start, path, []))
            {
                told.UnionWith(path);
                yield return path;
            }
        }

        bool Find(string start, string at, List<string> path, HashSet<string> seen)
        {
            path.Add(at);
            foreach (var next in waiting[at].Upstream.Where(waiting.ContainsKey))
            {
                if (next == start || (seen.Add(next) && Find(start, next, path, seen)))
                {
                    return true;
                }
            }

            path.RemoveAt(path.Count - 1);
            return false;
        }
    }
}
