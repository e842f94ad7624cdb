using System.Text.Json;

namespace Tarn.Lake;

/// <summary>
/// DuckDB knows the names that SELECT gives (<c>AS day</c>) in WHERE, GROUP BY, HAVING and later items of SELECT; Trino does only in ORDER BY. A name
/// whose own expression has a column of that name is taken for the column, as both engines do.
/// </summary>
internal static class TrinoAliases
{
    public static void Check(JsonElement select, TrinoTree tree)
    {
        var items = select.GetProperty("select_list").EnumerateArray().ToList();
        var aliases = items
            .Where(static i => i.Text("alias").Length > 0 && !Columns(i).Any(c => Name(c) is { } name && name.Equals(i.Text("alias"), StringComparison.OrdinalIgnoreCase)))
            .Select(static i => i.Text("alias")).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (aliases.Count == 0)
        {
            return;
        }

        foreach (var clause in (string[])["where_clause", "having"])
        {
            if (select.Has(clause))
            {
                Tell(select.GetProperty(clause), clause == "having" ? "HAVING" : "WHERE", "write its expression again, or put the query into a subquery");
            }
        }

        foreach (var expression in select.GetProperty("group_expressions").EnumerateArray())
        {
            Tell(expression, "GROUP BY", "write its number (GROUP BY 1) or its expression");
        }

        foreach (var item in items)
        {
            Tell(item, "another column's expression", "write its expression again, or put the query into a subquery");
        }

        void Tell(JsonElement expression, string place, string remedy)
        {
            foreach (var column in Columns(expression))
            {
                if (Name(column) is { } name && aliases.Contains(name))
                {
                    tree.Enter(column);
                    tree.Found($"{place} uses `{name}`, a name that SELECT gives, which Trino does not know there; {remedy}. If it is a table's column, write table.{name}.");
                }
            }
        }
    }

    // An unqualified column only: t.day is no alias.
    private static string? Name(JsonElement column) =>
        column.GetProperty("column_names") is { } names && names.GetArrayLength() == 1 ? names[0].GetString() : null;

    private static IEnumerable<JsonElement> Columns(JsonElement e)
    {
        if (e.ValueKind == JsonValueKind.Array)
        {
            foreach (var column in e.EnumerateArray().SelectMany(Columns))
            {
                yield return column;
            }
        }
        else if (e.ValueKind == JsonValueKind.Object)
        {
            if (e.Text("class") == "COLUMN_REF")
            {
                yield return e;
                yield break;
            }

            // A subquery has names of its own.
            foreach (var column in e.EnumerateObject().Where(static p => p.Name != "subquery").SelectMany(static p => Columns(p.Value)))
            {
                yield return column;
            }
        }
    }
}
