namespace Tarn.Core;

/// <summary>Text as messages need it.</summary>
internal static class AlertText
{
    private const string Cut = "…";

    /// <summary>At most so many UTF-16 units, the cut marked, no character halved.</summary>
    public static string Shorten(string text, int most)
    {
        if (text.Length <= most)
        {
            return text;
        }

        var end = most - Cut.Length;
        if (end > 0 && char.IsHighSurrogate(text[end - 1]))
        {
            end--;
        }

        return string.Concat(text.AsSpan(0, Math.Max(0, end)), Cut);
    }

    /// <summary>The same in one line, without control characters: no one writes a second line of a log, or a header of a mail, by way of a value.</summary>
    public static string OneLine(string text) => !text.Any(IsControl)
        ? text
        : string.Create(text.Length, text, static (line, from) =>
        {
            for (var i = 0; i < from.Length; i++)
            {
                line[i] = IsControl(from[i]) ? ' ' : from[i];
            }
        }).Trim();

    /// <summary>The name as it is stored and sent.</summary>
    public static string Name(AlertSeverity severity) => severity switch
    {
        AlertSeverity.Error => "error",
        AlertSeverity.Warning => "warning",
        _ => "info",
    };

    public static AlertSeverity Severity(string name) => name switch
    {
        "error" => AlertSeverity.Error,
        "warning" => AlertSeverity.Warning,
        _ => AlertSeverity.Info,
    };

    /// <summary>A field's name for people: <c>sla_missed</c> is <c>Sla missed</c>.</summary>
    public static string Label(string name) => name.Length == 0 ? "" : string.Concat(char.ToUpperInvariant(name[0]).ToString(), name[1..].Replace('_', ' '));

    private static bool IsControl(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';
}
