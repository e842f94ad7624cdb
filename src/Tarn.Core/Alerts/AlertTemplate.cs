using System.Text;
using System.Text.RegularExpressions;

namespace Tarn.Core;

/// <summary>
/// A text with placeholders, <c>{{name}}</c>. A name that an alert has no value for is put in as nothing, and a line of which all placeholders are
/// empty is left out.
/// </summary>
public sealed partial class AlertTemplate
{
    private readonly string[] _lines;

    private AlertTemplate(string text)
    {
        _lines = text.ReplaceLineEndings("\n").Split('\n');
        Names = [.. Placeholder().Matches(text).Select(static m => m.Groups[1].Value).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The names that placeholders may have: of every alert, and <see cref="AlertFields"/>.</summary>
    public static IReadOnlyList<string> KnownNames { get; } = ["id", "kind", "severity", "subject", "title", "text", "occurred_at", .. AlertFields.All];

    /// <summary>The names that stand in it.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Reads a template.</summary>
    /// <exception cref="TarnException">It has a placeholder that there is not; the error names it, and those that there are.</exception>
    public static AlertTemplate Parse(string text) => RuleBrokenBy(text) is { } rule ? throw TarnException.InvalidInput(rule, text) : new AlertTemplate(text);

    /// <summary>What is wrong with the text as a template, as a sentence; null where nothing is.</summary>
    public static string? RuleBrokenBy(string text)
    {
        var unknown = Placeholder().Matches(text).Select(static m => m.Groups[1].Value).Where(static n => !KnownNames.Contains(n, StringComparer.Ordinal)).Distinct(StringComparer.Ordinal).ToList();
        return unknown.Count == 0
            ? null
            : $"The template names {string.Join(", ", unknown.Select(static n => $"{{{{{n}}}}}"))}, which there is not; a placeholder is one of {string.Join(", ", KnownNames)}.";
    }

    /// <summary>Puts in the values.</summary>
    /// <param name="value">The value of a name; null or empty where there is none.</param>
    /// <param name="escape">Makes a value safe for the channel; the template's own text is taken as it is.</param>
    public string Render(Func<string, string?> value, Func<string, string> escape)
    {
        var text = new StringBuilder();
        var first = true;
        foreach (var line in _lines)
        {
            var (some, filled) = (false, false);
            var rendered = Placeholder().Replace(line, match =>
            {
                some = true;
                var found = value(match.Groups[1].Value);
                filled |= !string.IsNullOrEmpty(found);
                return string.IsNullOrEmpty(found) ? "" : escape(found);
            });
            if (some && !filled)
            {
                continue;
            }

            if (!first)
            {
                text.Append('\n');
            }

            first = false;
            text.Append(rendered);
        }

        return text.ToString();
    }

    [GeneratedRegex(@"\{\{\s*([^{}]*?)\s*\}\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();
}
