using System.Globalization;
using Tarn.Core;

namespace Tarn.Registry;

/// <summary>
/// Reads filters: comparisons joined by AND. The language is MLflow's (its search syntax): metrics are compared with numbers by signs; params, tags and texts with quoted texts by
/// <c>=</c>, <c>!=</c>, LIKE (% and _ as in SQL, case counts) and ILIKE (case does not); <c>run_id</c> and datasets also by IN and NOT IN; params and tags also by IS NULL and IS NOT NULL.
/// There is no OR.
/// </summary>
internal sealed class SearchFilter
{
    private static readonly string[] Signs = ["=", "!=", "<", "<=", ">", ">="];
    private readonly string _text;
    private readonly SearchScope _scope;
    private readonly List<SearchToken> _tokens;
    private int _at;

    private SearchFilter(string text, SearchScope scope)
    {
        (_text, _scope) = (text, scope);
        _tokens = SearchLexer.Read(text);
    }

    /// <summary>The comparisons of a filter; none for one that is null or blank.</summary>
    /// <exception cref="TarnException">It does not read.</exception>
    public static IReadOnlyList<SearchClause> Parse(string? text, SearchScope scope) => string.IsNullOrWhiteSpace(text) ? [] : new SearchFilter(text, scope).Clauses();

    private List<SearchClause> Clauses()
    {
        var clauses = new List<SearchClause> { Clause() };
        while (_at < _tokens.Count)
        {
            if (!Next().Is("AND"))
            {
                throw SearchLexer.Fault(_text, $"comparisons are joined by AND, and '{_tokens[_at - 1].Text}' is not one");
            }

            clauses.Add(Clause());
        }

        return clauses;
    }

    private SearchClause Clause()
    {
        var (subject, key) = SearchClause.Name(Next(), _scope, _text, order: false);
        var comparator = Comparator();
        if (comparator is "IS NULL" or "IS NOT NULL")
        {
            return subject is SearchSubject.Param or SearchSubject.Tag
                ? new SearchClause(subject, key, comparator)
                : throw SearchLexer.Fault(_text, $"{comparator} asks for params and tags only");
        }

        var attribute = subject == SearchSubject.Attribute ? _scope.Attributes[key] : null;
        var isNumber = subject == SearchSubject.Metric || attribute is { Kind: not AttributeKind.Text };
        Check(subject, key, comparator, isNumber, attribute);
        if (comparator is "IN" or "NOT IN")
        {
            return new SearchClause(subject, key, comparator, List: List());
        }

        var value = Next();
        if (isNumber)
        {
            return value.Kind == SearchTokenKind.Number
                ? new SearchClause(subject, key, comparator, Number: double.Parse(value.Text, CultureInfo.InvariantCulture))
                : throw SearchLexer.Fault(_text, $"{key} is compared with a number, and '{value.Text}' is not one");
        }

        return value.Kind == SearchTokenKind.Text
            ? new SearchClause(subject, key, comparator, value.Text)
            : throw SearchLexer.Fault(_text, $"{key} is compared with a quoted text, as in 'a', and {value.Text} is not one");
    }

    private void Check(SearchSubject subject, string key, string comparator, bool isNumber, SearchAttribute? attribute)
    {
        string[] valid = isNumber ? Signs
            : subject == SearchSubject.Dataset || attribute is { Lists: true } ? ["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"]
            : ["=", "!=", "LIKE", "ILIKE"];
        if (!valid.Contains(comparator, StringComparer.Ordinal))
        {
            throw TarnException.InvalidInput($"Invalid comparator '{comparator}' for {key}: it is one of {string.Join(", ", valid)}.", TrackingRules.Short(_text));
        }
    }

    private string Comparator()
    {
        var token = Next();
        if (token.Kind == SearchTokenKind.Sign)
        {
            return token.Text;
        }

        if (token.Is("NOT"))
        {
            return Next().Is("IN") ? "NOT IN" : throw SearchLexer.Fault(_text, "NOT stands before IN only");
        }

        if (token.Is("IS"))
        {
            var next = Next();
            var not = next.Is("NOT");
            return (not ? Next() : next).Is("NULL") ? (not ? "IS NOT NULL" : "IS NULL") : throw SearchLexer.Fault(_text, "IS stands before NULL or NOT NULL only");
        }

        return token.Is("LIKE") || token.Is("ILIKE") || token.Is("IN")
            ? token.Text.ToUpperInvariant()
            : throw SearchLexer.Fault(_text, $"a comparison is expected at '{token.Text}'");
    }

    private List<string> List()
    {
        if (!Next().IsMark('('))
        {
            throw SearchLexer.Fault(_text, "a list stands in brackets, as in ('a', 'b')");
        }

        var list = new List<string>();
        while (true)
        {
            var item = Next();
            list.Add(item.Kind == SearchTokenKind.Text ? item.Text : throw SearchLexer.Fault(_text, $"a list has quoted texts, at least one, and '{item.Text}' is not one"));
            var mark = Next();
            if (mark.IsMark(')'))
            {
                return list;
            }

            if (!mark.IsMark(','))
            {
                throw SearchLexer.Fault(_text, "a list's texts are parted by commas");
            }
        }
    }

    private SearchToken Next() => _at < _tokens.Count ? _tokens[_at++] : throw SearchLexer.Fault(_text, "it ends within a comparison");
}
