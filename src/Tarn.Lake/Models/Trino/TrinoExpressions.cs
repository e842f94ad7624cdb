using System.Globalization;
using System.Text.Json;

namespace Tarn.Lake;

/// <summary>Checks expressions of the syntax tree.</summary>
/// <param name="tree">The walk, for places and subqueries.</param>
/// <param name="kinds">What is known of types, the tables' columns among it.</param>
internal sealed class TrinoExpressions(TrinoTree tree, ValueKinds kinds)
{
    private static readonly HashSet<string> Operators = new(StringComparer.Ordinal)
    {
        "OPERATOR_NOT", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_COALESCE", "COMPARE_IN", "COMPARE_NOT_IN",
    };

    private static readonly HashSet<string> Classes = new(StringComparer.Ordinal) { "COLUMN_REF", "CONSTANT", "COMPARISON", "CONJUNCTION", "CASE", "BETWEEN" };

    public void Check(JsonElement e, JsonElement parent = default)
    {
        if (e.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        tree.Enter(e);
        switch (e.Text("class"))
        {
            case "FUNCTION":
                if (!TrinoFunctions.Intervals.Contains(e.Text("function_name")))
                {
                    Function(e, parent);
                    Below(e, "children", "filter", "order_bys");
                }

                break;
            case "WINDOW":
                Window(e, parent);
                break;
            case "CAST":
                Cast(e);
                Below(e, "child");
                break;
            case "SUBQUERY":
                if (e.Text("subquery_type") is not ("EXISTS" or "NOT_EXISTS" or "SCALAR" or "ANY" or "ALL"))
                {
                    tree.Found("This subquery is DuckDB's; write EXISTS, IN, or one that gives one value.");
                }

                Below(e, "child");
                tree.Query(e.GetProperty("subquery"), named: false);
                break;
            case "OPERATOR":
                if (!Operators.Contains(e.Text("type")))
                {
                    tree.Found($"{e.Text("type")} is DuckDB's; a model's query has scalar values only.");
                }

                if (e.Text("type").StartsWith("COMPARE_", StringComparison.Ordinal))
                {
                    var children = e.Children();
                    foreach (var other in children.Skip(1))
                    {
                        Compared(children[0], other);
                    }
                }

                Below(e, "children");
                break;
            case "STAR":
                if (e.Has("exclude_list") || e.Has("qualified_exclude_list") || e.Has("replace_list") || e.Has("rename_list") || e.Has("columns") || e.Has("expr"))
                {
                    tree.Found("EXCLUDE, REPLACE, RENAME and COLUMNS are DuckDB's; write the columns.");
                }

                break;
            case var known when Classes.Contains(known):
                Simple(e, known);
                break;
            case var other:
                tree.Found($"{other} is DuckDB's; a model's query has columns, values, operators, and functions of both engines.");
                break;
        }
    }

    private void Simple(JsonElement e, string known)
    {
        switch (known)
        {
            case "COLUMN_REF":
                if (e.GetProperty("column_names") is var names && names.GetArrayLength() == 1 && TrinoFunctions.Clock.Contains(names[0].GetString()!))
                {
                    tree.Found($"{names[0].GetString()!.ToUpperInvariant()}: {TrinoFunctions.Now}.");
                }

                break;
            case "COMPARISON":
                Compared(e.GetProperty("left"), e.GetProperty("right"));
                Below(e, "left", "right");
                break;
            case "BETWEEN":
                Compared(e.GetProperty("input"), e.GetProperty("lower"));
                Compared(e.GetProperty("input"), e.GetProperty("upper"));
                Below(e, "input", "lower", "upper");
                break;
            case "CASE":
                foreach (var check in e.GetProperty("case_checks").EnumerateArray())
                {
                    Below(check, "when_expr", "then_expr");
                }

                Below(e, "else_expr");
                break;
            default:
                Below(e, "children");
                break;
        }
    }

    private void Below(JsonElement e, params ReadOnlySpan<string> properties)
    {
        foreach (var property in properties)
        {
            if (!e.TryGetProperty(property, out var value))
            {
                continue;
            }

            if (value.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in value.EnumerateArray())
                {
                    Check(item.TryGetProperty("expression", out var ordered) ? ordered : item, e);
                }
            }
            else if (value.ValueKind == JsonValueKind.Object && value.Text("type") == "ORDER_MODIFIER")
            {
                Below(value, "orders");
            }
            else
            {
                Check(value, e);
            }
        }
    }

    private void Function(JsonElement e, JsonElement parent)
    {
        var name = e.Text("function_name");
        var children = e.Children();
        switch (name)
        {
            case "+" or "-" or "*" or "/" or "%" or "||" or "~~" or "!~~":
                Operator(name, children, parent);
                return;
            case var unknown when !TrinoFunctions.All.ContainsKey(unknown):
                tree.Found(TrinoFunctions.Remedies.TryGetValue(unknown, out var remedy)
                    ? $"{unknown}: {remedy}."
                    : $"{unknown} is not a function that DuckDB and Trino both have with one meaning; docs/sql-models.md lists those.");
                return;
        }

        var function = TrinoFunctions.All[name];
        if (children.Count < function.Least || children.Count > function.Most)
        {
            tree.Found($"{name} has {(function.Least == function.Most ? $"{function.Most}" : $"{function.Least} to {function.Most}")} arguments in Trino, not {children.Count}.");
            return;
        }

        Arguments(name, children, parent);
    }

    private void Arguments(string name, IReadOnlyList<JsonElement> children, JsonElement parent)
    {
        switch (name)
        {
            case "sum" when ValueKinds.OfText.Of(children[0]) is not (ValueKind.Floating or ValueKind.Decimal) && parent.Text("class") != "CAST":
                tree.Found("sum of whole numbers is HUGEINT in DuckDB and BIGINT in Trino; write CAST(sum(x) AS BIGINT), or sum(CAST(x AS DOUBLE)).");
                break;
            case "avg" when ValueKinds.OfText.Of(children[0]) != ValueKind.Floating:
                tree.Found("avg of a decimal is DOUBLE in DuckDB and DECIMAL in Trino; write avg(CAST(x AS DOUBLE)).");
                break;
            case "mod" when !IsNotZero(children[1]):
                tree.Found("By zero, mod gives null in DuckDB and fails in Trino; write mod(a, nullif(b, 0)).");
                break;
            case "date_trunc" or "date_part" when children[0].Text("class") != "CONSTANT" || !TrinoFunctions.Parts.Contains(children[0].GetProperty("value").Text("value")):
                tree.Found($"{(name == "date_part" ? "extract" : name)} takes {string.Join(", ", TrinoFunctions.Parts)} in both engines.");
                break;
            case "date_trunc" when kinds.Of(children[1]) == ValueKind.Date && parent.Text("class") != "CAST":
                tree.Found("date_trunc of a date is a TIMESTAMP in DuckDB and a DATE in Trino; write CAST(date_trunc(…) AS DATE).");
                break;
            case "substr" or "substring" when Number(children[1]) < 1 || IsNegative(children[1]) || (children.Count == 3 && IsNegative(children[2])):
                tree.Found("Before the first character the engines cut differently: substr starts from 1 or later, and its length is not negative.");
                break;
            case "replace" when children[1].Text("class") == "CONSTANT" && children[1].GetProperty("value").Text("value").Length == 0:
                tree.Found("Replacing the empty text does nothing in DuckDB and something in Trino; replace a text.");
                break;
        }
    }

    private void Operator(string name, IReadOnlyList<JsonElement> children, JsonElement parent)
    {
        switch (name)
        {
            case "/" when !children.Any(static c => ValueKinds.OfText.Of(c) == ValueKind.Floating):
                tree.Found("Whole numbers are divided to a fraction in DuckDB and cut in Trino; write CAST(a AS DOUBLE) / b.");
                break;
            case "%" when !IsNotZero(children[1]):
                tree.Found("By zero, % gives null in DuckDB and fails in Trino; write a % nullif(b, 0).");
                break;
            case "||" when children.Any(c => kinds.Of(c) is not (ValueKind.Text or ValueKind.Unknown)):
                tree.Found("Trino joins texts only; write CAST(x AS VARCHAR) || ….");
                break;
            case "~~" or "!~~" when children.Any(c => kinds.Of(c) is not (ValueKind.Text or ValueKind.Unknown)):
                tree.Found("Trino's LIKE takes texts only.");
                break;
            case "+" or "-" when children.Count == 2 && kinds.Of(children[0]) == ValueKind.Date && !Casts(parent, "DATE"):
                tree.Found(TrinoFunctions.Intervals.Contains(children[1].Text("function_name"))
                    ? "A date and an interval make a TIMESTAMP in DuckDB and a DATE in Trino; write CAST(date + INTERVAL '1' DAY AS DATE)."
                    : "Trino adds only intervals to a date, and subtracts a date to an interval; write CAST(date + INTERVAL '1' DAY AS DATE).");
                break;
            case "-" when children.Count == 2 && kinds.Of(children[0]) == ValueKind.Timestamp && kinds.Of(children[1]) == ValueKind.Timestamp:
                tree.Found("The difference of two times is another kind of interval in each engine; a model does without.");
                break;
        }
    }

    private void Window(JsonElement e, JsonElement parent)
    {
        Function(e, parent);
        if (e.Has("ignore_nulls"))
        {
            tree.Found("IGNORE NULLS stands inside of the brackets in DuckDB and behind them in Trino; leave out the nulls in a subquery.");
        }

        if (e.Has("filter_expr"))
        {
            tree.Found("Trino has no FILTER for a window; write sum(CASE WHEN condition THEN x END) OVER ….");
        }

        if (e.Has("distinct"))
        {
            tree.Found("Trino has no DISTINCT for a window; count in a subquery.");
        }

        if (e.Text("exclude_clause") != "NO_OTHER")
        {
            tree.Found("Trino has no EXCLUDE for a window's frame.");
        }

        if (e.Has("arg_orders"))
        {
            tree.Found("Trino has no ORDER BY among the arguments of a window function; write it in OVER.");
        }

        Below(e, "children", "partitions", "orders", "start_expr", "end_expr", "offset_expr", "default_expr");
    }

    private void Cast(JsonElement e)
    {
        var to = e.GetProperty("cast_type").Text("id");
        var child = e.GetProperty("child");
        var from = kinds.Of(child);
        if (to is "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" && from == ValueKind.Floating && child.Text("function_name") is not ("floor" or "ceil" or "ceiling" or "round"))
        {
            tree.Found("DuckDB rounds halves to the even number, Trino up; write CAST(round(x) AS BIGINT), or floor or ceil.");
        }
        else if (to == "VARCHAR" && from is ValueKind.Floating or ValueKind.Timestamp)
        {
            tree.Found(from == ValueKind.Floating
                ? "A DOUBLE as text is 1.0 in DuckDB and 1.0E0 in Trino; cast to DECIMAL(p, s) first."
                : "A time as text is written otherwise in each engine; cast to DATE first, or build the text from extract(… FROM …).");
        }
        else if (to == "TIMESTAMP WITH TIME ZONE" && child.Text("class") != "CONSTANT")
        {
            tree.Found("CAST(… AS TIMESTAMP WITH TIME ZONE) keeps milliseconds in Trino and microseconds in DuckDB; only a text literal is cast so, as in CAST('2024-01-31 00:00:00 UTC' AS TIMESTAMP WITH TIME ZONE).");
        }
        else if (to == "BOOLEAN" && from is ValueKind.Text)
        {
            tree.Found("Other texts are true in DuckDB than in Trino; write x = 'true'.");
        }
    }

    // DuckDB makes a number or time of a text that it is compared with; Trino does not.
    private void Compared(JsonElement left, JsonElement right)
    {
        foreach (var (text, other) in ((JsonElement, JsonElement)[])[(left, right), (right, left)])
        {
            if (text.Text("class") == "CONSTANT" && kinds.Of(text) == ValueKind.Text && kinds.Of(other) is var kind and not (ValueKind.Text or ValueKind.Unknown))
            {
                tree.Enter(text);
                tree.Found($"Trino compares no text with a {kind.ToString().ToLowerInvariant()} value; write {kind switch
                {
                    ValueKind.Date => "DATE '2024-01-31'",
                    ValueKind.Timestamp => "TIMESTAMP '2024-01-31 00:00:00 UTC'",
                    ValueKind.Boolean => "true or false",
                    _ => "the number without quotes",
                }}.");
            }
        }
    }

    private static bool Casts(JsonElement parent, string to) => parent.Text("class") == "CAST" && parent.GetProperty("cast_type").Text("id") == to;

    private static bool IsNotZero(JsonElement e) => (e.Text("class") == "CONSTANT" && Number(e) != 0)
        || (e.Text("function_name") == "nullif" && e.Children() is { Count: 2 } both && Number(both[1]) == 0);

    private static bool IsNegative(JsonElement e) => Number(e) < 0 || (e.Text("function_name") == "-" && e.Children() is { Count: 1 } one && Number(one[0]) > 0);

    private static double? Number(JsonElement e) =>
        e.Text("class") == "CONSTANT" && e.GetProperty("value").TryGetProperty("value", out var value) && value.ValueKind == JsonValueKind.Number
            ? value.GetDouble()
            : e.Text("class") == "CONSTANT" && double.TryParse(e.GetProperty("value").Text("value"), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
