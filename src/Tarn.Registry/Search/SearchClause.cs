using Tarn.Core;

namespace Tarn.Registry;

/// <summary>What kind of thing a name in a search is.</summary>
internal enum SearchSubject
{
    /// <summary>A property of the thing itself.</summary>
    Attribute,

    /// <summary>A metric's latest value.</summary>
    Metric,

    /// <summary>A param.</summary>
    Param,

    /// <summary>A tag.</summary>
    Tag,

    /// <summary>A dataset that was read.</summary>
    Dataset,
}

/// <summary>One comparison of a filter.</summary>
/// <param name="Subject">What kind of thing is compared.</param>
/// <param name="Key">Its name.</param>
/// <param name="Comparator">The comparison: a sign, LIKE, ILIKE, IN, NOT IN, IS NULL, IS NOT NULL.</param>
/// <param name="Text">The text that it is compared with.</param>
/// <param name="Number">The number that it is compared with.</param>
/// <param name="List">The texts that it is compared with.</param>
internal sealed record SearchClause(SearchSubject Subject, string Key, string Comparator, string? Text = null, double Number = 0, IReadOnlyList<string>? List = null)
{
    /// <summary>What a name means in a scope: a prefix of several spellings, or none for an attribute.</summary>
    public static (SearchSubject Subject, string Key) Name(in SearchToken token, SearchScope scope, string text, bool order)
    {
        if (token.Kind != SearchTokenKind.Word || string.IsNullOrEmpty(token.Key))
        {
            throw SearchLexer.Fault(text, $"a name is expected at '{token.Text}'");
        }

        SearchSubject? subject = token.Prefix switch
        {
            null or "attribute" or "attributes" or "attr" or "run" => SearchSubject.Attribute,
            "metric" or "metrics" when scope.Metrics is not null => SearchSubject.Metric,
            "param" or "params" or "parameter" or "parameters" when scope.Params is not null => SearchSubject.Param,
            "tag" or "tags" when scope.Tags is not null => SearchSubject.Tag,
            "dataset" or "datasets" when scope.Inputs is not null && !order => SearchSubject.Dataset,
            _ => null,
        };
        if (subject is null)
        {
            throw TarnException.InvalidInput($"Invalid entity type '{token.Prefix}' in a search for {scope.What}.", token.Text, $"It is one of {string.Join(", ", Kinds(scope, order))}.");
        }

        var valid = subject switch
        {
            SearchSubject.Attribute => scope.Attributes.TryGetValue(token.Key, out var attribute) && (order ? attribute.InOrder : attribute.InFilter),
            SearchSubject.Dataset => token.Key is "name" or "digest" or "context",
            _ => true,
        };
        return valid ? (subject.Value, token.Key) : throw TarnException.InvalidInput(
            $"Invalid attribute key '{token.Key}' in a search for {scope.What}.",
            token.Text,
            subject == SearchSubject.Dataset ? "It is one of name, digest, context." : $"It is one of {string.Join(", ", scope.Attributes.Where(a => order ? a.Value.InOrder : a.Value.InFilter).Select(static a => a.Key))}.");
    }

    private static IEnumerable<string> Kinds(SearchScope scope, bool order)
    {
        yield return "attributes";
        if (scope.Metrics is not null)
        {
            yield return "metrics";
            yield return "params";
        }

        if (scope.Tags is not null)
        {
            yield return "tags";
        }

        if (scope.Inputs is not null && !order)
        {
            yield return "datasets";
        }
    }
}
