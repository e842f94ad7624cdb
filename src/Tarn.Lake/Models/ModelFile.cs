using System.Text.RegularExpressions;

namespace Tarn.Lake;

/// <summary>A model's file cut into its header and its query: <c>/* ---</c>, YAML, <c>--- */</c>, SELECT.</summary>
/// <param name="File">The file's name, for errors.</param>
/// <param name="Yaml">The header's text.</param>
/// <param name="YamlLine">The line on which it starts.</param>
/// <param name="Sql">The query's text.</param>
/// <param name="SqlLine">The line on which it starts.</param>
internal sealed partial record ModelFile(string File, string Yaml, int YamlLine, string Sql, int SqlLine)
{
    public static ModelFile? Cut(string file, string text, ModelErrors errors)
    {
        text = text.TrimStart('\uFEFF').ReplaceLineEndings("\n");
        var match = Header().Match(text);
        if (!match.Success)
        {
            errors.Add(file, 1, "A model's file starts with a header: a comment that opens with `/* ---`, holds YAML, and closes with `--- */`, each on a line of its own.");
            return null;
        }

        var yaml = match.Groups["yaml"];
        var sqlAt = match.Length;
        while (sqlAt < text.Length && char.IsWhiteSpace(text[sqlAt]))
        {
            sqlAt++;
        }

        if (sqlAt == text.Length)
        {
            errors.Add(file, Line(text, sqlAt), "After the header stands a SELECT.");
            return null;
        }

        return new ModelFile(file, yaml.Value, Line(text, yaml.Index), text[sqlAt..].TrimEnd(), Line(text, sqlAt));
    }

    private static int Line(string text, int position) => 1 + text.AsSpan(0, position).Count('\n');

    [GeneratedRegex(@"\A\s*/\*[ \t]*\n?[ \t]*---[ \t]*\n(?<yaml>(?:(?!\*/)[\s\S])*?)(?<=\n)[ \t]*---[ \t]*\n?[ \t]*\*/", RegexOptions.CultureInvariant)]
    private static partial Regex Header();
}
