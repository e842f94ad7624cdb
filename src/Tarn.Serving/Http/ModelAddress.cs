namespace Tarn.Serving;

/// <summary>What a path of the form <c>/v1/models/NAME[/versions/N|/labels/L][:verb|/verb]</c> means, and likewise <c>/v2/models/…</c>. Parts of the path, nothing is copied.</summary>
internal readonly ref struct ModelAddress
{
    public ReadOnlySpan<char> Name { get; private init; }

    /// <summary>The version as it stands in the path; empty where none does.</summary>
    public ReadOnlySpan<char> Version { get; private init; }

    /// <summary>The label; empty where none is named.</summary>
    public ReadOnlySpan<char> Label { get; private init; }

    /// <summary>What is asked of the model: <c>predict</c>, <c>metadata</c>, <c>infer</c>, <c>ready</c>, …; empty for the model itself.</summary>
    public ReadOnlySpan<char> Verb { get; private init; }

    /// <summary>Whether the verb stands behind a colon.</summary>
    public bool IsMethod { get; private init; }

    /// <summary>Reads what follows <c>/models/</c>; false where it is not of the form.</summary>
    /// <param name="rest">The path from there.</param>
    /// <param name="hasColon">Whether a verb may stand behind a colon.</param>
    /// <param name="address">What was read.</param>
    public static bool TryParse(ReadOnlySpan<char> rest, bool hasColon, out ModelAddress address)
    {
        address = default;
        var colon = hasColon ? rest.LastIndexOf(':') : -1;
        var verb = ReadOnlySpan<char>.Empty;
        var isMethod = false;
        if (colon >= 0 && rest[colon..].IndexOf('/') < 0)
        {
            verb = rest[(colon + 1)..];
            rest = rest[..colon];
            isMethod = true;
        }

        var name = Next(ref rest);
        var version = ReadOnlySpan<char>.Empty;
        var label = ReadOnlySpan<char>.Empty;
        if (name.Length == 0)
        {
            return false;
        }

        if (Starts(rest, "versions/"))
        {
            rest = rest["versions/".Length..];
            version = Next(ref rest);
            if (version.Length == 0)
            {
                return false;
            }
        }
        else if (Starts(rest, "labels/"))
        {
            rest = rest["labels/".Length..];
            label = Next(ref rest);
            if (label.Length == 0)
            {
                return false;
            }
        }

        if (rest.Length > 0)
        {
            if (verb.Length > 0)
            {
                return false;
            }

            verb = rest;
        }

        address = new ModelAddress { Name = name, Version = version, Label = label, Verb = verb, IsMethod = isMethod };
        return true;
    }

    private static bool Starts(ReadOnlySpan<char> text, ReadOnlySpan<char> with) => text.StartsWith(with, StringComparison.Ordinal);

    private static ReadOnlySpan<char> Next(scoped ref ReadOnlySpan<char> rest)
    {
        var slash = rest.IndexOf('/');
        var part = slash < 0 ? rest : rest[..slash];
        rest = slash < 0 ? [] : rest[(slash + 1)..];
        return part;
    }
}
