using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Tarn.Core;

/// <summary>
/// Text from elsewhere (a program's output, an error's message) as every store can keep it. PostgreSQL refuses U+0000 and what is no Unicode, and with the statement the whole write.
/// </summary>
public static class StoredText
{
    /// <summary>The text with U+0000 and lone halves of surrogate pairs replaced by U+FFFD; the same object where there is none of them.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Clean(string? text)
    {
        if (text is null || (!text.Contains('\0', StringComparison.Ordinal) && !text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            // What is no rune is enumerated as U+FFFD.
            clean.Append(rune.Value == 0 ? Rune.ReplacementChar : rune);
        }

        return clean.Equals(text) ? text : clean.ToString();
    }
}
