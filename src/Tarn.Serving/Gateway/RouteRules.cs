using System.Globalization;

namespace Tarn.Serving;

/// <summary>The rules of routes and endpoints, looked at one by one, so that all that are broken are told at once.</summary>
internal static class RouteRules
{
    public const double LeastWeight = 1e-9;
    public const double MostWeight = 1e6;
    private const int MostVariants = 100;
    private const int MostShadows = 10;
    private const int MostName = 64;
    private const string NameRule = "a name has 1 to 64 lower-case letters, digits and hyphens";

    public static List<string> Broken(IReadOnlyList<Variant> variants, IReadOnlyList<Shadow> shadows, string? stickyHeader, string salt)
    {
        var broken = new List<string>();
        Add(broken, variants.Count is >= 1 and <= MostVariants, $"variants = {variants.Count}: a route has 1 to {MostVariants}");
        Add(broken, shadows.Count <= MostShadows, $"shadows = {shadows.Count}: a route has at most {MostShadows}");
        foreach (var variant in variants)
        {
            Named(broken, "variant", variant.Name);
            Target(broken, variant.Name, variant.Target, mayBeRemote: true);
            Add(
                broken,
                variant.Weight is 0 or (>= LeastWeight and <= MostWeight),
                $"weight of {Short(variant.Name)} = {variant.Weight}: 0, or {LeastWeight} to {MostWeight:0}");
        }

        Add(broken, variants.Count == 0 || variants.Any(static v => v.Weight > 0), $"weights: at least one is over 0");
        foreach (var shadow in shadows)
        {
            Named(broken, "shadow", shadow.Name);
            Target(broken, shadow.Name, shadow.Target);
            Add(broken, shadow.Fraction is >= 0 and <= 1, $"fraction of {Short(shadow.Name)} = {shadow.Fraction}: 0 to 1");
        }

        foreach (var name in variants.Select(static v => v.Name).Concat(shadows.Select(static s => s.Name)).GroupBy(static n => n, StringComparer.Ordinal).Where(static g => g.Count() > 1))
        {
            broken.Add($"{Short(name.Key)}: no two variants or shadows have one name");
        }

        Add(
            broken,
            stickyHeader is null || (stickyHeader.Length is >= 1 and <= MostName && stickyHeader.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-')),
            $"sticky header = {Short(stickyHeader)}: 1 to {MostName} letters, digits and hyphens");
        Add(broken, salt.Length <= MostName && !salt.Any(static c => char.IsControl(c) || char.IsSurrogate(c)), $"salt = {Short(salt)}: up to {MostName} characters, no control characters");
        return broken;
    }

    public static void Named(List<string> broken, string what, string? name) => Add(
        broken,
        name is { Length: >= 1 and <= MostName } && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'),
        $"{what} = {Short(name)}: {NameRule}");

    public static void Model(List<string> broken, string? model) => Add(
        broken,
        model is { Length: >= 1 and <= 256 } && !model.AsSpan().ContainsAny('/', ':') && !model.Any(static c => char.IsControl(c) || char.IsSurrogate(c)),
        $"model = {Short(model)}: a model's name has 1 to 256 characters, and neither slashes, colons nor control characters");

    public static void Target(List<string> broken, string of, VariantTarget? target, bool mayBeRemote = false)
    {
        if (mayBeRemote && target is { Version: null, Alias: null, Remote: { } remote })
        {
            Named(broken, $"remote cluster of {Short(of)}", remote);
            return;
        }

        Add(
            broken,
            target is { Version: >= 1, Alias: null, Remote: null }
                || (target is { Version: null, Remote: null, Alias: { Length: >= 1 and <= 255 } alias } && alias.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')),
            $"target of {Short(of)} = {Short(target?.ToString())}: {(mayBeRemote ? "one of a version from 1, an alias" : "a version from 1, or an alias")} of 1 to 255 letters, digits, underscores and dashes{(mayBeRemote ? ", and a remote cluster" : "")}");
    }

    public static void Add(List<string> broken, bool holds, FormattableString told)
    {
        if (!holds)
        {
            broken.Add(told.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static string Short(string? text) => ServingRules.Short(text);
}
