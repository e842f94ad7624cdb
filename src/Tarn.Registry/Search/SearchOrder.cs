namespace Tarn.Registry;

/// <summary>One term of an order.</summary>
/// <param name="Subject">What kind of thing it goes by.</param>
/// <param name="Key">Its name.</param>
/// <param name="Descending">Whether the greatest comes first.</param>
internal sealed record SearchOrder(SearchSubject Subject, string Key, bool Descending)
{
    /// <summary>Reads terms such as <c>metrics.accuracy DESC</c>.</summary>
    /// <exception cref="Core.TarnException">One does not read.</exception>
    public static IReadOnlyList<SearchOrder> Parse(IReadOnlyList<string> terms, SearchScope scope) => [.. terms.Where(static t => !string.IsNullOrWhiteSpace(t)).Select(t => Parse(t, scope))];

    private static SearchOrder Parse(string text, SearchScope scope)
    {
        var tokens = SearchLexer.Read(text);
        var descending = tokens.Count == 2 && tokens[1].Is("DESC");
        if (tokens.Count is 0 or > 2 || (tokens.Count == 2 && !descending && !tokens[1].Is("ASC")))
        {
            throw Core.TarnException.InvalidInput($"Invalid order_by clause '{TrackingRules.Short(text)}': it is a name and perhaps ASC or DESC.", TrackingRules.Short(text));
        }

        var (subject, key) = SearchClause.Name(tokens[0], scope, text, order: true);
        return new SearchOrder(subject, key, descending);
    }
}
