using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Tarn.Core;

namespace Tarn.Registry;

/// <summary>The rules of models, aliases and stages; MLflow's, where it has one.</summary>
internal static partial class ModelRules
{
    public const int MostListed = 200_000;
    public const int MostTagLength = 5000;
    private const int MostVerdictLength = 1_000_000;

    public static void ModelName(string name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > 256 || name.AsSpan().ContainsAny('/', ':') || name.AsSpan().ContainsAnyInRange('\0', '\u001f'))
        {
            throw TarnException.InvalidInput("A registered model's name has 1 to 256 characters, and neither slashes, colons nor control characters.", TrackingRules.Short(name));
        }

        TrackingRules.Storable("A registered model's name", name);
    }

    public static void Tag(string name, string value)
    {
        TrackingRules.Name("tag", name);
        TrackingRules.Length("A tag's value", value, MostTagLength);
    }

    public static void Alias(string alias)
    {
        if (string.IsNullOrEmpty(alias) || alias.Length > 255 || !Aliases().IsMatch(alias))
        {
            throw TarnException.InvalidInput("An alias has 1 to 255 letters, digits, underscores (_) and dashes (-).", TrackingRules.Short(alias));
        }

        if (alias.Equals("latest", StringComparison.OrdinalIgnoreCase) || Versions().IsMatch(alias))
        {
            throw TarnException.InvalidInput("An alias is neither 'latest' nor a version such as v1: those are reserved.", alias);
        }
    }

    public static void Change(AliasChange change)
    {
        if (string.IsNullOrWhiteSpace(change.Who) || change.Who.Length > 200)
        {
            throw TarnException.InvalidInput("Who changes an alias says so, in 1 to 200 characters.", TrackingRules.Short(change.Who));
        }

        TrackingRules.Length("A reason", change.Reason, 4000);
        if (change.Verdict is { } verdict && (verdict.ValueKind != System.Text.Json.JsonValueKind.Object || verdict.GetRawText().Length > MostVerdictLength))
        {
            throw TarnException.InvalidInput("A verdict is a JSON object of at most 1,000,000 characters.", TrackingRules.Short(verdict.GetRawText()));
        }
    }

    /// <summary>A stage in its proper spelling.</summary>
    public static string Stage(string stage) => ModelStages.All.FirstOrDefault(s => s.Equals(stage, StringComparison.OrdinalIgnoreCase))
        ?? throw TarnException.InvalidInput($"A stage is one of {string.Join(", ", ModelStages.All)}.", TrackingRules.Short(stage));

    /// <summary>The name of a model's folder: its name, with what no file system has in names written as %XX.</summary>
    public static string FolderName(string name)
    {
        var folder = new StringBuilder();
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in name.EnumerateRunes())
        {
            if (rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || rune.Value is '-' or '_' || (rune.Value == '.' && folder.Length > 0)))
            {
                folder.Append((char)rune.Value);
                continue;
            }

            foreach (var b in bytes[..rune.EncodeToUtf8(bytes)])
            {
                folder.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
            }
        }

        // Names of folders have an end; what is cut off is made up for by the model's number, which the caller adds where a folder is taken.
        return folder.Length > 200 ? folder.ToString(0, 200) : folder.ToString();
    }

    [GeneratedRegex(@"^[\w\-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Aliases();

    [GeneratedRegex(@"^[vV]\d+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Versions();
}

/// <summary>The stages of MLflow's older way of marking versions.</summary>
public static class ModelStages
{
    /// <summary>None, Staging, Production, Archived.</summary>
    public static IReadOnlyList<string> All { get; } = ["None", "Staging", "Production", "Archived"];
}
