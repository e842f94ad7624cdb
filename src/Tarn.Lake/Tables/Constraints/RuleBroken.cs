using System.Text;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// How a statement that writes rows tells that one of them breaks a rule: by an error of DuckDB's that carries the rule, its remedy and the row, and becomes ours.
/// </summary>
internal static class RuleBroken
{
    private const string Mark = "tarn-rule:";
    private const int LongestRow = 500;

    /// <summary>An expression that fails with the rule.</summary>
    /// <param name="rule">The rule, as a sentence.</param>
    /// <param name="remedy">The remedy, as a sentence.</param>
    /// <param name="row">An expression of the offending row.</param>
    public static string Error(string rule, string remedy, string row) =>
        $"error({SqlNames.Text($"{Mark}{Encode(rule)}:{Encode(remedy)}:")} || coalesce(CAST(to_json({row}) AS VARCHAR), 'null'))";

    /// <summary>The rule that an error of DuckDB's carries, as our error; null where it carries none.</summary>
    public static TarnException? From(DuckDbException error)
    {
        var start = error.Message.IndexOf(Mark, StringComparison.Ordinal);
        if (start < 0 || error.Message[(start + Mark.Length)..].Split(':', 3) is not [var rule, var remedy, var row])
        {
            return null;
        }

        return new TarnException(ErrorKind.InvalidInput, Decode(rule), row.Length <= LongestRow ? row : row[..LongestRow] + "…", Decode(remedy)) { IsRowFault = true };
    }

    // In hexadecimal, so that nothing in a rule can end the text or look like a part of the mark.
    private static string Encode(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));

    private static string Decode(string text) => Encoding.UTF8.GetString(Convert.FromHexString(text));
}
