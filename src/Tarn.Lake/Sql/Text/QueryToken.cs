namespace Tarn.Lake;

/// <summary>What a token of a query's text is.</summary>
internal enum QueryTokenKind
{
    /// <summary>A word without quotes: a keyword or a name.</summary>
    Word,

    /// <summary>A name in double quotes.</summary>
    QuotedName,

    /// <summary>A text in single quotes or between dollar quotes.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A parameter: <c>$name</c>, <c>$1</c> or <c>?</c>.</summary>
    Parameter,

    /// <summary>Any other character, or <c>=&gt;</c> or <c>:=</c>.</summary>
    Sign,
}

/// <summary>A token of a query's text.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Where it starts.</param>
/// <param name="End">Where it ends; the position after its last character.</param>
/// <param name="Value">A word as written, a name or a text without its quotes, a parameter's name (of a <c>?</c>: its number), a number or a sign as written.</param>
internal readonly record struct QueryToken(QueryTokenKind Kind, int Start, int End, string Value)
{
    /// <summary>Whether it is that keyword.</summary>
    public bool Is(string keyword) => Kind == QueryTokenKind.Word && Value.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it is that sign.</summary>
    public bool IsSign(string sign) => Kind == QueryTokenKind.Sign && Value == sign;

    /// <summary>Whether it can be a part of a table's name.</summary>
    public bool IsName => Kind is QueryTokenKind.Word or QueryTokenKind.QuotedName;
}
