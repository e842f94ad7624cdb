namespace Tarn.Core;

/// <summary>The name of a table: its layer (bronze, silver, gold, or one of your own) and its name in it, as in <c>silver.earthquakes</c>.</summary>
public readonly record struct TableName
{
    private TableName(string layer, string name)
    {
        Layer = layer;
        Name = name;
    }

    /// <summary>The layer.</summary>
    public string Layer { get; }

    /// <summary>The name within the layer.</summary>
    public string Name { get; }

    /// <summary>Reads <c>layer.name</c>: each part a lower-case letter, then lower-case letters, digits and underscores, 64 at most.</summary>
    /// <exception cref="TarnException">The text is not of that form.</exception>
    public static TableName Parse(string text) =>
        TryParse(text, out var name) ? name : throw TarnException.InvalidInput(
            "A table's name is layer.name, each a lower-case letter followed by at most 63 lower-case letters, digits and underscores.",
            text,
            "For example silver.earthquakes.");

    /// <summary>As <see cref="Parse"/>, but tells by its result whether the text is of that form.</summary>
    public static bool TryParse(string text, out TableName name)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var good = dot > 0 && IsPart(text.AsSpan(0, dot)) && IsPart(text.AsSpan(dot + 1));
        name = good ? new TableName(text[..dot], text[(dot + 1)..]) : default;
        return good;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Layer}.{Name}";

    private static bool IsPart(ReadOnlySpan<char> part)
    {
        if (part.Length is 0 or > 64 || !char.IsAsciiLetterLower(part[0]))
        {
            return false;
        }

        foreach (var c in part)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '_')
            {
                return false;
            }
        }

        return true;
    }
}
