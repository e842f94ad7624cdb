using System.Globalization;
using Tarn.Core;

namespace Tarn;

/// <summary>
/// Variants and shadows as the command line says them: <c>champion=90</c> is an alias, <c>v4=10</c> a version, <c>canary@4=10</c> and <c>night@challenger=5</c> a name with the version or alias that it
/// means; <c>remote:west=20</c> and <c>canary@remote:west=20</c> a configured cluster.
/// </summary>
internal static class SplitText
{
    private const string Cluster = "remote:";

    public static IReadOnlyList<VariantBody> Variants(IEnumerable<string> texts) => [.. texts.Select(static t => Parse(t, "champion=90 v4=10")).Select(Variant)];

    public static IReadOnlyList<ShadowBody> Shadows(IEnumerable<string> texts) => [.. texts.Select(static t => Parse(t, "--shadow v4=0.1")).Select(static p => new ShadowBody(p.Name, p.Version, p.Alias, p.Number))];

    private static VariantBody Variant((string Name, long? Version, string? Alias, double Number) part) => part.Alias is { } alias && alias.StartsWith(Cluster, StringComparison.Ordinal)
        ? new VariantBody(part.Name == alias ? alias[Cluster.Length..] : part.Name, null, null, part.Number, alias[Cluster.Length..])
        : new VariantBody(part.Name, part.Version, part.Alias, part.Number);

    private static (string Name, long? Version, string? Alias, double Number) Parse(string text, string example)
    {
        var equals = text.LastIndexOf('=');
        if (equals <= 0 || !double.TryParse(text.AsSpan(equals + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            throw TarnException.InvalidInput("A part of a split is a name, perhaps @ and a version or alias, = and a number.", text, $"As in {example}, or canary@4=10.");
        }

        var name = text[..equals];
        var at = name.IndexOf('@', StringComparison.Ordinal);
        var target = at < 0 ? name : name[(at + 1)..];
        name = at < 0 ? name : name[..at];
        var digits = target.StartsWith('v') ? target.AsSpan(1) : at < 0 ? default : target;
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? (name, version, null, number) : (name, null, target, number);
    }
}
