using System.Globalization;
using System.Text.RegularExpressions;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>The ranges of a catalogue entry; all that is wrong is told at once.</summary>
internal static partial class BackboneRules
{
    public static void Check(BackboneEntry entry, string source)
    {
        var rules = new OptionRules();
        rules.Add(Name().IsMatch(entry.Name), "name", entry.Name, "lower-case letters, digits and . _ -, 64 at most");
        rules.Add(entry.File.Length > 0, "file", entry.File, "the path of an ONNX file");
        rules.Add(entry.Url is null || (Uri.TryCreate(entry.Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"), "url", entry.Url ?? "", "an http or https address");
        rules.Add(entry.Sha256 is null || Hash().IsMatch(entry.Sha256), "sha256", entry.Sha256 ?? "", "64 lower-case hexadecimal digits");
        rules.Add(entry.Width is >= 16 and <= 2048, "width", Text(entry.Width), "16 to 2,048 pixels");
        rules.Add(entry.Height is >= 16 and <= 2048, "height", Text(entry.Height), "16 to 2,048 pixels");
        rules.Add(double.IsFinite(entry.Scale) && entry.Scale != 0, "scale", Text(entry.Scale), "a number other than 0");
        rules.Add(entry.Mean.Count == 3 && entry.Mean.All(double.IsFinite), "mean", Text(entry.Mean), "three numbers");
        rules.Add(entry.Std.Count == 3 && entry.Std.All(static s => double.IsFinite(s) && s > 0), "std", Text(entry.Std), "three numbers over 0");
        rules.Add(entry.EffectiveShortSide >= Math.Max(entry.Width, entry.Height) && entry.EffectiveShortSide <= 4096, "short", Text(entry.EffectiveShortSide), "at least the larger of width and height, at most 4,096");
        OptionRules.Check(rules.Broken, $"A backbone of the catalogue keeps the ranges of its settings ({entry.Name} in {source}).");
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(IEnumerable<double> values) => $"[{string.Join(", ", values.Select(Text))}]";

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]{0,63}$")]
    private static partial Regex Name();

    [GeneratedRegex("^[0-9a-f]{64}$")]
    private static partial Regex Hash();
}
