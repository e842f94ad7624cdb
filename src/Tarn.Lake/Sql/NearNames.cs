using Tarn.Core;

namespace Tarn.Lake;

/// <summary>The error for a table that is not there, with those that may have been meant.</summary>
internal static class NearNames
{
    private const int Most = 3;

    internal static TarnException NotFound(string name, IReadOnlyList<TableName> tables)
    {
        var near = tables.Select(t => (Name: t.ToString(), Distance: Distance(name, t)))
            .Where(c => c.Distance <= Math.Max(2, name.Length / 3))
            .OrderBy(static c => c.Distance).ThenBy(static c => c.Name, StringComparer.Ordinal)
            .Take(Most).Select(static c => c.Name).ToList();
        var remedy = near.Count > 0 ? $"Did you mean {string.Join(" or ", near)}?"
            : tables.Count == 0 ? "There are no tables yet."
            : $"There are {string.Join(", ", tables.Take(20))}{(tables.Count > 20 ? ", …" : "")}.";
        return TarnException.NotFound("A query's tables are named layer.table and exist.", name, remedy);
    }

    // A name without its layer is as near as the table's own name.
    private static int Distance(string name, TableName table)
    {
        var lower = name.ToLowerInvariant();
        return lower.Contains('.', StringComparison.Ordinal) ? Edits(lower, table.ToString()) : Math.Min(Edits(lower, table.Name), Edits(lower, table.ToString()));
    }

    private static int Edits(string a, string b)
    {
        var previous = new int[b.Length + 1];
        var current = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(replaced, Math.Min(previous[j], current[j - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[b.Length];
    }
}
