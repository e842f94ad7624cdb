using System.Globalization;
using System.Text;

namespace Tarn.Lake;

/// <summary>
/// Divides a query's text into tokens as DuckDB does, comments left out. It never fails: what is not closed ends with the text, and DuckDB says what is wrong with it.
/// </summary>
internal sealed class QueryLexer
{
    private readonly string _sql;
    private readonly List<QueryToken> _tokens = [];
    private int _at;
    private int _questions;

    private QueryLexer(string sql) => _sql = sql;

    /// <summary>The tokens of a text.</summary>
    public static IReadOnlyList<QueryToken> Read(string sql)
    {
        var lexer = new QueryLexer(sql);
        while (lexer.SkipBlanks())
        {
            lexer.ReadToken();
        }

        return lexer._tokens;
    }

    private char Peek(int ahead = 0) => _at + ahead < _sql.Length ? _sql[_at + ahead] : '\0';

    /// <summary>Passes blanks and comments over; false at the end.</summary>
    private bool SkipBlanks()
    {
        while (_at < _sql.Length)
        {
            if (char.IsWhiteSpace(_sql[_at]))
            {
                _at++;
            }
            else if (Peek() == '-' && Peek(1) == '-')
            {
                var end = _sql.IndexOf('\n', _at);
                _at = end < 0 ? _sql.Length : end + 1;
            }
            else if (Peek() == '/' && Peek(1) == '*')
            {
                SkipComment();
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    // Such comments nest.
    private void SkipComment()
    {
        var depth = 0;
        do
        {
            if (Peek() == '/' && Peek(1) == '*')
            {
                (depth, _at) = (depth + 1, _at + 2);
            }
            else if (Peek() == '*' && Peek(1) == '/')
            {
                (depth, _at) = (depth - 1, _at + 2);
            }
            else
            {
                _at++;
            }
        }
        while (depth > 0 && _at < _sql.Length);
        _at = Math.Min(_at, _sql.Length);
    }

    private void ReadToken()
    {
        var c = Peek();
        if (c == '\'')
        {
            ReadQuoted(_at, QueryTokenKind.Text, escapes: false);
        }
        else if (c == '"')
        {
            ReadQuoted(_at, QueryTokenKind.QuotedName, escapes: false);
        }
        else if (c is 'e' or 'E' && Peek(1) == '\'')
        {
            _at++;
            ReadQuoted(_at - 1, QueryTokenKind.Text, escapes: true);
        }
        else if (IsWordStart(c))
        {
            Take(QueryTokenKind.Word, static c => IsWordPart(c) || c == '$');
        }
        else if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(Peek(1))))
        {
            ReadNumber();
        }
        else if (c == '$')
        {
            ReadDollar();
        }
        else if (c == '?')
        {
            Add(QueryTokenKind.Parameter, _at, ++_at, (++_questions).ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            var length = (c == '=' && Peek(1) == '>') || (c == ':' && Peek(1) is '=' or ':') ? 2 : 1;
            Add(QueryTokenKind.Sign, _at, _at + length, _sql.Substring(_at, length));
            _at += length;
        }
    }

    private void ReadQuoted(int start, QueryTokenKind kind, bool escapes)
    {
        var quote = _sql[_at++];
        var value = new StringBuilder();
        while (_at < _sql.Length)
        {
            var c = _sql[_at++];
            if (c == quote)
            {
                if (Peek() != quote)
                {
                    break;
                }

                _at++;
            }
            else if (c == '\\' && escapes && _at < _sql.Length)
            {
                c = Unescape(_sql[_at++]);
            }

            value.Append(c);
        }

        Add(kind, start, _at, value.ToString());
    }

    private static char Unescape(char c) => c switch
    {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\b',
        'f' => '\f',
        _ => c,
    };

    private void ReadNumber()
    {
        var start = _at;
        while (char.IsAsciiLetterOrDigit(Peek()) || Peek() is '_' or '.' || (Peek() is '+' or '-' && _sql[_at - 1] is 'e' or 'E'))
        {
            _at++;
        }

        Add(QueryTokenKind.Number, start, _at, _sql[start.._at]);
    }

    /// <summary>A parameter, or a text between <c>$tag$</c> and <c>$tag$</c>.</summary>
    private void ReadDollar()
    {
        var start = _at++;
        while (IsWordPart(Peek()))
        {
            _at++;
        }

        var tagged = !char.IsAsciiDigit(_sql.ElementAtOrDefault(start + 1)) && Peek() == '$';
        if (!tagged)
        {
            Add(QueryTokenKind.Parameter, start, _at, _sql[(start + 1).._at]);
            return;
        }

        var tag = _sql[start..++_at];
        var end = _sql.IndexOf(tag, _at, StringComparison.Ordinal);
        var last = end < 0 ? _sql.Length : end;
        var value = _sql[_at..last];
        _at = Math.Min(_sql.Length, last + tag.Length);
        Add(QueryTokenKind.Text, start, _at, value);
    }

    private void Take(QueryTokenKind kind, Func<char, bool> part)
    {
        var start = _at++;
        while (part(Peek()))
        {
            _at++;
        }

        Add(kind, start, _at, _sql[start.._at]);
    }

    private void Add(QueryTokenKind kind, int start, int end, string value) => _tokens.Add(new QueryToken(kind, start, end, value));

    private static bool IsWordStart(char c) => char.IsAsciiLetter(c) || c == '_' || c >= 0x80;

    private static bool IsWordPart(char c) => IsWordStart(c) || char.IsAsciiDigit(c);
}
