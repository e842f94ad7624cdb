using System.Text;
using System.Text.Json;

namespace Tarn.Lake;

/// <summary>Walks the syntax tree of a query: its statements, tables and joins. Expressions are <see cref="TrinoExpressions"/>'.</summary>
internal sealed class TrinoTree
{
    private readonly int[] _lineStarts;
    private readonly Action<int, string> _found;
    private readonly TrinoExpressions _expressions;
    private int _line = 1;

    public TrinoTree(string sql, ValueKinds kinds, Action<int, string> found)
    {
        var bytes = Encoding.UTF8.GetBytes(sql);
        _lineStarts = [0, .. bytes.Index().Where(static b => b.Item == (byte)'\n').Select(static b => b.Index + 1)];
        _found = found;
        _expressions = new TrinoExpressions(this, kinds);
    }

    /// <summary>Tells of something at the place of the last node entered.</summary>
    public void Found(string text) => _found(_line, text);

    /// <summary>Moves to a node's place, where it has one.</summary>
    public void Enter(JsonElement node)
    {
        if (node.TryGetProperty("query_location", out var location) && location.TryGetInt64(out var at) && at >= 0)
        {
            var index = Array.BinarySearch(_lineStarts, (int)at);
            _line = index >= 0 ? index + 1 : ~index;
        }
    }

    /// <summary>The query itself, whose columns all have names.</summary>
    public void Statement(JsonElement node) => Query(node, named: true);

    public void Query(JsonElement node, bool named)
    {
        if (node.ValueKind == JsonValueKind.Object && node.TryGetProperty("node", out var inner))
        {
            node = inner;
        }

        Expressions(node);
        switch (node.Text("type"))
        {
            case "SELECT_NODE":
                Select(node, named);
                break;
            case "SET_OPERATION_NODE":
                if (node.Text("setop_type") is not ("UNION" or "INTERSECT" or "EXCEPT"))
                {
                    Found("UNION BY NAME is DuckDB's; give the columns in the same order and write UNION ALL.");
                }

                foreach (var side in SetSides(node))
                {
                    Query(side, named);
                }

                break;
            case "RECURSIVE_CTE_NODE":
                Found("WITH RECURSIVE is limited in Trino, and not for models.");
                return;
            case var other:
                Found($"A model is a SELECT; {other} is not.");
                return;
        }

        Modifiers(node);
    }

    private static IEnumerable<JsonElement> SetSides(JsonElement node) =>
        node.TryGetProperty("children", out var children) && children.ValueKind == JsonValueKind.Array
            ? children.EnumerateArray()
            : [node.GetProperty("left"), node.GetProperty("right")];

    private void Expressions(JsonElement node)
    {
        if (!node.TryGetProperty("cte_map", out var map))
        {
            return;
        }

        foreach (var entry in map.GetProperty("map").EnumerateArray())
        {
            var cte = entry.GetProperty("value");
            Query(cte.GetProperty("query"), named: !cte.Has("aliases"));
            if (cte.Has("key_targets"))
            {
                Found("USING KEY is DuckDB's.");
            }
        }
    }

    private void Select(JsonElement node, bool named)
    {
        if (node.Has("from_table"))
        {
            From(node.GetProperty("from_table"));
        }

        foreach (var item in node.GetProperty("select_list").EnumerateArray())
        {
            _expressions.Check(item);
            if (named && item.Text("alias").Length == 0 && item.Text("class") is not ("COLUMN_REF" or "STAR"))
            {
                Enter(item);
                Found("Without AS, each engine names this column its own way; write AS name.");
            }
        }

        foreach (var clause in (string[])["where_clause", "having"])
        {
            if (node.Has(clause))
            {
                _expressions.Check(node.GetProperty(clause));
            }
        }

        foreach (var expression in node.GetProperty("group_expressions").EnumerateArray())
        {
            _expressions.Check(expression);
        }

        if (node.Text("aggregate_handling") != "STANDARD_HANDLING")
        {
            Found("GROUP BY ALL is DuckDB's; write the columns, or their numbers: GROUP BY 1, 2.");
        }

        if (node.Has("qualify"))
        {
            Enter(node.GetProperty("qualify"));
            Found("Trino has no QUALIFY; compute the window function in a subquery and filter around it.");
        }

        if (node.Has("sample"))
        {
            Found("A sample is another one each time; a model's rows follow from its tables alone.");
        }

        TrinoAliases.Check(node, this);
    }

    private void From(JsonElement table)
    {
        Enter(table);
        if (table.Has("sample"))
        {
            Found("A sample is another one each time; a model's rows follow from its tables alone.");
        }

        switch (table.Text("type"))
        {
            case "EMPTY":
                break;
            case "BASE_TABLE":
                if (table.Has("at_clause"))
                {
                    Found("A model reads its tables as they are now; Trino writes older versions as FOR VERSION AS OF.");
                }

                break;
            case "SUBQUERY":
                var subquery = table.GetProperty("subquery");
                var values = subquery.GetProperty("node").TryGetProperty("from_table", out var from) && from.Text("type") == "EXPRESSION_LIST";
                Query(subquery, named: !values && !table.Has("column_name_alias"));
                break;
            case "EXPRESSION_LIST":
                foreach (var value in table.GetProperty("values").EnumerateArray().SelectMany(static row => row.EnumerateArray()))
                {
                    _expressions.Check(value);
                }

                break;
            case "JOIN":
                Join(table);
                break;
            case "TABLE_FUNCTION":
                Found($"The table function {table.GetProperty("function").Text("function_name")} is DuckDB's; a model reads tables, subqueries and VALUES.");
                break;
            case var other:
                Found($"{other} in FROM is DuckDB's; a model reads tables, subqueries and VALUES.");
                break;
        }
    }

    private void Join(JsonElement join)
    {
        if (join.Text("ref_type") is not ("REGULAR" or "CROSS"))
        {
            Found($"A {join.Text("ref_type")} join is DuckDB's; write JOIN … ON.");
        }

        if (join.Text("join_type") is not ("INNER" or "LEFT" or "RIGHT" or "OUTER" or "FULL"))
        {
            Found($"A {join.Text("join_type")} join is DuckDB's; write EXISTS, NOT EXISTS, or JOIN … ON.");
        }

        From(join.GetProperty("left"));
        From(join.GetProperty("right"));
        if (join.Has("condition"))
        {
            _expressions.Check(join.GetProperty("condition"));
        }
    }

    private void Modifiers(JsonElement node)
    {
        var ordered = false;
        var limited = false;
        foreach (var modifier in node.GetProperty("modifiers").EnumerateArray())
        {
            switch (modifier.Text("type"))
            {
                case "ORDER_MODIFIER":
                    ordered = true;
                    foreach (var order in modifier.GetProperty("orders").EnumerateArray())
                    {
                        var expression = order.GetProperty("expression");
                        if (expression.Text("class") == "STAR")
                        {
                            Found("ORDER BY ALL is DuckDB's; write the columns.");
                        }
                        else
                        {
                            _expressions.Check(expression);
                        }
                    }

                    break;
                case "LIMIT_MODIFIER":
                    limited = true;
                    Constant(modifier, "limit");
                    Constant(modifier, "offset");
                    break;
                case "DISTINCT_MODIFIER" when modifier.Has("distinct_on_targets"):
                    Found("DISTINCT ON is DuckDB's; write row_number() OVER (PARTITION BY … ORDER BY …) in a subquery and take = 1.");
                    break;
                case "DISTINCT_MODIFIER":
                    break;
                default:
                    Found("LIMIT with a percentage is DuckDB's.");
                    break;
            }
        }

        if (limited && !ordered)
        {
            Found("LIMIT without ORDER BY gives other rows each time; order by a key.");
        }
    }

    private void Constant(JsonElement modifier, string name)
    {
        if (modifier.Has(name) && modifier.GetProperty(name).Text("class") != "CONSTANT")
        {
            Found($"{name.ToUpperInvariant()} is a number in Trino.");
        }
    }
}
