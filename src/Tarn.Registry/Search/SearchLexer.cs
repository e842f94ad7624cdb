using System.Text;
using Tarn.Core;

namespace Tarn.Registry;

/// <summary>
/// Takes a filter or an order apart. Names may be quoted by backticks or double quotes, as a whole or after their prefix (<c>metrics."val loss"</c>, <c>`attribute`.start_time</c>);
/// texts stand between single or double quotes, a quote within them is doubled.
/// </summary>
internal static class SearchLexer
{
    private const int MostLength = 20_000;

    public static List<SearchToken> Read(string text)
    {
        if (text.Length > MostLength)
        {
            throw Fault(text, $"it has at most {MostLength:N0} characters");
        }

        var tokens = new List<SearchToken>();
        var at = 0;
        while (at < text.Length)
        {
            var c = text[at];
            if (char.IsWhiteSpace(c))
            {
                at++;
            }
            else if (c is '(' or ')' or ',')
            {
                tokens.Add(new SearchToken(SearchTokenKind.Mark, c.ToString()));
                at++;
            }
            else if (c is '=' or '!' or '<' or '>')
            {
                var length = at + 1 < text.Length && (text[at + 1] == '=' || (c == '<' && text[at + 1] == '>')) ? 2 : 1;
                var sign = text.Substring(at, length);
                tokens.Add(sign is "!" ? throw Fault(text, "a comparison is one of =, !=, <, <=, >, >=") : new SearchToken(SearchTokenKind.Sign, sign switch { "<>" => "!=", "==" => "=", _ => sign }));
                at += length;
            }
            else if (c == '\'' || (c == '"' && !IsName(text, at)))
            {
                tokens.Add(new SearchToken(SearchTokenKind.Text, Quoted(text, ref at)));
            }
            else if (IsNumber(text, at))
            {
                tokens.Add(Number(text, ref at));
            }
            else if (c is '`' or '"' || IsWordPart(c))
            {
                tokens.Add(Word(text, ref at));
            }
            else
            {
                throw Fault(text, $"'{c}' has no place in it");
            }
        }

        return tokens;
    }

    public static TarnException Fault(string filter, string why) =>
        TarnException.InvalidInput($"Invalid clause(s) in filter string: {why}.", TrackingRules.Short(filter), "A filter is comparisons joined by AND, as in metrics.accuracy > 0.9 AND params.head = 'mlp'.");

    // A double-quoted piece that goes on with a dot is the prefix of a name.
    private static bool IsName(string text, int at)
    {
        var end = text.IndexOf('"', at + 1);
        return end > 0 && end + 1 < text.Length && text[end + 1] == '.';
    }

    private static bool IsNumber(string text, int at)
    {
        var c = text[at];
        if (char.IsAsciiDigit(c))
        {
            // A word may start with a digit, as in an id.
            var end = at;
            while (end < text.Length && IsWordPart(text[end]))
            {
                end++;
            }

            return double.TryParse(text.AsSpan(at, SignedEnd(text, at) - at), System.Globalization.CultureInfo.InvariantCulture, out _) && SignedEnd(text, at) >= end;
        }

        return c is '-' or '+' or '.' && at + 1 < text.Length && (char.IsAsciiDigit(text[at + 1]) || text[at + 1] == '.');
    }

    private static int SignedEnd(string text, int at)
    {
        var end = at;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] is '.' or 'e' or 'E' || (text[end] is '+' or '-' && (end == at || text[end - 1] is 'e' or 'E'))))
        {
            end++;
        }

        return end;
    }

    private static SearchToken Number(string text, ref int at)
    {
        var end = SignedEnd(text, at);
        var number = text[at..end];
        at = end;
        return double.TryParse(number, System.Globalization.CultureInfo.InvariantCulture, out _) ? new SearchToken(SearchTokenKind.Number, number) : throw Fault(text, $"'{number}' is no number");
    }

    private static bool IsWordPart(char c) => char.IsLetterOrDigit(c) || c is '_' or '.' or '-' or '/' or '@';

    private static SearchToken Word(string text, ref int at)
    {
        var start = at;
        var whole = new StringBuilder();
        var dot = -1;
        while (at < text.Length && (text[at] is '`' or '"' || IsWordPart(text[at])))
        {
            if (text[at] is '`' or '"')
            {
                whole.Append(Quoted(text, ref at));
            }
            else
            {
                if (text[at] == '.' && dot < 0)
                {
                    dot = whole.Length;
                }

                whole.Append(text[at++]);
            }
        }

        var plain = whole.ToString();
        return dot < 0
            ? new SearchToken(SearchTokenKind.Word, text[start..at], null, plain)
            : new SearchToken(SearchTokenKind.Word, text[start..at], plain[..dot], plain[(dot + 1)..]);
    }

    private static string Quoted(string text, ref int at)
    {
        var quote = text[at++];
        var content = new StringBuilder();
        while (at < text.Length)
        {
            if (text[at] != quote)
            {
                content.Append(text[at++]);
            }
            else if (at + 1 < text.Length && text[at + 1] == quote)
            {
                content.Append(quote);
                at += 2;
            }
            else
            {
                at++;
                return content.ToString();
            }
        }

        throw Fault(text, $"a text that begins with {quote} ends with it");
    }
}
