namespace Tarn.Lake;

/// <summary>
/// What DuckDB's syntax tree no longer shows: ways of writing that DuckDB takes and Trino does not, found in the tokens. (Trino: its grammar and
/// the pages "SELECT", "Reserved keywords", "Data types" of its manual.)
/// </summary>
internal static class TrinoSyntax
{
    private static readonly Dictionary<string, string> Symbols = new(StringComparer.Ordinal)
    {
        ["::"] = "`::` is DuckDB's cast; write CAST(x AS type).",
        ["//"] = "`//` is DuckDB's whole division; write CAST(floor(CAST(a AS DOUBLE) / b) AS BIGINT).",
        ["=="] = "`==` is written `=`.",
        ["**"] = "`**` is written power(a, b).",
        ["^"] = "`^` is written power(a, b).",
        ["["] = "`[` is DuckDB's list; a model's query has scalar values only.",
        ["{"] = "`{` is DuckDB's struct; a model's query has scalar values only.",
        ["->"] = "`->` is DuckDB's lambda or JSON access; Trino writes json_extract and its own lambda functions.",
        ["->>"] = "`->>` is DuckDB's JSON access; Trino writes json_extract_scalar.",
        [":"] = "`:` is DuckDB's alias before the expression; write `expression AS alias`.",
        [":="] = "`:=` names an argument in DuckDB; give arguments in their order.",
        ["=>"] = "`=>` names an argument; give arguments in their order.",
        ["$"] = "A model has no parameters.",
        ["?"] = "A model has no parameters.",
        ["#"] = "`#1` is DuckDB's column by position; name the column.",
        ["@"] = "`@` is written abs(x).",
        ["&"] = "Bits are computed by other functions in Trino (bitwise_and …); a model does without.",
        ["|"] = "Bits are computed by other functions in Trino (bitwise_or …); a model does without.",
        ["<<"] = "Bits are computed by other functions in Trino (bitwise_left_shift); a model does without.",
        [">>"] = "Bits are computed by other functions in Trino (bitwise_right_shift); a model does without.",
        ["~"] = "`~` is DuckDB's pattern match; write LIKE.",
        ["!~"] = "`!~` is DuckDB's pattern match; write NOT LIKE.",
        ["~~"] = "`~~` is written LIKE.",
        ["!~~"] = "`!~~` is written NOT LIKE.",
        [";"] = "A model is one query, without a semicolon: other statements are put around it.",
    };

    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
        ["ilike"] = "ILIKE is DuckDB's; write lower(x) LIKE 'pattern in lower case'.",
        ["glob"] = "GLOB is DuckDB's; write LIKE.",
        ["similar"] = "SIMILAR TO is DuckDB's; write LIKE.",
        ["qualify"] = "Trino has no QUALIFY; compute the window function in a subquery and filter around it.",
        ["lateral"] = "LATERAL works in few places in Trino; write a join or a subquery.",
        ["isnull"] = "ISNULL is written IS NULL.",
        ["notnull"] = "NOTNULL is written IS NOT NULL.",
        ["date_part"] = "Trino has no date_part; write extract(YEAR FROM x).",
        ["tablesample"] = "A sample is another one each time; a model's rows follow from its tables alone.",
        ["materialized"] = "Trino has no MATERIALIZED in WITH; leave it out.",
        ["try_cast"] = "TRY_CAST takes other texts in DuckDB than in Trino; clean the text first, and CAST.",
    };

    private static readonly HashSet<string> Types = new(StringComparer.Ordinal)
    {
        "boolean", "tinyint", "smallint", "integer", "int", "bigint", "real", "double", "decimal", "varchar", "date", "timestamp",
    };

    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "alter", "auto", "constraint", "create", "deallocate", "delete", "describe", "drop", "execute", "insert", "into", "json_array", "json_object", "json_table",
        "listagg", "localtime", "localtimestamp", "normalize", "prepare", "skip", "table", "uescape",
    };

    private static readonly HashSet<string> Units = new(StringComparer.Ordinal) { "year", "month", "day", "hour", "minute", "second" };

    /// <summary>Adds what it finds.</summary>
    public static void Check(IReadOnlyList<SqlToken> tokens, Action<int, string> found)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            var next = i + 1 < tokens.Count ? tokens[i + 1] : default;
            var previous = i > 0 ? tokens[i - 1] : default;
            if (token.Kind == SqlTokenKind.Symbol)
            {
                Symbol(tokens, i, token, next, found);
            }
            else if (token.Kind == SqlTokenKind.Word)
            {
                Word(token, previous, next, found);
                if (token.Text == "cast" && next.Is("("))
                {
                    CastType(tokens, i + 1, found);
                }
                else if (token.Text == "limit" && FollowsOffset(tokens, i))
                {
                    found(token.Line, "Trino wants OFFSET before LIMIT: OFFSET n LIMIT m.");
                }
                else if (token.Text == "interval")
                {
                    Interval(tokens, i, found);
                }
            }
        }
    }

    private static void Symbol(IReadOnlyList<SqlToken> tokens, int i, SqlToken token, SqlToken next, Action<int, string> found)
    {
        if (Symbols.TryGetValue(token.Text, out var remedy))
        {
            found(token.Line, remedy);
        }
        else if (token.Text == "," && (next.Is(")") || next.Is("from") || next.Text is null))
        {
            found(token.Line, "Trino takes no comma after the last item.");
        }
        else if (token.Text == "." && next.Kind is SqlTokenKind.Word && i + 2 < tokens.Count && tokens[i + 2].Is("("))
        {
            found(token.Line, $"`.{next.Text}(…)` is DuckDB's chained call; write {next.Text}(x).");
        }
    }

    private static void Word(SqlToken token, SqlToken previous, SqlToken next, Action<int, string> found)
    {
        if (previous.Is("."))
        {
            return;
        }

        if (Words.TryGetValue(token.Text, out var remedy))
        {
            found(token.Line, remedy);
        }
        else if (Reserved.Contains(token.Text))
        {
            found(token.Line, $"{token.Text.ToUpperInvariant()} is a reserved word in Trino; as a name it stands in double quotes.");
        }
        else if (token.Text == "from" && (previous.Text is null || previous.Is("(") || previous.Is("union") || previous.Is("all") || previous.Is("except") || previous.Is("intersect")))
        {
            found(token.Line, "A query that starts with FROM is DuckDB's; write SELECT * FROM.");
        }
        else if (token.Text is "e" or "x" or "b" && next.Kind == SqlTokenKind.Text && !previous.Is("as"))
        {
            found(token.Line, $"{token.Text.ToUpperInvariant()}'…' means something else in Trino; write a plain text.");
        }
    }

    // CAST(… AS type): the tree shows only what the type's name stands for.
    private static void CastType(IReadOnlyList<SqlToken> tokens, int open, Action<int, string> found)
    {
        var depth = 0;
        for (var i = open; i < tokens.Count; i++)
        {
            depth += tokens[i].Is("(") ? 1 : tokens[i].Is(")") ? -1 : 0;
            if (depth == 0)
            {
                return;
            }

            if (depth == 1 && tokens[i].Is("as") && i + 1 < tokens.Count)
            {
                Type(tokens, i + 1, found);
                return;
            }
        }
    }

    private static void Type(IReadOnlyList<SqlToken> tokens, int i, Action<int, string> found)
    {
        var name = tokens[i].Text;
        var sized = i + 1 < tokens.Count && tokens[i + 1].Is("(");
        if (!Types.Contains(name))
        {
            found(tokens[i].Line, $"The type {name.ToUpperInvariant()} is not one of both engines: BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, REAL, DOUBLE, DECIMAL(p, s), VARCHAR, DATE, TIMESTAMP(6).");
        }
        else if (name == "decimal" && !sized)
        {
            found(tokens[i].Line, "DECIMAL alone is (18, 3) in DuckDB and (38, 0) in Trino; write DECIMAL(p, s).");
        }
        else if (name == "varchar" && sized)
        {
            found(tokens[i].Line, "VARCHAR(n) cuts the text in Trino and not in DuckDB; write VARCHAR, and substr where it is to be cut.");
        }
        else if (name == "timestamp")
        {
            var withZone = i + 1 < tokens.Count && tokens[i + 1].Is("with");
            if (!withZone && !(sized && tokens[i + 2].Text == "6"))
            {
                found(tokens[i].Line, "CAST(… AS TIMESTAMP) keeps milliseconds in Trino and microseconds in DuckDB; write TIMESTAMP(6).");
            }
        }
    }

    private static bool FollowsOffset(IReadOnlyList<SqlToken> tokens, int limit) => limit + 2 < tokens.Count && tokens[limit + 2].Is("offset");

    private static void Interval(IReadOnlyList<SqlToken> tokens, int i, Action<int, string> found)
    {
        var good = i + 2 < tokens.Count && tokens[i + 1].Kind == SqlTokenKind.Text && tokens[i + 1].Text.Trim('\'').All(char.IsAsciiDigit)
            && tokens[i + 2].Kind == SqlTokenKind.Word && Units.Contains(tokens[i + 2].Text);
        if (!good)
        {
            found(tokens[i].Line, "An interval is written INTERVAL '1' DAY in Trino, with YEAR, MONTH, DAY, HOUR, MINUTE or SECOND.");
        }
    }
}
