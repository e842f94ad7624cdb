using System.Text.Json;

namespace Tarn.Lake;

/// <summary>
/// Which conditions of a SELECT hold for every row of a table in its FROM that can matter: those of WHERE and of joins, where the join lets them through. (A row that a
/// condition rejects may be left out only where that changes nothing: not under the outer side of a join, for example.)
/// </summary>
internal static class FromScopes
{
    /// <summary>Visits the tables in a SELECT's FROM.</summary>
    /// <param name="from">The FROM.</param>
    /// <param name="where">The WHERE, or null.</param>
    /// <param name="table">What to do with a table and the conditions that hold for it.</param>
    /// <param name="join">What to do with a join, its sides left out.</param>
    /// <param name="other">What to do with anything else in FROM: subqueries, functions, conditions of joins.</param>
    public static void Visit(
        JsonElement from, JsonElement where, Action<JsonElement, IReadOnlyList<JsonElement>> table, Action<JsonElement> join, Action<JsonElement> other)
    {
        Visit(from, where.ValueKind == JsonValueKind.Object ? [where] : []);

        void Visit(JsonElement node, IReadOnlyList<JsonElement> conditions)
        {
            // A sample is taken before conditions are looked at.
            if (node.TryGetProperty("sample", out var sample) && sample.ValueKind != JsonValueKind.Null)
            {
                conditions = [];
            }

            switch (node.GetProperty("type").GetString())
            {
                case "BASE_TABLE":
                    table(node, node.GetProperty("column_name_alias").GetArrayLength() > 0 ? [] : conditions);
                    break;
                case "JOIN":
                    var condition = node.GetProperty("condition");
                    var (left, right) = Sides(node, conditions, condition.ValueKind == JsonValueKind.Object ? [condition] : []);
                    Visit(node.GetProperty("left"), left);
                    Visit(node.GetProperty("right"), right);
                    join(node);
                    other(condition);
                    break;
                default:
                    other(node);
                    break;
            }
        }
    }

    private static (IReadOnlyList<JsonElement> Left, IReadOnlyList<JsonElement> Right) Sides(JsonElement join, IReadOnlyList<JsonElement> where, IReadOnlyList<JsonElement> on) =>
        (join.GetProperty("ref_type").GetString(), join.GetProperty("join_type").GetString()) switch
        {
            // The nearest row is chosen before WHERE is looked at.
            ("ASOF", "INNER" or "LEFT") => (where, []),
            ("ASOF" or "POSITIONAL", _) => ([], []),
            (_, "INNER") => ([.. where, .. on], [.. where, .. on]),
            (_, "LEFT") => (where, on),
            (_, "RIGHT") => (on, where),
            (_, "SEMI") => ([.. where, .. on], on),
            (_, "ANTI") => (where, on),
            _ => ([], []),
        };
}
