using System.Globalization;
using System.Text.RegularExpressions;

namespace Tarn.Lake;

/// <summary>
/// A query as DuckDB gets it: what DuckDB does not know stands in it as names of a schema that no layer has, <c>_1</c> and so on. Errors' places are
/// brought back to the text that the user wrote.
/// </summary>
/// <param name="Original">The query as written.</param>
/// <param name="Text">The query as DuckDB gets it.</param>
/// <param name="Relations">What the names stand for, by their schemas, in order.</param>
/// <param name="UsedParameters">Parameters that are used up: those of versions and paths.</param>
internal sealed partial record RewrittenSql(string Original, string Text, IReadOnlyList<Relation> Relations, IReadOnlySet<string> UsedParameters)
{
    private const int ShownAround = 60;

    /// <summary>What was replaced: positions in <see cref="Text"/>, and in <see cref="Original"/>.</summary>
    internal IReadOnlyList<(int Start, int End, int OriginalStart, int OriginalEnd)> Pieces { get; init; } = [];

    /// <summary>The schema under which a relation stands.</summary>
    internal static string Schema(int relation) => string.Create(CultureInfo.InvariantCulture, $"_{relation + 1}");

    /// <summary>The relation under a schema, or null where the schema is none of these.</summary>
    internal Relation? Find(string schema) =>
        schema.Length > 1 && schema[0] == '_' && int.TryParse(schema.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= Relations.Count
            ? Relations[number - 1]
            : null;

    /// <summary>An error's message with its place in the user's text.</summary>
    internal string Restore(string message)
    {
        if (Pieces.Count == 0 || Place().Match(message) is not { Success: true } match || OffsetOf(match) is not { } offset)
        {
            return message;
        }

        return string.Concat(message.AsSpan(0, match.Index), Show(ToOriginal(offset)), message.AsSpan(match.Index + match.Length));
    }

    private int? OffsetOf(Match match)
    {
        var lines = Text.Split('\n');
        var line = int.Parse(match.Groups["line"].Value, CultureInfo.InvariantCulture) - 1;
        if (line < 0 || line >= lines.Length)
        {
            return null;
        }

        var excerpt = match.Groups["excerpt"].Value;
        var cut = excerpt.StartsWith("...", StringComparison.Ordinal) ? 3 : 0;
        var core = excerpt[cut..];
        core = core.EndsWith("...", StringComparison.Ordinal) ? core[..^3] : core;
        var at = lines[line].IndexOf(core, StringComparison.Ordinal);
        var column = match.Groups["blanks"].Length - "LINE : ".Length - match.Groups["line"].Length - cut;
        return at < 0 || column < 0 ? null : lines.Take(line).Sum(static l => l.Length + 1) + at + column;
    }

    private int ToOriginal(int offset)
    {
        var shift = 0;
        foreach (var (start, end, originalStart, originalEnd) in Pieces)
        {
            if (offset < start)
            {
                break;
            }

            if (offset < end)
            {
                return originalStart;
            }

            shift = originalEnd - end;
        }

        return Math.Min(offset + shift, Original.Length);
    }

    private string Show(int offset)
    {
        var start = Original.LastIndexOf('\n', Math.Max(0, offset - 1), Math.Max(0, offset)) + 1;
        var end = Original.IndexOf('\n', offset);
        end = end < 0 ? Original.Length : end;
        var from = Math.Max(start, offset - ShownAround);
        var to = Math.Min(end, offset + ShownAround);
        var head = string.Create(CultureInfo.InvariantCulture, $"LINE {Original.AsSpan(0, start).Count('\n') + 1}: {(from > start ? "..." : "")}");
        return $"{head}{Original[from..to]}{(to < end ? "..." : "")}\n{new string(' ', head.Length + offset - from)}^";
    }

    [GeneratedRegex(@"LINE (?<line>\d+): (?<excerpt>[^\n]*)\n(?<blanks> *)\^", RegexOptions.CultureInvariant)]
    private static partial Regex Place();
}
