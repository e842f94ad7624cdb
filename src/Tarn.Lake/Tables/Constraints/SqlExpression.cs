using System.Text;
using System.Text.Json;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// Expressions that stand within statements of ours: conditions, values to set, constraints of a table's log. Before one is put into a statement its syntax tree is looked at, so
/// that it can be nothing but one expression over columns.
/// </summary>
internal static class SqlExpression
{
    /// <summary>The expression in parentheses, names in backticks as DuckDB quotes them.</summary>
    /// <param name="connection">Parses it.</param>
    /// <param name="expression">The expression.</param>
    /// <param name="what">What it is, as the beginning of a sentence: "A condition".</param>
    /// <exception cref="TarnException">It is not one expression, or holds a query.</exception>
    public static string Check(DuckDbConnection connection, string expression, string what)
    {
        // On a line of its own, so that a comment at its end ends there. By itself and in parentheses it must be one: "a) OR (b" is only the latter.
        var plain = Backticks(expression);
        var sql = $"({plain}\n)";
        Require(connection, plain, expression, what);
        Require(connection, sql, expression, what);
        return sql;
    }

    private static void Require(DuckDbConnection connection, string sql, string expression, string what)
    {
        using var statement = connection.Prepare("SELECT json_serialize_sql($1::VARCHAR)");
        using var result = statement.Bind(1, "SELECT " + sql).Query();
        using var chunk = result.Fetch()!;
        using var tree = JsonDocument.Parse(chunk.Column(0).GetBytes(0).ToArray());
        var root = tree.RootElement;
        if (root.GetProperty("error").GetBoolean())
        {
            throw TarnException.InvalidInput($"{what} is one SQL expression: {Text(root, "error_message")}", expression);
        }

        if (!IsOne(root))
        {
            throw TarnException.InvalidInput($"{what} is one SQL expression.", expression);
        }

        if (HoldsQuery(root.GetProperty("statements")[0].GetProperty("node").GetProperty("select_list")))
        {
            throw TarnException.InvalidInput($"{what} holds no query.", expression, "Use MERGE with the query as its source.");
        }
    }

    private static bool IsOne(JsonElement root)
    {
        var statements = root.GetProperty("statements");
        if (statements.GetArrayLength() != 1)
        {
            return false;
        }

        var node = statements[0].GetProperty("node");
        return Text(node, "type") == "SELECT_NODE"
            && node.GetProperty("select_list").GetArrayLength() == 1
            && Text(node.GetProperty("from_table"), "type") == "EMPTY"
            && IsNull(node, "where_clause") && IsNull(node, "having") && IsNull(node, "qualify") && IsNull(node, "sample")
            && node.GetProperty("group_expressions").GetArrayLength() == 0
            && node.GetProperty("modifiers").GetArrayLength() == 0
            && Text(node.GetProperty("select_list")[0], "class") != "STAR"
            && Text(node.GetProperty("select_list")[0], "alias") is null or "";
    }

    private static bool IsNull(JsonElement node, string property) => !node.TryGetProperty(property, out var value) || value.ValueKind == JsonValueKind.Null;

    private static bool HoldsQuery(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().Any(HoldsQuery),
        JsonValueKind.Object => Text(element, "class") is "SUBQUERY" or "WINDOW" || element.EnumerateObject().Any(static p => HoldsQuery(p.Value)),
        _ => false,
    };

    private static string? Text(JsonElement node, string property) =>
        node.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Spark quotes names by backticks.</summary>
    private static string Backticks(string expression)
    {
        if (!expression.Contains('`', StringComparison.Ordinal))
        {
            return expression;
        }

        var text = new StringBuilder(expression.Length);
        char? within = null;
        foreach (var c in expression)
        {
            if (within is null && c is '\'' or '"' or '`')
            {
                within = c;
            }
            else if (c == within)
            {
                within = null;
            }

            text.Append(c != '`' || within is '\'' or '"' ? c : '"');
        }

        return text.ToString();
    }
}
