namespace Tarn.Lake;

internal enum SqlTokenKind
{
    Word,
    QuotedName,
    Text,
    Number,
    Symbol,
}

/// <summary>A token of a query.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">As it stands there; words in lower case.</param>
/// <param name="Line">Its line in the query, from 1.</param>
internal readonly record struct SqlToken(SqlTokenKind Kind, string Text, int Line)
{
    public bool Is(string text) => Kind is SqlTokenKind.Word or SqlTokenKind.Symbol && Text == text;
}

/// <summary>Cuts a query into tokens. The query parses already, so that what is unclear here is only told as it stands.</summary>
internal static class SqlTokens
{
    private static readonly string[] Symbols = ["->>", "!~~", "::", "//", "**", "==", "!=", "<>", "<=", ">=", "||", "->", "=>", ":=", "<<", ">>", "!~", "~~"];

    public static List<SqlToken> Of(string sql)
    {
        var tokens = new List<SqlToken>();
        var line = 1;
        for (var i = 0; i < sql.Length;)
        {
            var start = i;
            var c = sql[i];
            if (char.IsWhiteSpace(c))
            {
                i++;
            }
            else if (Comment(sql, i) is { } after)
            {
                i = after;
            }
            else
            {
                var kind = Kind(c);
                i = kind switch
                {
                    SqlTokenKind.Word => While(sql, i, static x => char.IsLetterOrDigit(x) || x is '_' or '$'),
                    SqlTokenKind.Number => Number(sql, i),
                    SqlTokenKind.Text => Quoted(sql, i, '\''),
                    SqlTokenKind.QuotedName => Quoted(sql, i, '"'),
                    _ => i + (Array.Find(Symbols, s => string.CompareOrdinal(sql, start, s, 0, s.Length) == 0)?.Length ?? 1),
                };
                var text = sql[start..i];
                tokens.Add(new SqlToken(kind, kind == SqlTokenKind.Word ? text.ToLowerInvariant() : text, line));
            }

            line += sql.AsSpan(start, i - start).Count('\n');
        }

        return tokens;
    }

    private static SqlTokenKind Kind(char c) =>
        char.IsLetter(c) || c == '_' ? SqlTokenKind.Word
        : char.IsAsciiDigit(c) ? SqlTokenKind.Number
        : c == '\'' ? SqlTokenKind.Text
        : c == '"' ? SqlTokenKind.QuotedName
        : SqlTokenKind.Symbol;

    private static int? Comment(string sql, int i)
    {
        if (string.CompareOrdinal(sql, i, "--", 0, 2) == 0)
        {
            var end = sql.IndexOf('\n', i);
            return end < 0 ? sql.Length : end;
        }

        if (string.CompareOrdinal(sql, i, "/*", 0, 2) == 0)
        {
            var end = sql.IndexOf("*/", i + 2, StringComparison.Ordinal);
            return end < 0 ? sql.Length : end + 2;
        }

        return null;
    }

    private static int Number(string sql, int i)
    {
        i = While(sql, i, static x => char.IsAsciiDigit(x) || x is '.' or '_');
        if (i < sql.Length && sql[i] is 'e' or 'E')
        {
            var exponent = i + 1 < sql.Length && sql[i + 1] is '+' or '-' ? i + 2 : i + 1;
            i = While(sql, exponent, char.IsAsciiDigit);
        }

        return i;
    }

    private static int While(string sql, int i, Func<char, bool> test)
    {
        while (i < sql.Length && test(sql[i]))
        {
            i++;
        }

        return i;
    }

    private static int Quoted(string sql, int i, char quote)
    {
        for (i++; i < sql.Length; i++)
        {
            if (sql[i] != quote)
            {
                continue;
            }

            if (i + 1 < sql.Length && sql[i + 1] == quote)
            {
                i++;
                continue;
            }

            return i + 1;
        }

        return sql.Length;
    }
}
