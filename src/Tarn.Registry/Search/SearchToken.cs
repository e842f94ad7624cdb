namespace Tarn.Registry;

/// <summary>What a word of a filter is.</summary>
internal enum SearchTokenKind
{
    /// <summary>Letters, digits and the like, perhaps with quoted parts: a name or a keyword.</summary>
    Word,

    /// <summary>A text between single or double quotes that stands by itself.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A comparison sign.</summary>
    Sign,

    /// <summary>A bracket or a comma.</summary>
    Mark,
}

/// <summary>A word of a filter.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">As it stands there; of a text what is between the quotes.</param>
/// <param name="Prefix">Of a word with a dot: what is before the first.</param>
/// <param name="Key">Of a word: what is after the first dot, or all of it, without quotes.</param>
internal readonly record struct SearchToken(SearchTokenKind Kind, string Text, string? Prefix = null, string? Key = null)
{
    public bool Is(string keyword) => Kind == SearchTokenKind.Word && Text.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    public bool IsMark(char mark) => Kind == SearchTokenKind.Mark && Text[0] == mark;
}
